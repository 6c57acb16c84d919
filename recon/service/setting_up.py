"""Setting up the books: ``opos init`` and ``opos settings``."""

from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from recon.dunning.check import check
from recon.items import dump_settings, read_company
from recon.model.finding import Finding, has_errors
from recon.model.settings import Company, Settings
from recon.service.answers import Refused
from recon.service.context import Context, answered, reading, run, writing
from recon.store import books as store
from recon.store.log import Stamp, record
from recon.store.migrate import lift
from recon.store.settings import save_settings, settings_of, settings_text


@dataclass(frozen=True, slots=True)
class SetUp:
    """What ``init`` did. ``created`` is false where the books stood there already."""

    books: str
    created: bool
    settings: Settings
    findings: tuple[Finding, ...] = ()


def read_settings(data: bytes, name: str) -> tuple[Settings, tuple[Finding, ...]]:
    """The settings of a company file. Raises Refused where it has errors."""
    settings, findings = read_company(data, name)
    if settings is not None:
        findings = (*findings, *check(settings.dunning, settings.branches, f"{name}: [dunning]"))
    if settings is None or has_errors(findings):
        raise Refused(*findings)
    return settings, findings


def init(books: str, stamp: Stamp, company: tuple[bytes, str] | None = None, *, dry_run: bool = False) -> SetUp:
    """Make the books, or bring older ones to this version; with a company file, put its settings in force.

    Running it again changes nothing.
    """
    wanted, findings = read_settings(*company) if company else (None, ())
    with answered():
        opened = store.connect(books)
        if dry_run and opened.path and not opened.path.exists():
            return SetUp(opened.shown, created=True, settings=wanted or Settings(Company("")), findings=findings)
        _see_folder(opened)
        store.version_of(opened)
        context = Context(opened, stamp, dry_run)
        with run(context), writing(context) as connection:
            lift(connection)
            before = settings_text(connection)
            settings = wanted or (settings_of(connection) if before is not None else Settings(Company("")))
            _change(connection, stamp, before, settings, "init")
    return SetUp(opened.shown, before is None, settings, findings)


def apply(context: Context, data: bytes, name: str) -> tuple[Settings, tuple[Finding, ...]]:
    """Put a settings file in force (``opos settings apply``). The change is recorded, old and new."""
    settings, findings = read_settings(data, name)
    with run(context), writing(context) as connection:
        _change(connection, context.stamp, settings_text(connection), settings, "settings")
    return settings, findings


def show(context: Context) -> Settings:
    """The settings in force."""
    with reading(context) as connection:
        return settings_of(connection)


def _change(connection: Connection, stamp: Stamp, before: str | None, settings: Settings, action: str) -> None:
    text = dump_settings(settings)
    if before == text:
        return
    save_settings(connection, settings)
    old = None if before is None else msgspec.json.decode(before)
    record(connection, stamp, action, "company", before=old, after=msgspec.json.decode(text))


def _see_folder(opened: store.Books) -> None:
    if opened.path and not opened.path.absolute().parent.is_dir():
        raise store.BooksError("books-folder", books=opened.shown, folder=opened.path.absolute().parent)
