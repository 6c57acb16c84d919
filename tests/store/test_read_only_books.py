"""An auditor's copy: books on a medium that nobody can write to are read and verified as they are."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
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
def copy(books_at: BooksAt) -> Iterator[str]:
    """A copy in a folder without the right to write. What is imported late is imported here: nobody may read it."""
    source = books_at("returned")
    context = _opened(source, dry_run=True)
    assert not verify(context).findings
    matching.match_all(context)
    context.books.engine.dispose()
    # A folder of its own: nobody has a way into those of pytest.
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(0o755)
        folder = Path(parent) / "medium"
        folder.mkdir()
        place = folder / "opos.db"
        shutil.copy(source, place)
        place.chmod(0o444)
        folder.chmod(0o555)
        yield str(place)
        folder.chmod(0o755)


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


def _opened(address: str, *, dry_run: bool = False) -> Context:
    return context_of(address, "2026-12-31", dry_run=dry_run)
