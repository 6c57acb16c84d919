"""Books for tests: the demo company on SQLite and PostgreSQL at every stage of its story, and what is in them."""

import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, create_engine, text

from recon.service import collecting, dunning, matching, setting_up
from recon.service.context import Context, open_context
from recon.service.dunnable import Scope
from recon.service.importing import FileResult, Source, import_sources
from recon.service.verifying import verify
from recon.store.books import connect
from recon.store.log import Stamp
from recon.store.tables import metadata

ROOT: Final = Path(__file__).resolve().parents[1]
FIXTURES: Final = ROOT / "fixtures"
BANK: Final = FIXTURES / "bank"
TABLES: Final = ("customers.csv", "items.csv", "mandates.csv")
STATEMENTS: Final = ("2026-11-19.sta", "2026-11-20.sta")
ARCHIVE: Final = "camt053_2026-11-23_24.zip"

# The story (fixtures/README.md), a stage after each step.
STAGES: Final = ("empty", "set_up", "tables", "reminded", "imported", "matched", "created", "exported", "returned",
                 "frozen")  # fmt: skip

# What differs between two runs that did the same: the real time, and the hashes that hold it.
NOT_COMPARED: Final = {"log": frozenset({"recorded_at", "previous_hash", "hash"})}


def stamp(day: str, actor: str = "tester") -> Stamp:
    """On whose behalf a test acts, with a real time that stands still."""
    return Stamp(date.fromisoformat(day), actor, f"{day}T09:00:00+00:00")


def context_of(address: str, day: str, *, dry_run: bool = False, actor: str = "tester") -> Context:
    """A context for the services on books that exist. Its engine is the caller's to dispose of."""
    return open_context(address, stamp(day, actor), dry_run=dry_run)


def source(path: Path) -> Source:
    """A file to import, by its bare name."""
    return Source(path.name, path.read_bytes())


def bring_in(context: Context, *paths: Path) -> list[FileResult]:
    """Import files."""
    return import_sources(context, [source(path) for path in paths])


def text_in(context: Context, **files: str) -> list[FileResult]:
    """Import tables written in a test: ``text_in(context, items="invoice_no;…")``."""
    return import_sources(context, [Source(f"{name}.csv", content.encode()) for name, content in files.items()])


def play(address: str, stage: str) -> None:
    """Play the step of the story that leads to a stage, on books that stand at the stage before."""
    if stage == "empty":
        return
    if stage == "set_up":
        company = FIXTURES / "company.toml"
        setting_up.init(address, stamp("2026-10-20"), (company.read_bytes(), company.name))
        return
    days = {"tables": "2026-10-20", "reminded": "2026-10-20", "returned": "2026-11-24", "frozen": "2026-11-25"}
    context = context_of(address, days.get(stage, "2026-11-20"))
    try:
        _STEPS[stage](context, address)
    finally:
        context.books.engine.dispose()


def _tables(context: Context, _address: str) -> None:
    results = bring_in(context, *(FIXTURES / name for name in TABLES))
    assert [result.status for result in results] == ["imported"] * 3, results


def _reminded(context: Context, address: str) -> None:
    dunning.issue(context, str(dunning.freeze(context, Scope()).run))
    later = context_of(address, "2026-11-04")
    dunning.issue(later, str(dunning.freeze(later, Scope()).run))
    later.books.engine.dispose()


def _imported(context: Context, _address: str) -> None:
    results = bring_in(context, *(BANK / name for name in STATEMENTS))
    assert [result.status for result in results] == ["imported"] * 2, results


def _matched(context: Context, _address: str) -> None:
    assert matching.match_all(context).booked > 0


def _created(context: Context, _address: str) -> None:
    assert collecting.create(context, due_until=date(2026, 11, 25)).batches


