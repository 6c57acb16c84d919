"""The texts of notices: what is in force, a company's own ones, and how a notice would read (D-09 to D-13, V-17)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from recon.dunning.presets import effective
from recon.dunning.procedure import later
from recon.dunning.text_file import read_texts, written_texts
from recon.dunning.titles import LANGUAGES
from recon.dunning.wording import (
    FIELDS,
    Wording,
    built_in_of,
    facts_of,
    fill,
    money,
    own_texts_of,
    problems,
    tidy,
    title_of,
    wording_of,
    written_day,
)
from recon.model.dunning import Notice, NoticeItem
from recon.model.finding import Finding, error, warning
from recon.model.items import PartKind
from recon.model.roles import Action
from recon.model.settings import Settings
from recon.service.answers import Refused
from recon.service.context import Context, reading, run, writing
from recon.service.dunnable import open_parts
from recon.service.girocodes import account_for
from recon.service.writing_files import placing
from recon.store.dunning_texts import Key, drop_text, put_text, text_rows
from recon.store.log import record
from recon.store.masters import all_customers
from recon.store.settings import settings_of
from recon.store.tables import customers, items
from sepa.money import Language

# As many lines as a preview shows of a customer's claims.
_SHOWN_CLAIMS: Final = 20
_SAMPLES: Final = ((1_234_56, 30), (99_00, 21))


@dataclass(frozen=True, slots=True)
class Text:
    """A text in force. ``origin`` is ``own``, ``built_in`` or ``missing``: written in another language only (D-13)."""

    level: int
    language: str
    field: str
    origin: str
    text: str
    since: date | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class ChangedText:
    """A text before and after a change; an ``origin`` of ``built_in`` after it says that the own one was given up."""

    level: int
    language: str
    field: str
    before: str
    after: str
    origin: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What was changed, and what to look at."""

    texts: tuple[ChangedText, ...]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Previewed:
    """How a notice would read. ``lines`` stand between ``before`` and ``after``: claim, due date, amount."""

    level: int
    customer: str
    wording: Wording
    lines: tuple[tuple[str, str, str], ...]


def list_texts(context: Context, level: int | None = None, language: str | None = None) -> list[Text]:
    """The texts of the levels of the procedure, and all own ones, by level, language and field."""
    with reading(context, Action.READ) as connection:
        return [
            text
            for text in _texts(connection, settings_of(connection))
            if level in {None, text.level} and language in {None, text.language}
        ]


def set_text(context: Context, level: int, field: str, language: str, text: str) -> Changes:
    """Keep an own text. Raises Refused where it may not be saved."""
    return _change(context, {(level, language, field): text})


def reset_text(context: Context, level: int, field: str, language: str | None = None) -> Changes:
    """Go back to the built-in text, in one language or in both."""
    languages = sorted(LANGUAGES) if language is None else [language]
    return _change(context, {(level, one, field): None for one in languages})


def export_texts(context: Context, file: Path, *, force: bool = False) -> int:
    """Write all texts in force into one file (TOML) to be edited; how many there are. One that is missing is left
    out."""
    with reading(context, Action.READ) as connection:
        found = [text for text in _texts(connection, settings_of(connection)) if text.origin != "missing"]
    if file.exists() and not force:
        raise Refused(error("file-exists", str(file), file=str(file)))
    content = written_texts({(text.level, text.language, text.field): text.text for text in found})
    with placing() as place:
        place(file.parent, [(file.name, content)])
    return len(found)


def apply_texts(context: Context, data: bytes, name: str) -> Changes:
    """Put the texts of such a file in force. A text becomes the company's own where it differs from the built-in one,
    and with it the same text in the other language as the file has it. What the file does not name stays."""
    given, findings = read_texts(data, name)
    if findings:
        raise Refused(*findings)
    with run(context, Action.SET_TEXTS), writing(context) as connection:
        settings = settings_of(connection)
        wanted: dict[Key, str | None] = {}
        for key, text in given.items():
            level, _, field = key
            both = [one for one in given if (one[0], one[2]) == (level, field)]
            own = any(given[one] != _built_in(settings, one) for one in both)
            wanted[key] = text if own else None
        return _save(connection, context, settings, wanted)


def preview_text(
    context: Context, level: int, language: str | None = None, customer_no: str | None = None
) -> Previewed:
    """How a notice of a level would read today: for a customer with his open claims, or for one made up."""
    with reading(context, Action.READ) as connection:
        settings = settings_of(connection)
        people = all_customers(connection)
        customer = None if customer_no is None else people.get(customer_no)
        if customer_no is not None and customer is None:
            raise Refused(error("customer-unknown", "--customer", customer=customer_no))
        told = language or (customer.language if customer else "de")
        today = context.stamp.as_of
        lines = _samples(today, level) if customer is None else _claims(connection, today, customer.customer_no, level)
        own = own_texts_of({key: row.text for key, row in text_rows(connection).items()})
    whole = effective(settings.dunning)
    channel = next((entry.channel for entry in whole.levels if entry.number == level), "letter")
    wording = wording_of(own, whole.preset, level, told, channel=channel)
    if wording is None:
        field = own.missing.get((level, told), "-")
        raise Refused(error("dunning-text-missing", f"{level} {told}", level=level, language=told, text=field))
    notice = Notice(
        customer.customer_no if customer else "10001", customer.branch if customer else None, level,
        title_of(own, whole.preset, level, told), told, channel, later(today, whole.deadline_days), "EUR", lines,
        fee=next((entry.fee for entry in whole.levels if entry.number == level), 0),
    )  # fmt: skip
    name = customer.name if customer else {"de": "Beispiel GmbH"}.get(told, "Example Ltd")
    branches = {branch.code: branch.name for branch in settings.branches}
    facts = facts_of(
        notice, today, name=name, company=settings.company.name, account=account_for(notice.branch, settings),
        branch=branches.get(notice.branch or ""),
    )  # fmt: skip
    filled = replace(
        wording,
        **{field: fill(getattr(wording, field), facts) for field in FIELDS if field != "title"},
        title=notice.title,
    )
    tongue: Language = "de" if told == "de" else "en"
    shown = tuple(
        (line.invoice_no, written_day(line.due_date, tongue), money(line.open, tongue, "EUR")) for line in lines
    )
    return Previewed(level, f"{notice.customer_no} {name}", filled, shown)


