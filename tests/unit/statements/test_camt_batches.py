"""A batch booking of camt: one line with its transactions."""

from collections.abc import Callable

import pytest

from recon.model.finding import Severity
from recon.model.statement import LineKind, Statement
from tests.unit.statements.camt_text import BATCH, code, document, entry, transaction

ReadOne = Callable[[bytes | str], Statement]


@pytest.mark.parametrize("apart", ["", "</NtryDtls><NtryDtls>"])
def test_batch_with_details(one: ReadOne, apart: str) -> None:
    details = f"<NtryDtls>{BATCH}{transaction('60.00', 'A')}{apart}{transaction('40.00', 'B')}</NtryDtls>"
    found = one(document(entry(inside=code("PMNT/IDDT/ESDD", "NDDT+192") + details)))
    (line,) = found.lines
    assert (line.kind, line.amount, line.transactions) == (LineKind.BATCH, 10000, 2)
    assert (line.message_id, line.payment_information_id) == ("MSG-9", "PMT-9")
    assert [(each.amount, each.kind, each.counterparty.name) for each in line.details] == [
        (6000, LineKind.DIRECT_DEBIT, "A"),
        (4000, LineKind.DIRECT_DEBIT, "B"),
    ]
    assert found.findings == ()


def test_batch_without_details(one: ReadOne) -> None:
    found = one(document(entry(inside=f"<NtryDtls>{BATCH}</NtryDtls>")))
    (line,) = found.lines
    assert (line.kind, line.details, line.transactions, line.payment_information_id) == (LineKind.BATCH, (), 2, "PMT-9")
    assert found.findings == ()


def test_only_transaction_with_the_total_speaks_of_the_batch(one: ReadOne) -> None:
    tx = "<TxDtls><Refs><EndToEndId>X</EndToEndId></Refs><Amt Ccy='EUR'>100.00</Amt></TxDtls>"
    inside = f"<NtryDtls>{BATCH}{tx}</NtryDtls>"
    found = one(document(entry(inside=inside)))
    (line,) = found.lines
    assert (line.kind, line.details, line.transactions, line.end_to_end_id) == (LineKind.BATCH, (), 2, "X")
    assert (line.payment_information_id, found.findings) == ("PMT-9", ())


def test_batch_in_two_parts_counts_both(one: ReadOne) -> None:
    inside = f"<NtryDtls>{BATCH}</NtryDtls><NtryDtls>{BATCH}</NtryDtls>"
    assert one(document(entry(inside=inside))).lines[0].transactions == 4


def test_batch_of_one_keeps_its_transaction_apart(one: ReadOne) -> None:
    inside = code("PMNT/IDDT/ESDD", "NDDT+192") + f"<NtryDtls>{transaction('100.00', 'A')}</NtryDtls>"
    (line,) = one(document(entry(inside=inside))).lines
    assert (line.kind, line.transactions, [each.amount for each in line.details]) == (LineKind.BATCH, 1, [10000])
    assert line.counterparty.name is None


def test_batch_that_does_not_add_up_is_told(one: ReadOne) -> None:
    details = f"<NtryDtls>{BATCH}{transaction('60.00', 'A')}</NtryDtls>"
    found = one(document(entry(inside=details)))
    assert {finding.code: finding.severity for finding in found.findings} == {
        "batch-sum": Severity.WARNING,
        "batch-count": Severity.WARNING,
    }