def _exported(context: Context, _address: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert collecting.export(context, Path(folder)).batches


def _returned(context: Context, _address: str) -> None:
    assert bring_in(context, BANK / ARCHIVE)[0].status == "imported"
    assert matching.match_all(context).booked > 0


def _frozen(context: Context, _address: str) -> None:
    assert dunning.freeze(context, Scope()).run == "D3"


_STEPS: Final[dict[str, Callable[[Context, str], None]]] = {
    "tables": _tables,
    "reminded": _reminded,
    "imported": _imported,
    "matched": _matched,
    "created": _created,
    "exported": _exported,
    "returned": _returned,
    "frozen": _frozen,
}


def dump(address: str) -> dict[str, list[dict[str, Any]]]:
    """Everything in the books, table by table, row by row in the order of the ids; without the real time and the
    hashes of the log. Dates are ISO text, whatever the database. Bare SQL: it is asked for often."""
    engine = connect(address).engine
    try:
        with engine.connect() as connection:
            found = {}
            for table in metadata.sorted_tables:
                kept = [column.name for column in table.columns if column.name not in _left_out(table.name)]
                names = ", ".join(f'"{name}"' for name in kept)
                query = f'SELECT {names} FROM "{table.name}" ORDER BY id'
                found[table.name] = [
                    dict(zip(kept, map(_plain, row), strict=True)) for row in connection.exec_driver_sql(query)
                ]
            return found
    finally:
        engine.dispose()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def rows(address: str, query: Any) -> list[Any]:
    """The rows of a query on the books."""
    engine = connect(address).engine
    try:
        with engine.connect() as connection:
            return list(connection.execute(query))
    finally:
        engine.dispose()


def _left_out(table: str) -> frozenset[str]:
    return NOT_COMPARED.get(table, frozenset())


@dataclass(slots=True)
class Databases:
    """Databases of this process: SQLite files in a folder, PostgreSQL databases on the server of the session."""

    worker: str
    folder: Path
    postgres: Callable[[], str]
    templates: dict[tuple[str, str], str] = field(default_factory=dict)
    count: int = 0
    engine: Engine | None = None
    made: list[str] = field(default_factory=list)

    def empty(self, kind: str) -> str:
        """The address of a new database with nothing in it."""
        return self._new(kind, None)

    def copy(self, address: str) -> str:
        """A copy of a database, by the database's own means."""
        return self._new("postgresql" if "://" in address else "sqlite", address)

    def drop(self, address: str) -> None:
        """Remove a database, whoever still holds a connection to it."""
        if address in self.made:
            self.made.remove(address)
        if "://" in address:
            self._admin(f'DROP DATABASE IF EXISTS "{_name(address)}" WITH (FORCE)')
            return
        for end in ("", "-wal", "-shm", ".lock"):
            Path(f"{address}{end}").unlink(missing_ok=True)

    def drop_all(self) -> None:
        """Remove what is left."""
        for address in list(self.made):
            self.drop(address)
        if self.engine is not None:
            self.engine.dispose()

    def _new(self, kind: str, origin: str | None) -> str:
        self.count += 1
        if kind == "sqlite":
            address = str(self.folder / f"books{self.count}.db")
            if origin is not None and Path(origin).exists():
                with sqlite3.connect(origin) as old, sqlite3.connect(address) as new:
                    old.backup(new)
                old.close()
                new.close()
        else:
            name = f"books_{self.worker}_{self.count}"
            template = "template0" if origin is None else _name(origin)
            if origin is not None:
                self._admin(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{template}'")
            self._admin(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
            address = self.postgres().replace("/postgres?", f"/{name}?")
        self.made.append(address)
        return address

    def _admin(self, statement: str) -> None:
        if self.engine is None:
            url = self.postgres().replace("postgresql://", "postgresql+psycopg://")
            self.engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with self.engine.connect() as connection:
            connection.execute(text(statement))


def _name(address: str) -> str:
    return address.split("?", maxsplit=1)[0].rsplit("/", 1)[1]


def sound(address: str, actor: str = "tester") -> None:
    """The auditor finds nothing off: balances, states, levels, bank's sums, the chain of the log."""
    context = context_of(address, "2026-12-31", actor=actor)
    try:
        assert verify(context).findings == ()
    finally:
        context.books.engine.dispose()
