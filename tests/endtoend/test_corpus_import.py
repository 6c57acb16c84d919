"""Importing real and broken files of many banks and programs into one set of books: every file gets an answer, the
books stay right, and a second time brings nothing new."""

from pathlib import Path

import pytest

from tests.commandline import document

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus with the real bank files is not here")
def test_the_whole_corpus_into_one_set_of_books(tmp_path: Path) -> None:
    books = ("--books", str(tmp_path / "corpus.db"), "--as-of", "2026-11-22")
    document(*books, "init")
    first = document(*books, "import", str(CORPUS), code=3)
    assert first["totals"]["new"] > 1000
    for file in first["files"]:
        if file["status"] in {"refused", "partial"}:
            assert any(finding["severity"] == "error" for finding in file["findings"]), file["path"]
        if file["format"] == "mt940":
            assert all(statement["balance_ok"] is not False for statement in file["statements"]), file["path"]
    assert document(*books, "verify")["ok"] is True
    again = document(*books, "import", str(CORPUS), code=3)
    assert again["totals"]["new"] == 0
    assert [file["status"] for file in again["files"] if file["status"] == "imported"] == []
    document(*books, "match")
    assert document(*books, "verify")["ok"] is True
