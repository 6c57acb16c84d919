"""How a heading or a word of a table is compared: case, blanks, umlauts and punctuation do not count."""

import unicodedata
from functools import lru_cache
from typing import Final

_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "%": "prozent", "€": "eur"})


@lru_cache(maxsize=4096)
def fold(heading: str) -> str:
    """The letters and digits of a heading.

    >>> fold("Rechnungs-Nr."), fold("Fällig am"), fold("due_date")
    ('rechnungsnr', 'faelligam', 'duedate')
    >>> fold("Skonto %")
    'skontoprozent'
    """
    lower = unicodedata.normalize("NFC", heading).casefold().translate(_UMLAUTS)
    bare = unicodedata.normalize("NFKD", lower)
    return "".join(character for character in bare if character.isalnum())
