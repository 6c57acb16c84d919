"""Pages as PDF, set by typst, which is loaded only here.

What is put in comes as data and never as markup: whatever a name holds, it is printed as it stands. Only the fonts that
typst brings along are used, and the day of creation is given, so that the same data gives the same bytes everywhere.
"""

import calendar
import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

# Archives and auditors take it (ISO 19005-2, level b): fonts inside, no scripts, no links outside.
PDF_STANDARD: Final = "a-2b"
# What the fonts have signs for. PDF/A lets no text through that cannot be shown, so others are told by their number.
_SHOWN: Final = (
    (0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x17F), (0x192, 0x192), (0x1FA, 0x1FF), (0x218, 0x21B), (0x386, 0x386),
    (0x388, 0x38A), (0x38C, 0x38C), (0x38E, 0x3A1), (0x3A3, 0x3CE), (0x400, 0x45F), (0x1E9E, 0x1E9E),
    (0x2010, 0x2015), (0x2018, 0x201E), (0x2020, 0x2022), (0x2026, 0x2026), (0x2030, 0x2030), (0x2039, 0x203A),
    (0x20AC, 0x20AC), (0x2122, 0x2122), (0x2190, 0x2193), (0x2212, 0x2212), (0x2260, 0x2260),
)  # fmt: skip
_HERE: Final = Path(__file__).parent


def typeset(template: str, data: Mapping[str, Any], day: date, *, shown: bool = False, tags: bool = True) -> bytes:
    """The PDF of a template beside this module, with ``data`` as its JSON document; ``day`` is when it was made. With
    ``shown`` every text can be printed already. ``tags`` tell a screen reader what is what."""
    import typst

    made: bytes = typst.compile(
        _template(template),
        format="pdf",
        sys_inputs={"data": json.dumps(data if shown else printed(data), ensure_ascii=False)},
        pdf_standards=PDF_STANDARD,
        timestamp=calendar.timegm(day.timetuple()),
        font_paths=_fonts(),
        pdf_tags=tags,
    )
    return made


@cache
def _template(name: str) -> bytes:
    return (_HERE / name).read_bytes()


@cache
def _fonts() -> Any:
    """The fonts that typst brings along, read once: half the time of a page would go into them."""
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)


def printed(value: Any) -> Any:
    """Data with every text so that it can be printed.

    >>> printed({"name": "Müller \\U0001f600"})
    {'name': 'Müller [U+1F600]'}
    """
    if isinstance(value, str):
        return "".join(sign if _has(ord(sign)) else f"[U+{ord(sign):04X}]" for sign in value)
    if isinstance(value, Mapping):
        return {name: printed(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [printed(one) for one in value]
    return value


def _has(sign: int) -> bool:
    return any(first <= sign <= last for first, last in _SHOWN)
