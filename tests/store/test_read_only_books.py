"""An auditor's copy: books on a medium that nobody can write to are read and verified as they are."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from recon.service import matching
from recon.service.answers import Refused
from recon.service.context import Context
from recon.service.verifying import verify
from tests.books import context_of

BooksAt = Callable[[str], str]
# A user who owns nothing: to root no folder is read-only.
NOBODY = 65534

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def copy(books_at: BooksAt, tmp_path: Path) -> str:
    """A copy in a folder without the right to write."""
    folder = tmp_path / "medium"
    folder.mkdir()
    place = folder / "opos.db"
    shutil.copy(books_at("returned"), place)
    for parent in (folder, *folder.parents):
        if (
            os.access(parent, os.W_OK)
            and parent.stat().st_uid == os.geteuid()
            and parent.is_relative_to(tmp_path.parent.parent)
        ):
            parent.chmod(parent.stat().st_mode | 0o055)
    place.chmod(0o444)
    folder.chmod(0o555)
    return str(place)


def _as_nobody(act: Callable[[], int]) -> int:
    """What a function returns in a process that may write nowhere."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            if os.geteuid() == 0:
                os.setuid(NOBODY)
            code = act()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_copy_on_a_read_only_medium_is_verified(copy: str) -> None:
    def act() -> int:
        found = verify(_opened(copy))
        return 0 if not found.findings and found.counts["postings"] > 0 else 1

    assert _as_nobody(act) == 0
    assert sorted(path.name for path in Path(copy).parent.iterdir()) == ["opos.db"]


def test_it_is_not_written_to(copy: str) -> None:
    def act() -> int:
        try:
            matching.match_all(_opened(copy))
        except Refused as no:
            return 0 if no.findings[0].code == "books-unwritable" else 2
        return 1

    assert _as_nobody(act) == 0


def _opened(address: str) -> Context:
    return context_of(address, "2026-12-31")