def _samples(today: date, level: int) -> tuple[NoticeItem, ...]:
    return tuple(
        NoticeItem(number, f"RE-{today.year}-{number:04}", PartKind.TOTAL, later(today, -days), days, amount, level)
        for number, (amount, days) in enumerate(_SAMPLES, 1)
    )


def _claims(connection: Connection, today: date, customer_no: str, level: int) -> tuple[NoticeItem, ...]:
    """The customer's oldest claims in euros, as a notice would have them."""
    of_customer = (
        (items.c.open_amount > 0)
        & (items.c.currency == "EUR")
        & items.c.customer_id.in_(
            customers.select().with_only_columns(customers.c.id).where(customers.c.customer_no == customer_no)
        )
    )
    parts = sorted(open_parts(connection, today, of_customer), key=lambda part: (part.due_date, part.invoice_no))
    return tuple(
        NoticeItem(part.item_id, part.invoice_no, part.part, part.due_date, max((today - part.due_date).days, 0),
                   part.open, level)
        for part in parts[:_SHOWN_CLAIMS]
    ) or _samples(today, level)  # fmt: skip


def _texts(connection: Connection, settings: Settings) -> Iterator[Text]:
    rows = text_rows(connection)
    own = own_texts_of({key: row.text for key, row in rows.items()})
    levels = {entry.number for entry in effective(settings.dunning).levels} | {level for level, _, _ in rows}
    for level in sorted(levels):
        for language in sorted(LANGUAGES):
            for field in FIELDS:
                key = (level, language, field)
                row = rows.get(key)
                if row is not None:
                    yield Text(level, language, field, "own", row.text, row.since, row.actor)
                elif any((level, other, field) in own.texts for other in LANGUAGES):
                    yield Text(level, language, field, "missing", "")
                else:
                    yield Text(level, language, field, "built_in", _built_in(settings, key))


def _built_in(settings: Settings, key: Key) -> str:
    whole = effective(settings.dunning)
    level, language, field = key
    channel = next((entry.channel for entry in whole.levels if entry.number == level), "letter")
    return tidy(getattr(built_in_of(whole.preset, level, language, channel=channel), field))


def _change(context: Context, wanted: Mapping[Key, str | None]) -> Changes:
    with run(context, Action.SET_TEXTS), writing(context) as connection:
        return _save(connection, context, settings_of(connection), wanted)


def _save(connection: Connection, context: Context, settings: Settings, wanted: Mapping[Key, str | None]) -> Changes:
    """Keep or give up own texts; ``None`` gives one up. Each change is a record of the log, old and new (A-04)."""
    kept = {key: None if text is None else tidy(text) for key, text in wanted.items()}
    wrong = [found for key, text in kept.items() if text is not None for found in problems(key[2], text, _where(key))]
    if wrong:
        raise Refused(*wrong)
    rows = text_rows(connection)
    changed: list[ChangedText] = []
    for key, text in kept.items():
        before = rows.get(key)
        if (before.text if before else None) == text:
            continue
        if text is None:
            drop_text(connection, key)
        else:
            put_text(connection, key, text, context.stamp.as_of, context.stamp.actor)
        built_in = _built_in(settings, key)
        change = ChangedText(*key, before.text if before else built_in, built_in if text is None else text,
                             "built_in" if text is None else "own")  # fmt: skip
        record(
            connection, context.stamp, "text", _where(key),
            before={"text": change.before, "origin": "own" if before else "built_in"},
            after={"text": change.after, "origin": change.origin},
        )  # fmt: skip
        changed.append(change)
    return Changes(tuple(changed), tuple(_lacking(text_rows(connection), kept)))


def _lacking(rows: Iterable[Key], changed: Iterable[Key]) -> Iterator[Finding]:
    """Texts whose twin in the other language is missing now, of those that were touched (D-13)."""
    written = set(rows)
    for level, field in sorted({(level, field) for level, _, field in changed}):
        there = [language for language in sorted(LANGUAGES) if (level, language, field) in written]
        for language in sorted(LANGUAGES - set(there)) if there else ():
            where = _where((level, language, field))
            yield warning("dunning-text-twin-missing", where, level=level, text=field, language=language)


def _where(key: Key) -> str:
    level, language, field = key
    return f"{level} {field} {language}"
