"""The commands that are killed, locked out and starved in these tests: each with the stage of the demo books before it
and the stage after it."""

import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from alembic.command import upgrade
from alembic.config import Config
from sqlalchemy import inspect, text

from recon.store.books import connect, writing
from recon.store.migrate import HEAD
from tests.books import ARCHIVE, BANK, FIXTURES, ROOT, STATEMENTS, TABLES, Databases, dump
from tests.commandline import command as run_here
from tests.conftest import template

DRIVER: Final = Path(__file__).with_name("driver.py")
# Told with every failure: OPOS_SEED=… plays the same moments again.
SEED: Final = int(os.environ.get("OPOS_SEED", random.SystemRandom().randrange(10**6)))
# OPOS_ROBUST=40 tries forty moments of each command, where a usual run tries a few.
MANY: Final = int(os.environ.get("OPOS_ROBUST", "0"))


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the story. ``before`` is the stage of the demo books that it is run on, ``first`` what is done on
    them before. ``whole`` says that it is one decision, hence one transaction. ``again`` is how it leaves when what it
    does is done already, ``None`` where it does it once more (another dunning run, another decision taken back)."""

    name: str
    before: str
    day: str
    words: tuple[str, ...]
    whole: bool = True
    again: int | None = 0
    first: tuple[tuple[str, ...], ...] = ()

    def arguments(self, books: str, out: Path) -> list[str]:
        """The command line on these books."""
        return self._line(books, out, self.words)

    def prepared(self, databases: Databases, kind: str) -> str:
        """The books that the command is run on: a template, to be copied."""
        made = databases.templates
        if (kind, self.name) not in made:
            if self.before == "older":
                books = older(databases, kind)
            elif self.before == "none":
                books = databases.empty(kind)
            else:
                books = template(databases, kind, self.before)
            if self.first:
                books = databases.copy(books)
            for words in self.first:
                with tempfile.TemporaryDirectory() as folder:
                    ran = run_here(*self._line(books, Path(folder) / "out", words))
                assert ran.code == 0, ran.err
            made[kind, self.name] = books
        return made[kind, self.name]

    def _line(self, books: str, out: Path, words: tuple[str, ...]) -> list[str]:
        told = [word.replace("{out}", str(out)) for word in words]
        return ["--books", books, "--as-of", self.day, "--actor", "tester", "--lang", "en", *told]


_COMPANY: Final = str(FIXTURES / "company.toml")
_PAID: Final = ("settings", "set", "collect.on_export", "mark_paid")
_CONFIRMED: Final = ("match", "confirm", "L7")
_EXPORT: Final = ("collect", "export", "--out", "{out}")
_DATEV: Final = ("export", "datev", "--from", "2026-11-01", "--to", "2026-11-30", "--out", "{out}")
_TEXT: Final = ("texts", "set", "2", "subject", "--language", "de", "--text", "{title}: {total}")
_BLOCK: Final = ("dunning", "block", "RE-2026-0892", "--reason", "Reklamation")
_COMPLAINT: Final = ("complaints", "open", "RE-2026-0892", "--reason", "Menge", "--received-at", "2026-11-25 10:20")
_PHONE: Final = FIXTURES / "telephone"
_PHONED: Final = (
    ("settings", "apply", str(_PHONE / "company.toml")),
    ("import", str(_PHONE / "customers.csv"), str(_PHONE / "items.csv"), "--as-of", "2026-10-20"),
    *(
        ("dunning", *words, "--as-of", day)
        for number, day in enumerate(("2026-10-04", "2026-10-11", "2026-10-18"), start=1)
        for words in (("run", "--customer", "4801"), ("issue", f"D{number}"))
    ),
)

# The bank's answer to the first batch of the demo: a block rejected, another in part.
_ANSWER: Final = str(ROOT / "tests" / "golden" / "sepa" / "pain002" / "levels_03.xml")
_OVERPAID: Final = ("match", "confirm", "L27")
_RELEASED: Final = (_OVERPAID, ("refunds", "create"), ("refunds", "release", "R1"))
_REFUNDED: Final = ("refunds", "export", "--out", "{out}")
DANSK: Final = FIXTURES / "danish"
_DANISH: Final = (
    ("settings", "apply", str(DANSK / "company.toml")),
    ("import", str(DANSK / "customers.csv"), str(DANSK / "items.csv")),
    ("import", str(DANSK / "0603.lst")),
)
_DELIVER: Final = ("pbs", "create", "--due-until", "2026-11-30")
_DELIVERED: Final = (_DELIVER, ("pbs", "export", "--out", "{out}"))

_DAYS: Final = tuple(("close", "day", name) for name in ("Geschäftskonto Köln", "Geschäftskonto Bonn"))
_PERIOD: Final = ("close", "period", "--until", "2026-11-24")

# The working day first: these are also run two at once, on full disks and killed by the clock.
DAY: Final = (
    Command("import tables", "set_up", "2026-10-20",
            ("import", *(str(FIXTURES / name) for name in TABLES)), whole=False),
    Command("import statements", "reminded", "2026-11-20",
            ("import", *(str(BANK / name) for name in STATEMENTS)), whole=False),
    Command("match", "imported", "2026-11-20", ("match",)),
    Command("collect create", "matched", "2026-11-20", ("collect", "create", "--due-until", "2026-11-25")),
    Command("collect export", "created", "2026-11-20", _EXPORT),
    Command("import archive", "exported", "2026-11-24", ("import", str(BANK / ARCHIVE)), whole=False),
    Command("dunning issue", "frozen", "2026-11-25", ("dunning", "issue", "D3")),
)  # fmt: skip
COMMANDS: Final = (
    *DAY,
    Command("init", "none", "2026-10-20", ("init", "--company", _COMPANY)),
    Command("init older books", "older", "2026-11-26", ("init",)),
    Command("settings set", "matched", "2026-11-20", ("settings", "set", "dunning.deadline_days", "14")),
    Command("settings apply", "matched", "2026-11-20", ("settings", "apply", _COMPANY), first=(_PAID,)),
    Command("match confirm", "matched", "2026-11-20", _CONFIRMED, again=4),
    Command("match confirm split", "matched", "2026-11-20",
            ("match", "confirm", "L9", "RE-2026-0818=200.00", "RE-2026-0822=100.00"), again=None),
    Command("match confirm difference", "matched", "2026-11-20",
            ("match", "confirm", "L28", "RE-2026-0851", "--difference", "discount"), again=4),
    Command("match reject", "matched", "2026-11-20", ("match", "reject", "L26")),
    Command("match undo allocation", "matched", "2026-11-20", ("match", "undo", "A6"), again=4),
    Command("match undo run", "returned", "2026-11-24", ("match", "undo", "--run", "M2")),
    Command("match undo last", "matched", "2026-11-20", ("match", "undo", "--last"), again=None, first=(_CONFIRMED,)),
    Command("credits apply", "returned", "2026-11-25", ("credits", "apply", "10055"), again=4),
    Command("items reference", "matched", "2026-11-20", ("items", "reference", "--store")),
    Command("pbs agree", "set_up", "2026-11-19", ("pbs", "agree", "4714"), again=4, first=_DANISH),
    Command("pbs import", "set_up", "2026-11-19", ("import", str(DANSK / "0602.lst")), first=(*_DANISH, *_DELIVERED)),
    Command("pbs create", "set_up", "2026-11-19", _DELIVER, first=_DANISH),
    Command("pbs export", "set_up", "2026-11-19", ("pbs", "export", "--out", "{out}"), first=(*_DANISH, _DELIVER)),
    Command("pbs submitted", "set_up", "2026-11-19", ("pbs", "submitted", "P1"), first=(*_DANISH, *_DELIVERED)),
    Command("pbs cancel", "set_up", "2026-11-19", ("pbs", "cancel", "P1"), again=4, first=(*_DANISH, *_DELIVERED)),
    Command("statements remove", "imported", "2026-11-20", ("statements", "remove", "S3", "--reason", "wrong file"),
            again=4),
    Command("collect export as paid", "created", "2026-11-20", _EXPORT, first=(_PAID,)),
    Command("collect announce", "created", "2026-11-20", ("collect", "announce", "--all", "--out", "{out}")),
    Command("collect release", "created", "2026-11-20", ("collect", "release", "B1", "B2")),
    Command("collect export of four eyes", "created", "2026-11-20", _EXPORT,
            first=(("settings", "set", "collect.release", "four_eyes"),
                   ("--actor", "second", "collect", "release", "B1", "B2", "B3", "B4"))),
    Command("mandates add", "created", "2026-11-20",
            ("mandates", "add", "--mandate-id", "M-10007-2", "--customer", "10007", "--iban", "DE02120300000000202051",
             "--signed-on", "2026-11-19", "--replace"), again=4),
    Command("mandates amend", "created", "2026-11-20",
            ("mandates", "amend", "M-10002-1", "--iban", "DE02120300000000202051", "--new-id", "M-10002-2")),
    Command("mandates revoke", "created", "2026-11-20", ("mandates", "revoke", "M-10002-1", "--reason", "Brief")),
    Command("mandates suspend", "created", "2026-11-20", ("mandates", "suspend", "M-10002-1", "--reason", "Frage")),
    Command("mandates release", "returned", "2026-11-24", ("mandates", "release", "M-10007-1", "--reason", "ok")),
    Command("collect cancel", "created", "2026-11-20", ("collect", "cancel", "B1"), again=4),
    Command("collect cancel as paid", "created", "2026-11-20", ("collect", "cancel", "B1"), again=4,
            first=(_PAID, _EXPORT)),
    Command("collect cancel one", "created", "2026-11-20",
            ("collect", "cancel", "B1", "--item", "RE-2026-0839", "--item", "RE-2026-0859"), again=4),
    Command("collect cancel one as paid", "created", "2026-11-20",
            ("collect", "cancel", "B1", "--item", "RE-2026-0839"), again=4, first=(_PAID, _EXPORT)),
    Command("collect submitted", "exported", "2026-11-20", ("collect", "submitted", "B1")),
    Command("import answer", "exported", "2026-11-23", ("import", _ANSWER), whole=False),
    Command("import answer as paid", "created", "2026-11-23", ("import", _ANSWER), whole=False,
            first=(_PAID, _EXPORT)),
    Command("returns retry", "returned", "2026-11-25", ("returns", "retry", "L65", "--on", "2026-12-15")),
    Command("returns close", "returned", "2026-11-25", ("returns", "close", "L66", "--reason", "paid"), again=4),
    Command("refunds create", "returned", "2026-11-25", ("refunds", "create"), first=(_OVERPAID,)),
    Command("refunds release", "returned", "2026-11-25", _RELEASED[-1], first=_RELEASED[:-1]),
    Command("refunds export", "returned", "2026-11-25", _REFUNDED, first=_RELEASED),
    Command("refunds submitted", "returned", "2026-11-25", ("refunds", "submitted", "R1"),
            first=(*_RELEASED, _REFUNDED)),
    Command("refunds rejected", "returned", "2026-11-25", ("refunds", "rejected", "R1", "--reason", "AC04"),
            first=(*_RELEASED, _REFUNDED)),
    Command("refunds cancel", "returned", "2026-11-25", ("refunds", "cancel", "R1"), again=4,
            first=(*_RELEASED, _REFUNDED)),
    Command("close day", "returned", "2026-11-25", _DAYS[0]),
    Command("close period", "returned", "2026-11-25", _PERIOD, first=_DAYS),
    Command("close reopen", "returned", "2026-11-25", ("close", "reopen", "C3", "--reason", "came late"), again=4,
            first=(*_DAYS, _PERIOD)),
    Command("match undo of a closed period", "returned", "2026-12-02",
            ("match", "undo", "A1", "--reverse-on", "2026-12-02"), again=4, first=(*_DAYS, _PERIOD)),
    Command("export datev", "returned", "2026-12-01", _DATEV),
    Command("export datev again", "returned", "2026-12-01", ("export", "datev", "--again", "X2", "--out", "{out}"),
            again=None, first=(_DATEV,)),
    Command("dunning run", "returned", "2026-11-25", ("dunning", "run"), again=4),
    Command("dunning run anew", "frozen", "2026-11-25", ("dunning", "run", "--replace"), again=None),
    Command("dunning drop", "frozen", "2026-11-25",
            ("dunning", "drop", "D3", "RE-2026-0801", "--reason", "call first"), again=4),
    Command("dunning letters", "returned", "2026-11-25", ("dunning", "letters", "D1", "--out", "{out}", "--force")),
    Command("dunning cancel run", "frozen", "2026-11-25", ("dunning", "cancel", "D3")),
    Command("dunning cancel notice", "reminded", "2026-11-20", ("dunning", "cancel", "N1", "--reason", "by mistake")),
    Command("dunning block", "returned", "2026-11-25", _BLOCK, again=None),
    Command("dunning block customer", "returned", "2026-11-25",
            ("dunning", "block", "--customer", "10019", "--reason", "Stundung")),
    Command("dunning promise", "returned", "2026-11-25",
            ("dunning", "promise", "RE-2026-0892", "--until", "2026-12-04"), again=None),
    Command("complaints open", "returned", "2026-11-25", _COMPLAINT, again=None),
    Command("complaints acknowledge", "returned", "2026-11-25",
            ("complaints", "acknowledge", "K1", "--at", "2026-11-25 11:00"), again=4, first=(_COMPLAINT,)),
    Command("complaints statement", "returned", "2026-11-25",
            ("complaints", "statement", "K1", "--text", "Geliefert wurden zwei."), again=None, first=(_COMPLAINT,)),
    Command("complaints evidence", "returned", "2026-11-25",
            ("complaints", "evidence", "K1", _COMPANY, "--type", "receipt"), again=None, first=(_COMPLAINT,)),
    Command("complaints files", "returned", "2026-11-25", ("complaints", "files", "K1", "--out", "{out}"), again=None,
            first=(_COMPLAINT, ("complaints", "statement", "K1", "--text", "Geliefert wurden zwei."))),
    Command("complaints resolve", "returned", "2026-11-25",
            ("complaints", "resolve", "K1", "--outcome", "rejected", "--reason", "geprüft"), again=4,
            first=(_COMPLAINT,)),
    Command("dunning calls record", "set_up", "2026-10-19",
            ("dunning", "calls", "record", "N3", "--at", "2026-10-19 10:00", "--outcome", "no_answer"), again=4,
            first=_PHONED),
    Command("dunning unblock", "returned", "2026-11-25",
            ("dunning", "unblock", "RE-2026-0892", "--reason", "settled"), first=(_BLOCK,)),
    Command("mail retry", "frozen", "2026-11-25", ("mail", "retry", "O1", "--reason", "asked"), again=None),
    Command("mail cancel", "frozen", "2026-11-25", ("mail", "cancel", "O1", "--reason", "by post"), again=4),
    Command("mail sent", "frozen", "2026-11-25", ("mail", "sent", "O1", "--reason", "seen"), again=4),
    Command("dunning days apply", "returned", "2026-11-25", ("dunning", "days", "apply")),
    Command("texts set", "set_up", "2026-11-25", _TEXT),
    Command("texts reset", "set_up", "2026-11-25", ("texts", "reset", "2", "subject"), first=(_TEXT,)),
    Command("texts apply", "set_up", "2026-11-25", ("texts", "apply", str(ROOT / "fixtures" / "texts.toml"))),
)  # fmt: skip


def older(databases: Databases, kind: str) -> str:
    """Books with the tables of the first revision: on SQLite those that the program of then has written
    (``tests/store/books_0001.sql``), on PostgreSQL empty ones."""
    books = databases.empty(kind)
    if kind == "sqlite":
        with closing(sqlite3.connect(books)) as file:
            file.executescript((ROOT / "tests" / "store" / "books_0001.sql").read_text("utf-8"))
        return books
    config = Config()
    config.set_main_option("script_location", "recon.store:migrations")
    config.set_main_option("path_separator", "os")
    opened = connect(books)
    with writing(opened) as connection:
        config.attributes["connection"] = connection
        upgrade(config, "0001")
    opened.engine.dispose()
    return books


def state(books: str) -> dict[str, Any]:
    """All that is in books, also where there are none yet, or none of this version."""
    if "://" not in books and not Path(books).exists():
        return {}
    engine = connect(books).engine
    try:
        with engine.connect() as connection:
            names = inspect(connection).get_table_names()
            version = (
                "alembic_version" in names
                and connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            )
            if version == HEAD:
                return dict(dump(books))
            return {name: [tuple(row) for row in connection.execute(text(f'SELECT * FROM "{name}" ORDER BY 1'))]
                    for name in names}  # fmt: skip
    finally:
        engine.dispose()


@dataclass(frozen=True, slots=True)
class Clean:
    """An undisturbed run: the books before and after, the files, and its steps, a letter each (``driver.py``)."""

    before: dict[str, Any]
    after: dict[str, Any]
    files: dict[str, bytes]
    kinds: str

    @property
    def steps(self) -> int:
        """How many steps it took."""
        return len(self.kinds)

    @property
    def commit(self) -> int:
        """The step that is the commit of the last transaction. On PostgreSQL one more gives the lock back."""
        return self.kinds.rindex("c", 0, -2 if self.kinds.endswith("csce") else None) + 1


class Driver:
    """The process that runs and kills commands; one for all tests of a session."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(DRIVER)], cwd=ROOT, env=_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def __call__(self, *jobs: dict[str, Any]) -> list[int]:
        """Run jobs; how each ended: an exit code, or minus a signal."""
        self.ask(*jobs)
        return self.answer()

    def ask(self, *jobs: dict[str, Any]) -> None:
        """Begin to run jobs."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(jobs) + "\n")
        self.process.stdin.flush()

    def answer(self) -> list[int]:
        """How the jobs ended that were begun."""
        assert self.process.stdout is not None
        found: list[int] = json.loads(self.process.stdout.readline())
        return found

    def stop(self) -> None:
        """End it by closing its input."""
        self.process.communicate(timeout=60)


def start(arguments: list[str]) -> "subprocess.Popen[bytes]":
    """Start ``opos`` as a user does."""
    program = [sys.executable, "-c", "from cli import main; main()", *arguments]
    return subprocess.Popen(
        program, cwd=ROOT, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def files_in(folder: Path) -> dict[str, bytes]:
    """What lies in a folder, half-written files included."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.is_dir() else {}


def settled(books: str) -> None:
    """Wait until the server has noticed that its killed clients are gone; a file needs no waiting."""
    if "://" not in books:
        return
    engine = connect(books).engine
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + 20
    try:
        with engine.connect() as connection:
            while connection.execute(text(query)).scalar_one():
                assert time.monotonic() < deadline, "a killed client is still there"
                connection.rollback()
                time.sleep(0.02)
    finally:
        engine.dispose()


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": tempfile.gettempdir(), "LANG": "C.UTF-8"}
