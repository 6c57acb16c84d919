"""What whoever sends letters is given of a run (V-20): every notice, what was left out and why, and the sums. As PDF to
be filed and as CSV for a spreadsheet. The same run gives the same bytes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from recon.model.dunning import Undunned
from recon.outside.tables import Number, table_bytes
from recon.outside.typesetting import typeset
from recon.texts import catalogue, term
from recon.texts.telling import day
from sepa.money import Language, plain, shown

TEMPLATE: Final = "letter_summary.typ"
# Notices that are listed on paper: some thirty pages. All stand in the CSV; to set ten thousand would take 1.4 GB.
PRINTED: Final = 1_000


@dataclass(frozen=True, slots=True)
class Noted:
    """A notice of the summary, minor units. ``file`` is the letter's; ``reason`` the code of why there is none, with
    ``fields`` of the address that are missing."""

    notice: str
    customer_no: str
    name: str
    postcode: str
    branch: str
    level: int
    title: str
    channel: str
    deadline: date
    currency: str
    open: int
    fee: int
    lump_sum: int
    interest: int
    total: int
    file: str = ""
    reason: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """A run, or one notice of it: ``on`` is its day, ``notices`` in the order of the post, ``excluded`` what the run
    left out from the start."""

    run: str
    on: date
    company: str
    draft: bool
    notices: tuple[Noted, ...]
    excluded: tuple[Undunned, ...]
    bundle: str = ""

    @property
    def printed(self) -> tuple[Noted, ...]:
        """The notices that have their letter."""
        return tuple(one for one in self.notices if one.file)

    @property
    def left_out(self) -> tuple[Noted, ...]:
        """Those that have none."""
        return tuple(one for one in self.notices if not one.file)


@dataclass(frozen=True, slots=True)
class Sums:
    """What notices with something in common come to."""

    key: str
    currency: str
    count: int
    open: int
    fee: int
    interest: int
    total: int


def sums_of(notices: Iterable[Noted], by: str) -> list[Sums]:
    """Sums by ``level``, ``branch`` or ``channel``, and by currency."""
    groups: dict[tuple[str, str], list[Noted]] = {}
    for one in notices:
        groups.setdefault((str(getattr(one, by)), one.currency), []).append(one)
    return [
        Sums(key, currency, len(own), sum(one.open for one in own), sum(one.fee + one.lump_sum for one in own),
             sum(one.interest for one in own), sum(one.total for one in own))
        for (key, currency), own in sorted(groups.items())
    ]  # fmt: skip


def pdf(summary: Summary, language: Language) -> bytes:
    """The summary on paper, A4 across."""
    return typeset(TEMPLATE, _page(summary, language), summary.on)


def table(summary: Summary, language: Language) -> bytes:
    """The summary for a spreadsheet as German Excel opens it: UTF-8 with its mark, semicolons, decimal commas, CRLF."""
    return table_bytes(_rows(summary, language))


_HEADS: Final = ("notice", "customer_no", "name", "postcode", "branch", "level", "title", "channel", "deadline",
                 "currency", "open", "fee", "lump_sum", "interest", "total", "file", "reason")  # fmt: skip


def _rows(summary: Summary, language: Language) -> Iterator[Sequence[str | Number]]:
    yield [_word(head, language) for head in _HEADS]
    for one in summary.notices:
        amounts = (one.open, one.fee, one.lump_sum, one.interest, one.total)
        yield [
            one.notice, one.customer_no, one.name, one.postcode, one.branch, Number(str(one.level)), one.title,
            _word(f"channel.{one.channel}", language), Number(day(one.deadline, "de")), one.currency,
            *(Number(plain(amount, one.currency).replace(".", ",")) for amount in amounts), one.file,
            _why(one, language),
        ]  # fmt: skip
    if summary.excluded:
        yield []
        yield [_word(head, language) for head in ("item", "part", "reason", "next_on")]
        for entry in summary.excluded:
            yield [entry.invoice_no, term(entry.part.value, language), term(f"reason_{entry.reason}", language),
                   Number(day(entry.next_on, "de") if entry.next_on else "")]  # fmt: skip


def _page(summary: Summary, language: Language) -> dict[str, Any]:
    counted: dict[str, int] = {}
    for entry in summary.excluded:
        counted[entry.reason] = counted.get(entry.reason, 0) + 1
    return {
        "language": language,
        "labels": {code: texts[language] for code, texts in catalogue("letter_summary").items() if "." not in code},
        "draft": catalogue("letters")["draft"][language] if summary.draft else "",
        "company": summary.company,
        "subtitle": _told("subtitle", language, run=summary.run, day=day(summary.on, language)),
        "bundle": summary.bundle,
        "notices": [_row(one, language) for one in summary.printed[:PRINTED]],
        "more": _more(len(summary.printed), language),
        "more_left_out": _more(len(summary.left_out), language),
        "left_out": [[one.notice, one.customer_no, one.name, str(one.level), _amount(one.total, one, language),
                      _why(one, language)] for one in summary.left_out[:PRINTED]],
        "sums": [
            {"by": _word(f"by.{by}", language), "rows": [
                [_key(by, entry.key, language), str(entry.count), entry.currency, *(
                    shown(amount, language, entry.currency)
                    for amount in (entry.open, entry.fee, entry.interest, entry.total)
                )]
                for entry in sums_of(summary.printed, by)
            ]}
            for by in ("level", "branch", "currency")
        ],
        "excluded": [[term(f"reason_{reason}", language), str(count)] for reason, count in sorted(counted.items())],
    }  # fmt: skip


def _more(count: int, language: Language) -> str:
    return "" if count <= PRINTED else _told("more", language, count=str(count - PRINTED))


def _row(one: Noted, language: Language) -> list[str]:
    costs = one.fee + one.lump_sum
    return [
        one.notice, one.customer_no, one.name, one.branch, one.title, _word(f"channel.{one.channel}", language),
        day(one.deadline, language), _amount(one.open, one, language), _amount(costs, one, language),
        _amount(one.interest, one, language), _amount(one.total, one, language),
    ]  # fmt: skip


def _why(one: Noted, language: Language) -> str:
    if not one.reason:
        return ""
    fields = ", ".join(_word(f"field.{name}", language) for name in dict.fromkeys(one.fields))
    return _told(f"reason.{one.reason}", language, fields=fields)


def _key(by: str, key: str, language: Language) -> str:
    if by == "level":
        return _told("of_level", language, level=key)
    return _word("all", language) if by == "currency" else key or "–"


def _amount(minor: int, one: Noted, language: Language) -> str:
    text = shown(minor, language, one.currency)
    return text if one.currency == "EUR" else f"{text} {one.currency}"


def _word(code: str, language: Language) -> str:
    return catalogue("letter_summary")[code][language]


def _told(code: str, language: Language, **facts: str) -> str:
    text = _word(code, language)
    for name, value in facts.items():
        text = text.replace(f"{{{name}}}", value)
    return text
