"""Refunds on the demo books after everything else: in every state that a refund may have."""

from collections.abc import Callable, Iterator
from pathlib import Path

from recon.service import confirming, listing, matching, refunding, setting_up
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.service.importing import Source, import_sources
from tests.books import text_in

_IBAN = "DE89370400440532013000"
_PAYERS = {"77010": "DE56370501980000010077", "77011": "DE42100100100000067890", "77012": "DE29370501980000010078",
           "77013": "DE02500105170137075030"}  # fmt: skip


def refunds(address: str, opened: Callable[..., Context], folder: Path) -> Iterator[Callable[[], object]]:
    """Overpayments of four customers and a credit note: one refund booked, one come back, one rejected by the bank, one
    file cancelled, one made to another account, and one set off instead."""
    now = opened(address, "2026-12-21", actor="anna")
    other = opened(address, "2026-12-21", actor="bernd")
    later = opened(address, "2026-12-28", actor="anna")
    yield lambda: setting_up.change(now, "refunds.min_amount", "1.00")
    yield lambda: text_in(now, items=_items())
    yield lambda: import_sources(now, [Source("paid.sta", _paid())])
    yield lambda: _overpaid(now)
    yield lambda: refunding.create(now, customer="77010")
    yield lambda: refunding.cancel(now, "R1")
    yield lambda: refunding.create(now, [_credit(now, number) for number in ("77010", "77011", "77012")])
    yield lambda: refunding.release(other, "R2")
    yield lambda: refunding.export(now, folder, ["R2"])
    yield lambda: refunding.submitted(now, "R2")
    yield lambda: refunding.rejected(now, "R2", [_reference(now, 2)], reason="AC01")
    yield lambda: import_sources(later, [Source("refunded.sta", _refunded(now))])
    yield lambda: matching.match_all(later)
    named = refunding.Other("DE27100777770209299700", "Erika Beispiel", "fernmündlich bestätigt")
    yield lambda: refunding.create(later, [_credit(later, "77013")], other=named)
    yield lambda: refunding.create(later, [Wanted("GS-77010", 500)])
    yield lambda: refunding.release(other, "R4")


def _items() -> str:
    rows = "".join(f"RF-{number};{number};Kunde {number};100,00;30.12.2026;K01;;invoice\n" for number in _PAYERS)
    head = "invoice_no;customer_no;customer_name;amount;due_date;branch;paid;document_type\n"
    return f"{head}{rows}GS-77010;77010;Kunde 77010;25,00;30.12.2026;K01;;credit_note\n"


def _paid() -> bytes:
    """Each pays 30.00 too much, on an account of its own chain."""
    body = "".join(
        f":61:2612211221C130,00NTRFNONREF//P{number}\n:86:166?00GUTSCHRIFT?20SVWZ+Zahlung?31{iban}?32Kunde {number}\n"
        for number, iban in _PAYERS.items()
    )
    return _statement("400", 100_000, 52_000, "261221", body)


def _refunded(context: Context) -> bytes:
    """Two of three leave, for one was rejected; one of these comes back."""
    first = _reference(context, 0)
    body = (
        ":61:2612281228D60,00NTRFNONREF//Q1\n:86:191?00SAMMLER?20KREF+OPOS-R20261221-0002-1?21SVWZ+Sammler\n"
        f":61:2612281228C30,00NRTINONREF//Q2\n:86:159?00RUECKUEBERWEISUNG?20EREF+{first}?21SVWZ+RETURN AC04?34902\n"
    )
    return _statement("401", 152_000, -3_000, "261228", body)


def _statement(number: str, opening: int, moved: int, day: str, body: str) -> bytes:
    head = f":20:STARTUMS\n:25:{_IBAN}\n:28C:{number}/1\n:60F:C{day}EUR{opening // 100},00\n"
    return f"{head}{body}:62F:C{day}EUR{(opening + moved) // 100},00\n-\n".encode()


def _overpaid(context: Context) -> None:
    for number in _PAYERS:
        line = next(one for one in listing.list_lines(context) if one.line.counterparty.name == f"Kunde {number}")
        confirming.confirm(context, line.id, [Wanted(f"RF-{number}", None)])


def _credit(context: Context, customer: str) -> Wanted:
    return Wanted(next(one.credit.key for one in refunding.propose(context, customer) if one.credit.line), None)


def _reference(context: Context, place: int) -> str:
    batch = next(one for one in refunding.refunds_in_books(context).batches if one.id == "R2")
    return batch.refunds[place].end_to_end_id
