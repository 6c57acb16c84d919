"""The field :86: of MT940 -> what it says: German structure, slash codes, a form of one bank, or free text (domain.md
1.4, 1.5 and 1.8).

Joining: a structured field is one string that the bank cut at 65 characters anywhere, so its lines and then its
purpose sub-fields are joined with nothing between. Free text and slash codes are joined with nothing only where the
line was full, else with a blank. ``Line.raw`` keeps the source for whoever wants to join otherwise.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

# Width of a line of :86: and of a sub-field (Anlage 3). Banks cut the trailing blank of a full line, so one less is
# full too; identifiers overflow only from a full sub-field.
FULL_LINE: Final = 64
FULL_SUBFIELD: Final = 25
NAME_WIDTH: Final = 27

# Identifiers of Anlage 3 and those seen at single banks (domain.md 1.5). Nothing else is an identifier: "A+B" is text.
IDENTIFIERS: Final = [
    "EREF",
    "KREF",
    "MREF",
    "CRED",
    "DEBT",
    "DBET",
    "COAM",
    "OAMT",
    "SVWZ",
    "ABWA",
    "ABWE",
    "IBAN",
    "BIC",
    "PURP",
    "MDAT",
    "RREF",
    "BREF",
    "SQTP",
    "ORCR",
    "ORMR",
    "DDAT",
]
_SAME: Final = {"DBET": "DEBT"}
_KNOWN: Final = frozenset(IDENTIFIERS) - _SAME.keys()
_TEXTS: Final = frozenset({"ABWA", "ABWE"})
# An absent reference is written out by some banks.
NOT_GIVEN: Final = frozenset({"NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOTAVAIL"})

# Between two sub-fields; ASCII calls it unit separator, and no bank writes it.
_MARK: Final = "\x1f"
_NAMES: Final = "|".join(IDENTIFIERS)
_PLUS: Final = re.compile(rf"(?<![^\x1f ])({_NAMES})\+")
_PLUS_LOWER: Final = re.compile(rf"(?<![^\x1f ])({_NAMES})\+", re.IGNORECASE)
_COLON: Final = re.compile(rf"(?<![^\x1f ])({_NAMES}):[ ]?")
# The colon form shows itself by one of these; "IBAN: DE…" alone may be a sentence of the payer.
_COLON_SURE: Final = frozenset({"EREF", "KREF", "MREF", "CRED", "SVWZ"})
_WRAPPED: Final = re.compile(r"(?<![^\x1f ])([A-Z]{1,4})\x1f([A-Z]{0,3})([+:])")

# Put before the content of a :NS: field that stands in place of :86:.
NS_MARK: Final = "\x1e"

# Some banks end the line behind the code; only the question mark is sure there.
_STRUCTURED: Final = re.compile(r"\s*(\d{3})(?:\n(?=[?]))?([^A-Za-z0-9\s/.,:\-'()])\s*(?=\d\n?\d)")
_PURPOSE: Final = frozenset(str(code) for code in (*range(20, 30), *range(60, 64)))
_OTHERS: Final = frozenset({"00", "10", "30", "31", "32", "33", "34", "38"})
_UNSTRUCTURED: Final = re.compile(r"999(?=\D|\Z)")


@dataclass(frozen=True, slots=True)
class Details:
    """What one :86: says. ``ids`` are the identifiers by their Anlage 3 name; ``text`` is the purpose without them."""

    text: str | None = None
    gvc: str | None = None
    booking_text: str | None = None
    text_key: str | None = None
    name: str | None = None
    account: str | None = None
    bank: str | None = None
    ids: Mapping[str, str] = field(default_factory=dict)


NO_DETAILS: Final = Details()


def read_details(value: str) -> Details:
    """The content of one :86:, lines divided by ``\\n``.

    >>> found = read_details("166?00GUTSCHRIFT?20EREF+RE-1?21SVWZ+Rech\\nnung RE-1?32Max Muster")
    >>> found.gvc, found.text, found.ids["EREF"], found.name
    ('166', 'Rechnung RE-1', 'RE-1', 'Max Muster')
    """
    if NS_MARK in value:
        return _numbered(value)
    head = _STRUCTURED.match(value)
    if head is not None:
        joined = value.replace("\n", "")
        head = _STRUCTURED.match(joined)
        if head is not None and head[1] == "000":
            from recon.statements.mt940_subfields import read_zero

            found = read_zero(value[value.index(head[2]) + 1 :].lstrip(), head[2])
        else:
            found = structured(joined[head.end() :], head[1], head[2]) if head is not None else None
        if found is not None:
            return found
    from recon.statements.mt940_dialects import read_dialect  # no cycle: it builds Details

    return read_dialect(value) or _free(value)


def join_lines(value: str) -> str:
    """Free text: a full line is joined with nothing, a shorter one, or one filled up with blanks, with a blank."""
    if "\n" not in value:
        return value.strip()
    parts: list[str] = []
    glue = ""
    for line in value.split("\n"):
        full = len(line) >= FULL_LINE and not line.endswith("  ")
        bare = line if full else line.rstrip()
        if bare.strip():
            parts += (glue, bare)
            glue = "" if full else " "
    return "".join(parts).strip()


def identifiers(pieces: list[str]) -> tuple[str | None, dict[str, str]]:
    """Purpose pieces -> (text without identifiers, identifiers by name).

    Text before the first identifier counts as SVWZ. An identifier's value runs on into the next piece only where its
    own piece was full; otherwise what follows is text.

    >>> identifiers(["EREF+E-1 MREF+M-1", "SVWZ+Beitrag Nov", "ember"])
    ('Beitrag November', {'EREF': 'E-1', 'MREF': 'M-1'})
    """
    joined = _MARK.join(pieces)
    if "+" not in joined and ":" not in joined:
        return joined.replace(_MARK, "").strip() or None, {}
    parts = _PLUS.split(joined)
    if len(parts) // 2 != joined.count("+") or ":" in joined:
        # A plus that belongs to no name: perhaps the name itself was cut in two.
        joined = _WRAPPED.sub(_unwrap, joined)
        parts = _PLUS.split(joined)
    if len(parts) == 1:
        parts = _PLUS_LOWER.split(joined)
    if len(parts) == 1:
        parts = _COLON.split(joined)
        if not _COLON_SURE.intersection(parts[1::2]):
            return joined.replace(_MARK, "").strip() or None, {}
        return _collect(parts)
    text, ids = _collect(parts)
    if text is None or ":" not in text:
        return text, ids
    # Cooperative banks put the colon form inside SVWZ+.
    inner = _COLON.split(text)
    if not _COLON_SURE.intersection(inner[1::2]):
        return text, ids
    text, more = _collect(inner)
    return text, {**more, **ids}


def given(value: str | None) -> str | None:
    """A reference, or None where the bank writes that there is none."""
    if not value:
        return None
    bare = value.strip()
    return None if not bare or (bare[0] in "Nn" and bare.upper() in NOT_GIVEN) else bare


def _unwrap(found: re.Match[str]) -> str:
    name = found[1] + found[2]
    return f"{name}{found[3]}" if name in IDENTIFIERS else found[0]


def _collect(parts: list[str]) -> tuple[str | None, dict[str, str]]:
    """``parts`` is text, name, value, name, value …, with _MARK between pieces."""
    ids: dict[str, str] = {}
    before = parts[0]
    texts = [before.replace(_MARK, "")] if before else []
    column = len(before) - before.rfind(_MARK) - 1
    for at in range(1, len(parts), 2):
        name, value = parts[at], parts[at + 1]
        if name not in _KNOWN:
            name = _SAME.get(name.upper(), name.upper())
        first, mark, rest = value.partition(_MARK)
        width = column + len(name) + 1 + len(first)
        column = len(rest) - rest.rfind(_MARK) - 1 if mark else width
        if rest and (name in _TEXTS or name == "SVWZ"):
            first, rest = first + rest.replace(_MARK, ""), ""
        while rest and (width >= FULL_SUBFIELD or not first):
            more, _, rest = rest.partition(_MARK)
            first, width = first + more, len(more)
        if name == "SVWZ":
            texts.append(first)
            continue
        first = first.strip()
        if ids.setdefault(name, first) != first:
            texts.append(f"{name}+{first}")
        if rest:
            texts.append(rest.replace(_MARK, ""))
    return " ".join([bare for text in texts if (bare := text.strip())]) or None, ids


def structured(value: str, gvc: str | None, separator: str) -> Details | None:
    """The sub-fields of a structured :86:; None if it does not begin with one."""
    fields: dict[str, str] = {}
    purpose: list[str] = []
    last = ""
    for piece in value.split(separator):
        code = piece[:2]
        # Some banks put the continuation ?60 to ?63 before the counterparty, ?30 to ?34.
        if code in _PURPOSE and code > last:
            purpose.append(piece[2:])
            last = code
        elif code in _OTHERS and (code > last or (last >= "60" and code >= "30")):
            fields[code] = piece[2:]
            last = code
        elif not last:
            return None
        elif last in _PURPOSE:
            # A separator before anything else, or before a code that goes backwards, is text.
            purpose[-1] += separator + piece
        else:
            fields[last] += separator + piece
    text, ids = identifiers(purpose) if purpose else (None, {})
    found = fields.get
    name, more = found("32", ""), found("33")
    if more:
        # A name shorter than a full sub-field ended there, or at a blank that the bank cut.
        name = f"{name} {more}" if len(name) < NAME_WIDTH else name + more
    return Details(
        text,
        gvc,
        found("00", "").strip() or None,
        found("34", "").strip() or None,
        " ".join(name.split()) or None,
        # Polish banks give the IBAN in ?38 beside the domestic account in ?31.
        compact(found("38") or found("31") or ids.get("IBAN")),
        compact(found("30") or ids.get("BIC")),
        ids,
    )


def compact(value: str | None) -> str | None:
    """An account or bank number without blanks."""
    if not value:
        return None
    return value if value.isalnum() else "".join(value.split()) or None


def _free(value: str) -> Details:
    text = join_lines(value)
    # GVC 999: unstructured text follows (Anlage 3). Any other number in front is text like the rest.
    head = _UNSTRUCTURED.match(text)
    found, ids = identifiers([text[3:] if head else text])
    return Details(
        text=found,
        gvc="999" if head else None,
        account=compact(ids.get("IBAN")),
        bank=compact(ids.get("BIC")),
        ids=ids,
    )


def _numbered(value: str) -> Details:
    """:NS: below a :61:, lines of two digits and content: 01 to 14 purpose, 15 and 16 counterparty, 17 booking text,
    33 and 34 bank and account of the counterparty."""
    before, _, rows = value.partition(NS_MARK)
    purpose = [join_lines(before)] if before.strip() else []
    name, told = "", {}
    for row in rows.replace(NS_MARK, "").split("\n"):
        code, content = row[:2], row[2:].strip()
        if not code.isdigit() or "01" <= code <= "14":
            purpose.append(content if code.isdigit() else row.strip())
        elif code in ("15", "16"):
            # As in ?32 and ?33: a full first half runs on.
            name = name + content if len(name) >= NAME_WIDTH else f"{name} {content}".strip()
        elif code in ("17", "33", "34"):
            told[code] = content
    text, ids = identifiers(purpose)
    return Details(
        text=text,
        booking_text=told.get("17") or None,
        name=" ".join(name.split()) or None,
        account=compact(told.get("34")),
        bank=compact(told.get("33")),
        ids=ids,
    )
