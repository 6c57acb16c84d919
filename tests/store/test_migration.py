"""Making the tables, and refusing books that are not of this version."""

from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from recon.service.answers import Exit, Refused
from recon.service.setting_up import init
from recon.store.books import BooksError, connect, open_books, reading, writing
from recon.store.migrate import HEAD
from recon.store.settings import settings_of
from recon.store.tables import log, metadata
from tests.books import FIXTURES, dump, rows, stamp

BooksAt = Callable[[str], str]
COMPANY = ((FIXTURES / "company.toml").read_bytes(), "company.toml")
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _set_version(address: str, version: str) -> None:
    books = connect(address)
    with writing(books) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    books.engine.dispose()


def test_the_migrated_tables_are_the_described_tables(books_url: str) -> None:
    """What the revisions make is what ``tables.py`` says: columns, types, keys, indexes."""
    init(books_url, stamp("2026-11-20"))
    books = open_books(books_url)
    with reading(books) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [HEAD]
    books.engine.dispose()


def test_init_twice_changes_nothing(books_url: str) -> None:
    """Neither with the company file nor without it."""
    assert init(books_url, stamp("2026-11-20"), COMPANY).created
    before = dump(books_url)
    assert [record["action"] for record in before["log"]] == ["init"]
    for company in (COMPANY, None):
        again = init(books_url, stamp("2026-11-21"), company)
        assert not again.created
        assert again.settings.company.name == "Optik Beispiel GmbH"
        assert dump(books_url) == before


def test_init_without_a_company_and_then_with_one(books_url: str) -> None:
    """Books may be begun without a file; the change is recorded, old and new."""
    assert init(books_url, stamp("2026-11-20")).created
    init(books_url, stamp("2026-11-21"), COMPANY)
    told = rows(books_url, log.select().order_by(log.c.id))
    assert [record.action for record in told] == ["init", "init"]
    assert told[0].before is None
    assert "Optik Beispiel" not in told[1].before
    assert "Optik Beispiel" in told[1].after
    books = open_books(books_url)
    with reading(books) as connection:
        assert settings_of(connection).company.creditor_id == "DE98ZZZ09999999999"
    books.engine.dispose()


def test_a_wrong_company_file_makes_no_books(books_url: str) -> None:
    """Refused as a whole: no tables, and on SQLite not even a file."""
    with pytest.raises(Refused) as no:
        init(books_url, stamp("2026-11-20"), (b"[company]\nname = 5\n", "company.toml"))
    assert no.value.findings
    if "://" not in books_url:
        assert not Path(books_url).exists()
    with pytest.raises(BooksError) as missing:
        open_books(books_url)
    assert missing.value.code == "books-missing"


def test_a_dry_run_makes_no_books(books_url: str) -> None:
    """``--dry-run`` writes nothing, also the first time."""
    assert init(books_url, stamp("2026-11-20"), COMPANY, dry_run=True).created
    with pytest.raises(BooksError) as missing:
        open_books(books_url)
    assert missing.value.code == "books-missing"


@pytest.mark.parametrize(("version", "code"), [("0000", "books-old"), ("9999", "books-newer")])
def test_books_of_another_version_are_not_opened(books_at: BooksAt, version: str, code: str) -> None:
    """Older books are lifted by ``init`` and not in passing; newer ones are left alone."""
    url = books_at("set_up")
    _set_version(url, version)
    with pytest.raises(BooksError) as refused:
        open_books(url)
    assert refused.value.code == code
    assert refused.value.facts["found"] == version
    assert refused.value.facts["expected"] == HEAD


def test_init_refuses_newer_books(books_at: BooksAt) -> None:
    """An older program must not touch the books of a newer one: an answer, not a fault of the program."""
    url = books_at("tables")
    _set_version(url, "9999")
    before = dump(url)
    with pytest.raises(Refused) as no:
        init(url, stamp("2026-11-21"))
    assert [finding.code for finding in no.value.findings] == ["books-newer"]
    assert no.value.exit_code == Exit.REFUSED
    assert dump(url) == before


@ON_SQLITE
@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "books-missing"), (b"no database at all, " * 50, "books-unreadable")],
    ids=["empty", "something else"],
)
def test_a_file_that_holds_no_books(books_url: str, content: bytes, code: str) -> None:
    """Opening says what is wrong and leaves what is in the file as it is."""
    Path(books_url).write_bytes(content)
    with pytest.raises(BooksError) as refused:
        open_books(books_url)
    assert refused.value.code == code
    assert Path(books_url).read_bytes()[: len(content)] == content


@ON_SQLITE
def test_init_leaves_a_strange_file_alone(books_url: str) -> None:
    """Somebody's photograph is not books: an answer, not a fault of the program, and the photograph stays."""
    content = b"no database at all, " * 50
    Path(books_url).write_bytes(content)
    with pytest.raises(Refused) as no:
        init(books_url, stamp("2026-11-20"), COMPANY)
    assert [finding.code for finding in no.value.findings] == ["books-unreadable"]
    assert Path(books_url).read_bytes() == content


@ON_SQLITE
def test_init_into_a_folder_that_is_not_there(books_url: str, tmp_path: Path) -> None:
    """The folder is named; it is not made."""
    with pytest.raises(Refused) as no:
        init(str(tmp_path / "missing" / "opos.db"), stamp("2026-11-20"))
    assert [finding.code for finding in no.value.findings] == ["books-folder"]
    assert not (tmp_path / "missing").exists()


@ON_SQLITE
def test_a_folder_is_no_books(books_url: str, tmp_path: Path) -> None:
    """A folder given for the books."""
    with pytest.raises(BooksError) as refused:
        open_books(str(tmp_path))
    assert refused.value.code == "books-unreadable"
    with pytest.raises(Refused) as no:
        init(str(tmp_path), stamp("2026-11-20"))
    assert [finding.code for finding in no.value.findings] == ["books-unreadable"]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_server_that_is_not_there(books_url: str) -> None:
    """The answer names the address without its password."""
    gone = "postgresql://opos:geheim@/nowhere?host=/there/is/no/server"
    with pytest.raises(BooksError) as refused:
        open_books(gone)
    assert refused.value.code == "books-unreadable"
    assert "geheim" not in str(refused.value.facts)
    with pytest.raises(Refused) as no:
        init(gone, stamp("2026-11-20"))
    assert [finding.code for finding in no.value.findings] == ["books-unreadable"]
