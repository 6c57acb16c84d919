"""Payment vocabulary and the files that banks take and give. Pure: knows nothing of ``recon``."""
