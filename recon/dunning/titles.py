"""What a notice is called, by level and language (A-09, A-10, X-13)."""

from typing import Final, get_args

from recon.dunning.presets import preset_table
from sepa.money import Language

LANGUAGES: Final = frozenset(get_args(Language))
# A procedure without a preset takes the names of the default one.
_NAMES_BY_DEFAULT: Final = "amparex"


def title(preset: str | None, level: int, language: str) -> str:
    """The title of a notice: the preset's own for this level, else its pattern with ``{n}`` (X-13).

    >>> title("amparex", 1, "de"), title("amparex", 2, "de"), title("prepayment", 1, "de")
    ('Zahlungserinnerung', 'Mahnung 2', '1. Mahnung')

    Raises KeyError for a language without titles: never a silent fallback to another one (D-13).
    """
    titles = preset_table(preset or _NAMES_BY_DEFAULT)["titles"][language]
    text: str = titles.get(str(level), titles["further"])
    return text.replace("{n}", str(level))
