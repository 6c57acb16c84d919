"""The nouns of opos as frozen values. CONTEXT.md is their glossary."""
