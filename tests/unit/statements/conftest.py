"""What the tests of the bank file reader share."""

from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path

import pytest

from recon.model.finding import Finding
from recon.model.statement import Line, Statement
from recon.statements import read
from tests.unit.statements.camt_text import document, entry

SHARED = Path(__file__).resolve().parents[4] / "shared"

Found = list[Statement | Finding]
ReadAll = Callable[[bytes | str], Found]


@pytest.fixture
def read_all() -> ReadAll:
    """Everything that ``read`` says of some bytes; the file's name is ``f``."""
    return lambda content: list(read(BytesIO(content.encode() if isinstance(content, str) else content), "f"))


@pytest.fixture
def one(read_all: ReadAll) -> Callable[[bytes | str], Statement]:
    """The only statement of a file that has no finding about the file itself."""

    def read_one(content: bytes | str) -> Statement:
        (statement,) = read_all(content)
        assert isinstance(statement, Statement)
        return statement

    return read_one


@pytest.fixture
def line(one: Callable[[bytes | str], Statement]) -> Callable[..., Line]:
    """The line of an MT940 page with one :61: and, if given, its :86:."""

    def read_line(entry: str, detail: str | None = None, closing: str = "C261120EUR1,00") -> Line:
        purpose = f":86:{detail}\n" if detail is not None else ""
        head = ":20:X\n:25:DE89370400440532013000\n:28C:1/1\n:60F:C261119EUR1,00\n"
        page = f"{head}:61:{entry}\n{purpose}:62F:{closing}\n-\n"
        (found,) = one(page).lines
        return found

    return read_line


@pytest.fixture
def camt_line(one: Callable[[bytes | str], Statement]) -> Callable[..., Line]:
    """The line of one entry with one TxDtls."""

    def read_line(details: str, amount: str = "100.00", mark: str = "CRDT", inside: str = "", before: str = "") -> Line:
        text = entry(amount, mark, f"{inside}<NtryDtls><TxDtls>{details}</TxDtls></NtryDtls>", before=before)
        (found,) = one(document(text, balances="", message="BkToCstmrDbtCdtNtfctn", statement="Ntfctn")).lines
        return found

    return read_line


@pytest.fixture
def codes() -> Callable[[Found], list[str]]:
    """All finding codes of a reading, in order."""

    def all_codes(found: Iterable[Statement | Finding]) -> list[str]:
        return [
            finding.code
            for thing in found
            for finding in (thing.findings if isinstance(thing, Statement) else (thing,))
        ]

    return all_codes


@pytest.fixture
def shared() -> Path:
    """The folder of samples and corpus beside the repository."""
    if not (SHARED / "corpus" / "INDEX.csv").is_file():
        pytest.skip("../shared is absent: samples and corpus are not part of the repository")
    return SHARED
