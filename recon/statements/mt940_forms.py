"""The forms of :86: that single banks write as text, as a table of patterns (domain.md 1.8).

A form is taken only where its whole text fits: a name, an account or an identifier leaves the text where the bank says
plainly which it is, by a label, a fixed column or a fixed order. Everything else stays text. ING writes the name and
the purpose one after the other with nothing between, so both stay text there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from recon.statements.mt940_details import Details, compact, given, identifiers, join_lines

_IBAN: Final = r"[A-Z]{2}\d\d[A-Z0-9]{11,30}"
_BIC: Final = r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?"
_CREDITOR: Final = r"[A-Z]{2}\d\d[A-Z0-9]{3}[A-Z0-9]{5,28}"
# What goes with a group's name: these are fields of Details, "t1", "t2" … are text, any other name is an identifier.
_FIELDS: Final = frozenset({"booking_text", "name", "account", "bank"})


@dataclass(frozen=True, slots=True)
class Form:
    """The whole of a :86: as one pattern, its groups named for what they are. ``rows``: the pattern sees the lines of
    the field, divided by ``\\n``; else it sees them joined."""

    bank: str
    pattern: re.Pattern[str]
    rows: bool = False


@dataclass(frozen=True, slots=True)
class Labels:
    """A text that the bank divides by labels of its own. ``sure`` shows it; ``split`` finds the labels, which are its
    only group; ``meaning`` says what each is. A label without a meaning stays in the text with its content."""

    bank: str
    sure: re.Pattern[str]
    split: re.Pattern[str]
    meaning: Mapping[str, str] = field(default_factory=dict)
    booking_text: bool = False


FORMS: Final = (
    Form(
        "Knab",
        re.compile(rf"(?:(?P<t1>.*)\n)?REK: ?(?P<account>{_IBAN}|\d{{6,12}})/NAAM: ?(?P<name>[^/]+)\Z", re.DOTALL),
        rows=True,
    ),
    # An empty line stands below the counterparty.
    Form(
        "SNS, ASN, RegioBank",
        re.compile(rf"(?P<account>{_IBAN}) (?P<name>[^\n]*[^\s\n])[ ]*\n[ ]*(?:\n(?P<t1>.*))?\Z", re.DOTALL),
        rows=True,
    ),
    Form(
        "ABN AMRO, card at a till",
        re.compile(
            r"(?P<booking_text>BEA)[ ]+(?P<t1>(?:NR:\S+[ ]+)?\d\d\.\d\d\.\d\d/\d\d\.\d\d)[ ]+(?P<name>[^\n]+?)[ ]*"
            r",(?P<t2>PAS[^\n]*)(?:\n(?P<t3>.*))?\Z",
            re.DOTALL,
        ),
        rows=True,
    ),
    # Cash from a machine: the place is nobody's name.
    Form(
        "ABN AMRO, cash",
        re.compile(r"(?P<booking_text>GEA)[ ]+(?P<t1>(?:NR:\S+[ ]+)?\d\d\.\d\d\.\d\d/\d\d\.\d\d[ ].*)\Z", re.DOTALL),
        rows=True,
    ),
    Form(
        "ING, direct debit",
        re.compile(
            rf"(?P<t1>\d{{9,10}}[ ])?(?P<booking_text>Europese Incasso,? [a-z]+) (?P<account>{_IBAN}) (?P<bank>{_BIC}) "
            rf"(?P<name>\S.{{1,69}}?) (?P<CRED>{_CREDITOR}) (?P<t2>.*)\Z"
        ),
    ),
    Form(
        "ING",
        re.compile(
            rf"(?P<t1>\d{{9,10}}[ ])?(?:(?P<booking_text>Europese Incasso,? [a-z]+) )?(?P<account>{_IBAN}) "
            rf"(?P<bank>{_BIC}) (?P<t2>.+)\Z"
        ),
    ),
    # The reference of the transaction ends what is said of the payer.
    Form(
        "PostFinance",
        re.compile(
            r"(?P<booking_text>[A-Z][A-Z0-9 \-]+) AUFTRAGGEBER: (?P<name>.+?) (?P<t1>\d{6}CH[0-9A-Z]{8,20})"
            r"(?: MITTEILUNGEN: (?P<t2>.*))?\Z"
        ),
    ),
    Form(
        "Penta",
        re.compile(
            rf"999(?P<booking_text>[A-Z][A-Z_]{{4,}}):(?P<t1>.*):(?P<name>[^:]*[^:\s]):(?P<account>{_IBAN})"
            r"(?::(?P<t2>.*))?\Z"
        ),
    ),
    Form(
        "MultiCash, Polish tax office",
        re.compile(
            r"(?P<booking_text>Przelew MultiCash\+) Nr rach org pod (?P<account>(?:\d ?){26}) "
            r"Nazwa org\.podat (?P<name>.+?) (?P<t1>Typ identyf\..*)\Z"
        ),
    ),
)

LABELS: Final = (
    Labels(
        "mBank",
        re.compile(r"\d{3} .*; (?:Z|NA) RACH\.: ?\d"),
        re.compile(r";\s*(ID IPH|Z RACH\.|NA RACH\.|OD|DLA|TYT\.|DATA STEMPLA|TNR):\s*"),
        {"Z RACH.": "account", "NA RACH.": "account", "OD": "name", "DLA": "name", "TYT.": "text"},
        booking_text=True,
    ),
    # VR banks by way of an accounting program; a customer reference alone may be the payer's own words.
    Labels(
        "soamt940",
        re.compile(r"999.* (?:End-to-End-Referenz|Mandatsreferenz|ID des Auftraggebers): "),
        re.compile(r"(?<= )(End-to-End-Referenz|Kundenreferenz|Mandatsreferenz|ID des Auftraggebers): "),
        {
            "End-to-End-Referenz": "EREF",
            "Kundenreferenz": "KREF",
            "Mandatsreferenz": "MREF",
            "ID des Auftraggebers": "CRED",
        },
    ),
)

_ONE_CREDITOR: Final = re.compile(rf"({_CREDITOR})(?: (.*))?\Z", re.DOTALL)


def read_form(value: str) -> Details | None:
    """What a :86: in one of the forms says; None where it has none of them.

    >>> found = read_form("Rechnung 1\\nREK: NL02ABNA0123456789/NAAM: BEISPIEL BV")
    >>> found.text, found.name, found.account
    ('Rechnung 1', 'BEISPIEL BV', 'NL02ABNA0123456789')
    """
    rows, joined = value.strip(), join_lines(value)
    for form in FORMS:
        found = form.pattern.match(rows if form.rows else joined)
        if found is not None:
            return details(list(found.groupdict(default="").items()), gvc=_gvc(joined))
    for labels in LABELS:
        if labels.sure.match(joined):
            return _labelled(labels, joined)
    return None


def details(pairs: list[tuple[str, str]], gvc: str | None = None) -> Details:
    """(what it is, content) in the order of the field -> Details; a second content of the same meaning is text."""
    told: dict[str, str] = {}
    texts: list[str] = []
    for name, content in pairs:
        bare = join_lines(content)
        if not bare:
            continue
        if name == "text" or name[0] == "t" or name in told:
            texts.append(bare)
        else:
            told[name] = bare
    text, ids = identifiers([" ".join(texts)])
    ids |= {name: found for name, content in told.items() if name not in _FIELDS and (found := given(content))}
    return Details(
        text=text,
        gvc=gvc,
        booking_text=told.get("booking_text"),
        name=" ".join(told.get("name", "").split()) or None,
        account=compact(told.get("account") or ids.get("IBAN")),
        bank=compact(told.get("bank") or ids.get("BIC")),
        ids=ids,
    )


def _gvc(joined: str) -> str | None:
    return "999" if joined.startswith("999") else None


def _labelled(labels: Labels, joined: str) -> Details:
    gvc = _gvc(joined)
    parts = labels.split.split(joined.removeprefix(gvc or ""))
    pairs = [("booking_text" if labels.booking_text else "text", parts[0].strip())]
    for at in range(1, len(parts), 2):
        label, content = parts[at], parts[at + 1].strip(" ;")
        meaning = labels.meaning.get(label)
        rest = ""
        if meaning == "CRED":
            found = _ONE_CREDITOR.match(content)
            meaning, content, rest = ("CRED", found[1], found[2] or "") if found else (None, content, "")
        elif meaning is not None and meaning.isupper() and at == len(parts) - 2 and " " in content:
            # Nothing says where the last identifier ends.
            meaning = None
        elif meaning == "account" and not content.replace(" ", "").isalnum():
            meaning = None
        pairs += [(meaning, content), ("text", rest)] if meaning else [("text", f"{label}: {content}")]
    return details(pairs, gvc)
