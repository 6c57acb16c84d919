"""``opos export`` on the command line: the documents, and what it says no to."""

from pathlib import Path

import pytest

from tests.books import Databases
from tests.commandline import command, document
from tests.conftest import template

NOVEMBER = ("--from", "2026-11-01", "--to", "30.11.2026")


@pytest.fixture
def books(databases: Databases) -> str:
    """The demo books at the end of their story."""
    return databases.copy(template(databases, "sqlite", "returned"))


def test_the_document(books: str, tmp_path: Path) -> None:
    """Files with their hashes, what went out before, what was left out."""
    at = ("--books", books, "--as-of", "2026-12-01", "export")
    told = document(*at, "datev", *NOVEMBER, "--out", str(tmp_path), "--dry-run")
    assert (told["command"], told["dry_run"], told["exported_before"]) == ("export datev", True, 0)
    assert not list(tmp_path.iterdir())
    told = document(*at, "datev", "--from", "2026-10-01", "--to", "2026-11-30", "--out", str(tmp_path))
    assert told["openings"] == {"count": 116, "sum": "35955.59"}
    assert [file["file"] for file in told["files"]] == sorted((path.name for path in tmp_path.iterdir()), reverse=True)
    assert [(file["count"], file["sum"]) for file in told["files"]] == [(40, None), (60, "14447.70")]
    told = document(*at, "datev", *NOVEMBER, "--out", str(tmp_path))
    assert (told["files"], told["exported_before"]) == ([], 32)
    told = document(*at, "datev", "--again", "X2", "--out", str(tmp_path))
    assert [finding["code"] for finding in told["findings"]] == ["export-again"]
    assert [row["repeats"] for row in document(*at, "list")["exports"]] == [None, None, "X2"]


@pytest.mark.parametrize("language", ["de", "en"])
def test_what_people_read(books: str, tmp_path: Path, language: str) -> None:
    """No place of a text is left unfilled."""
    at = ("--books", books, "--as-of", "2026-12-01", "--lang", language, "export")
    for more in (("--from", "2026-10-01", "--to", "2026-11-30"), NOVEMBER, ("--again", "X1")):
        ran = command(*at, "datev", *more, "--out", str(tmp_path))
        assert ran.code == 0
        assert "{" not in ran.out + ran.err
    assert "EXTF_DebKred_Stamm_001.csv" in command(*at, "list", "--csv").out


@pytest.mark.parametrize(
    "more",
    [(), ("--from", "2026-11-01"), ("--from", "2026-11-30", "--to", "2026-11-01"), (*NOVEMBER, "--again", "X1"),
     ("--again", "X1", "--with-openings")],
)  # fmt: skip
def test_wrong_usage(books: str, tmp_path: Path, more: tuple[str, ...]) -> None:
    """A span needs both ends, in their order; a repeat has none."""
    assert command("--books", books, "export", "datev", *more, "--out", str(tmp_path / "out")).code == 2
    assert not (tmp_path / "out").exists()


def test_a_refusal_is_told_with_what_to_do(books: str, tmp_path: Path) -> None:
    """Exit 4: nothing was written."""
    assert command("--books", books, "settings", "set", "datev.account_length", "5").code == 0
    ran = command("--books", books, "--lang", "de", "export", "datev", *NOVEMBER, "--out", str(tmp_path / "out"))
    assert ran.code == 4
    assert "Sachkontenlänge" in ran.err
    assert not (tmp_path / "out").exists()
