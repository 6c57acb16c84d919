"""Setting up the books: ``opos init`` and ``opos settings``."""

from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from recon.dunning.check import check
from recon.items import change_setting, dump_settings, read_company
from recon.ledger.chart import unusable
from recon.model.finding import Finding, Severity, has_errors, info, warning
from recon.model.items import PartKind
from recon.model.roles import Action
from recon.model.settings import Company, Settings
from recon.service.answers import Refused
from recon.service.context import Context, answered, permit, reading, run, writing
from recon.service.dunnable import Scope, plan_for
from recon.store import books as store
from recon.store.log import Stamp, record
from recon.store.mandates import all_mandates
from recon.store.migrate import HEAD, lift
from recon.store.settings import save_settings, settings_of, settings_text
from recon.store.tables import log
from sepa.identifiers import same_creditor
from sepa.mandate import ENDED, same_name, state_on


@dataclass(frozen=True, slots=True)
class SetUp:
    """What ``init`` did. ``created`` is false where the books stood there already."""

    books: str
    created: bool
    settings: Settings
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One changed setting; ``None`` where there was none before or is none any more."""

    recorded_at: str
    as_of: date
    actor: str
    key: str
    before: str | None
    after: str | None


def read_settings(data: bytes, name: str) -> tuple[Settings, tuple[Finding, ...]]:
    """The settings of a company file. Raises Refused where it has errors."""
    settings, findings = read_company(data, name)
    if settings is not None:
        findings = (*findings, *check(settings.dunning, settings.branches, f"{name}: [dunning]"), *unusable(settings))
    if settings is None or has_errors(findings):
        raise Refused(*findings)
    return settings, findings


def init(books: str, stamp: Stamp, company: tuple[bytes, str] | None = None, *, dry_run: bool = False) -> SetUp:
    """Make the books, or bring older ones to this version; with a company file, put its settings in force.

    Running it again changes nothing.
    """
    wanted, findings = read_settings(*company) if company else (None, ())
    with answered(), closing(store.connect(books)) as opened:
        if dry_run and opened.path and not opened.path.exists():
            return SetUp(opened.shown, created=True, settings=wanted or Settings(Company("")), findings=findings)
        _see_folder(opened)
        if store.version_of(opened) is None:
            _see_room(opened)
        if not dry_run:
            store.make_ready(opened)
        context = Context(opened, stamp, dry_run)
        with store.run_lock(opened), writing(context) as connection:
            lifted = lift(connection)
            permit(connection, stamp, Action.SET_UP)
            if lifted:
                record(connection, stamp, "upgrade", "books", after={"tables_version": HEAD}, restated=True)
            before = settings_text(connection)
            settings = wanted or (settings_of(connection) if before is not None else Settings(Company("")))
            findings += _change(connection, stamp, before, settings, "init")
    return SetUp(opened.shown, before is None, settings, findings)


def apply(context: Context, data: bytes, name: str) -> tuple[Settings, tuple[Finding, ...]]:
    """Put a settings file in force (``opos settings apply``). The change is recorded, old and new."""
    settings, findings = read_settings(data, name)
    with run(context, Action.SET_UP), writing(context) as connection:
        if settings_text(connection) is not None:
            findings += _would_move(context, connection, settings_of(connection), settings)
        findings += _change(connection, context.stamp, settings_text(connection), settings, "settings")
    return settings, findings


def change(context: Context, key: str, value: str) -> tuple[Settings, tuple[Finding, ...]]:
    """Change one setting (``dunning.deadline_days``, ``14``), checked like the whole file; recorded, old and new."""
    with run(context, Action.SET_UP), writing(context) as connection:
        before = settings_of(connection)
        settings, findings = change_setting(before, key, value, "")
        if settings is not None:
            known = check(before.dunning, before.branches, key)
            # What a choice means is told once, to whoever makes it.
            found = check(settings.dunning, settings.branches, key)
            told = [one for one in found if one.severity is not Severity.INFO or one not in known]
            findings = (*findings, *told, *unusable(settings))
        if settings is None or has_errors(findings):
            raise Refused(*findings)
        findings = (*findings, *_would_move(context, connection, before, settings))
        findings = (
            *findings, *_change(connection, context.stamp, settings_text(connection), settings, "settings")
        )  # fmt: skip
    return settings, findings


def changes(context: Context) -> list[Change]:
    """Every change of the settings, oldest first: who, when, old and new, key by key."""
    with reading(context, Action.READ) as connection:
        query = select(log).where(log.c.subject == "company").order_by(log.c.id)
        found: list[Change] = []
        for row in connection.execute(query):
            before = _flat(msgspec.json.decode(row.before)) if row.before else {}
            after = _flat(msgspec.json.decode(row.after)) if row.after else {}
            found += [
                Change(row.recorded_at, row.as_of, row.actor, key, before.get(key), after.get(key))
                for key in sorted({*before, *after})
                if before.get(key) != after.get(key)
            ]
    return found


def show(context: Context) -> Settings:
    """The settings in force."""
    with reading(context, Action.READ) as connection:
        return settings_of(connection)


def _change(
    connection: Connection, stamp: Stamp, before: str | None, settings: Settings, action: str
) -> tuple[Finding, ...]:
    text = dump_settings(settings)
    if before == text:
        return ()
    had_users = before is not None and bool(settings_of(connection).users)
    company = None if before is None else settings_of(connection).company
    save_settings(connection, settings)
    old = None if before is None else msgspec.json.decode(before)
    record(connection, stamp, action, "company", before=old, after=msgspec.json.decode(text))
    told = () if company is None else _on_creditor(connection, stamp.as_of, company, settings.company)
    return (*_on_users(settings, stamp.actor, had_users=had_users), *told)


def _would_move(context: Context, connection: Connection, before: Settings, now: Settings) -> tuple[Finding, ...]:
    """In a dry run: of how many items the next notice would come on another day, or none any more (users.md 6)."""
    if not context.dry_run or (before.dunning, before.branches) == (now.dunning, now.branches):
        return ()
    as_of = context.stamp.as_of
    old, new = _next_dates(connection, as_of, before), _next_dates(connection, as_of, now)
    moved = [item for item in old.keys() | new.keys() if old.get(item) != new.get(item)]
    sooner = sum(item in new and (item not in old or new[item] < old[item]) for item in moved)
    if not moved:
        return ()
    return (info("dunning-would-move", "[dunning]", count=len(moved), sooner=sooner, later=len(moved) - sooner),)


def _next_dates(connection: Connection, as_of: date, settings: Settings) -> dict[tuple[int, PartKind], date]:
    """When each part that will get another notice may get it."""
    made = plan_for(connection, as_of, settings, Scope())
    found = {(one.item_id, one.part): one.next_on for one in made.undunned if one.next_on is not None}
    return found | {(line.item_id, line.part): as_of for notice in made.notices for line in notice.items}


def _on_creditor(connection: Connection, as_of: date, before: Company, now: Company) -> tuple[Finding, ...]:
    """A creditor who is called otherwise, or is another: each debtor's bank is told with its next collection, if it was
    ever told of a mandate."""
    same = before.creditor_id and now.creditor_id and same_creditor(before.creditor_id, now.creditor_id)
    if not before.creditor_id or (same and same_name(before.name, now.name)):
        return ()
    known = [one for one in all_mandates(connection).values() if one.original_creditor_id is not None]
    count = sum(state_on(one, as_of) not in ENDED for one in known)
    return (info("creditor-changed", "company", count=count),) if count else ()


def _on_users(settings: Settings, actor: str, *, had_users: bool) -> tuple[Finding, ...]:
    """Whoever puts users in force may have forgotten himself, or all of them."""
    names = [user.name for user in settings.users]
    if had_users and not names:
        return (warning("users-gone", "users"),)
    if names and actor not in names:
        return (warning("actor-locked-out", "users", name=actor, users=", ".join(names)),)
    return ()


def _see_folder(opened: store.Books) -> None:
    if opened.path and not opened.path.absolute().parent.is_dir():
        raise store.BooksError("books-folder", books=opened.shown, folder=opened.path.absolute().parent)


def _see_room(opened: store.Books) -> None:
    """Where there are no books yet nobody else's tables may stand."""
    if opened.path and not opened.path.exists():
        return
    found = store.strangers(opened)
    if found:
        raise store.BooksError("books-foreign", books=opened.shown, count=len(found), first=found[0])


def _flat(document: Any, prefix: str = "") -> dict[str, str]:
    """A settings document as one level of dotted keys, so that changes can be told key by key."""
    if isinstance(document, dict):
        pairs = [(f"{prefix}.{name}" if prefix else str(name), value) for name, value in document.items()]
    elif isinstance(document, list):
        pairs = [(f"{prefix}.{number}", value) for number, value in enumerate(document, start=1)]
    else:
        return {} if document is None else {prefix: str(document)}
    return {key: text for name, value in pairs for key, text in _flat(value, name).items()}
