"""opos: bank statements against open items, from the bank's file to the dunning letter."""

__version__ = "0.1.0"
