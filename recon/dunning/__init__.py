"""Who is reminded, when and for how much: pure functions over the values of ``recon.model.dunning``."""
