"""camt.054 explains a batch booking of the camt.053: the details end under the batch, whichever comes first."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from recon.service.context import Context
from recon.service.importing import Source, import_sources
from recon.service.listing import list_lines
from recon.store.tables import lines
from tests.books import rows, sound

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
IBAN = "DE89370400440532013000"
CODE = "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>IDDT</Cd><SubFmlyCd>ESDD</SubFmlyCd></Fmly></Domn>"
CODE += "<Prtry><Cd>NDDT+192+9248</Cd><Issr>DK</Issr></Prtry></BkTxCd>"
DATES = "<BookgDt><Dt>2026-11-20</Dt></BookgDt><ValDt><Dt>2026-11-20</Dt></ValDt>"


def _entry(details: str, ref: str = "55A1") -> str:
    return (
        f"<Ntry><Amt Ccy='EUR'>50.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>{DATES}"
        f"<AcctSvcrRef>{ref}</AcctSvcrRef>{CODE}<NtryDtls>{details}</NtryDtls></Ntry>"
    )


def _debit(number: int, amount: str) -> str:
    return (
        f"<TxDtls><Refs><EndToEndId>E2E-{number}</EndToEndId></Refs><Amt Ccy='EUR'>{amount}</Amt>"
        "<CdtDbtInd>CRDT</CdtDbtInd></TxDtls>"
    )


def _message(kind: str, root: str, part: str, inner: str) -> bytes:
    head = "<GrpHdr><MsgId>M</MsgId><CreDtTm>2026-11-20T22:00:00</CreDtTm></GrpHdr>"
    account = f"<Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
    return (
        f"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:{kind}.001.08'><{root}>{head}"
        f"<{part}><Id>{kind}</Id>{account}{inner}</{part}></{root}></Document>"
    ).encode()


def _balance(code: str, amount: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt>"
        "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-20</Dt></Dt></Bal>"
    )


BATCH = "<Btch><PmtInfId>P-1</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>"
BOOKS = _message(
    "camt.053", "BkToCstmrStmt", "Stmt",
    _balance("OPBD", "100.00") + _balance("CLBD", "150.00") + _entry(BATCH),
)  # fmt: skip
ADVICE = _message("camt.054", "BkToCstmrDbtCdtNtfctn", "Ntfctn", _entry(_debit(1, "20.00") + _debit(2, "30.00")))
STRANGE = _message(
    "camt.054", "BkToCstmrDbtCdtNtfctn", "Ntfctn", _entry(_debit(8, "20.00") + _debit(9, "30.00"), "ANOTHER")
)


@pytest.mark.parametrize("order", [(BOOKS, ADVICE), (ADVICE, BOOKS)], ids=["053 first", "054 first"])
def test_the_details_end_under_their_batch(books_at: BooksAt, opened: Opened, order: tuple[bytes, ...]) -> None:
    url = books_at("set_up")
    for number, content in enumerate(order):
        (result,) = import_sources(opened(url, "2026-11-20"), [Source(f"f{number}", content)])
        assert result.status == "imported", result.findings
    (booked,) = [entry for entry in list_lines(opened(url, "2026-11-20")) if entry.state != "ignored"]
    assert booked.line.amount == 5000
    assert [(detail.end_to_end_id, detail.amount) for detail in booked.line.details] == [
        ("E2E-1", 2000),
        ("E2E-2", 3000),
    ]
    sound(url)


def test_again_changes_nothing(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("set_up")
    for _ in range(2):
        import_sources(opened(url, "2026-11-20"), [Source("a", BOOKS), Source("b", ADVICE)])
    assert rows(url, select(func.count()).select_from(lines).where(lines.c.amount == 2000)) == [(2,)]
    sound(url)


def test_an_advice_of_another_booking_explains_nothing(books_at: BooksAt, opened: Opened) -> None:
    """The amount alone is no sign: the reference must be the batch's."""
    url = books_at("set_up")
    import_sources(opened(url, "2026-11-20"), [Source("a", BOOKS), Source("b", STRANGE)])
    (booked,) = [entry for entry in list_lines(opened(url, "2026-11-20")) if entry.state != "ignored"]
    assert booked.line.details == ()
    sound(url)
