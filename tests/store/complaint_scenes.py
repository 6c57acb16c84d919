"""Complaints, calls, promises and blocks of customers on the demo books after everything else."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from recon.model.complaints import CallOutcome, ComplaintOutcome, Document
from recon.service import blocks, calls, complaints, dunning, promises, setting_up
from recon.service.context import Context
from recon.service.dunnable import Scope
from tests.books import text_in

_ITEMS = (
    "invoice_no;customer_no;customer_name;amount;due_date;branch\n"
    "TEL-1;77020;Muster Telefon GmbH;100,00;01.11.2026;K01\n"
    "TEL-2;77020;Muster Telefon GmbH;50,00;02.11.2026;K01\n"
    "TEL-3;77021;Erika Beispiel;80,00;03.11.2026;K01\n"
)


def said_by_customers(address: str, opened: Callable[..., Context], company: bytes) -> Iterator[Callable[[], object]]:
    """Complaints in every state, a call task with attempts and a promise, promises kept up, replaced and withdrawn, a
    customer blocked and freed, a block lifted in one scope."""
    now = opened(address, "2026-12-28", actor="anna")
    later = opened(address, "2026-12-30", actor="bernd")
    letters, _, last = company.decode().rpartition('channel = "letter"')
    settings = f'{letters}channel = "phone"{last}'.encode()
    yield lambda: text_in(now, items=_ITEMS)
    yield lambda: complaints.open_complaint(now, "TEL-1", reason="Menge", amount="20,00", until=date(2027, 1, 31))
    yield lambda: complaints.acknowledge(now, "K1")
    yield lambda: complaints.state(now, "K1", "Sehr geehrte Damen,\nwir haben geliefert.\n")
    yield lambda: complaints.add_evidence(now, "K1", document=Document.TIMESHEET, file="zettel.pdf", content=b"%PDF-1")
    yield lambda: complaints.open_complaint(now, "TEL-2", reason="Preis")
    yield lambda: complaints.add_evidence(later, "K2", document=Document.RECEIPT, file="beleg.png", content=b"\x89PNG")
    yield lambda: complaints.resolve(later, "K1", outcome=ComplaintOutcome.PARTLY, reason="Nachlass")
    yield lambda: complaints.resolve(later, "K2", outcome=ComplaintOutcome.REJECTED, reason="Preis stimmt")
    yield lambda: complaints.open_complaint(later, "TEL-2", reason="noch einmal der Preis")
    yield lambda: complaints.resolve(later, "K3", outcome=ComplaintOutcome.REJECTED, reason="wie zuvor")
    yield lambda: promises.promise(now, "TEL-3", until=date(2027, 1, 4), amount="30,00", reason="am Schalter")
    yield lambda: promises.promise(later, "TEL-3", until=date(2027, 1, 5))
    yield lambda: blocks.unblock(later, "TEL-3", reason="doch nicht", only=None)
    yield lambda: blocks.block_customer(now, "77021", reason="Stundung", until=date(2027, 1, 2))
    yield lambda: blocks.unblock_customer(later, "77021", reason="erledigt")
    yield lambda: blocks.block_customer(later, "77021", reason="Insolvenz", until=None)
    yield lambda: blocks.block(now, "TEL-3", reason="Rückfrage", until=None, only=None)
    yield lambda: blocks.unblock(later, "TEL-3", reason="nur mahnen", only="dunning")
    yield lambda: setting_up.apply(later, settings, "company.toml")
    yield lambda: _phoned(address, opened)


def _phoned(address: str, opened: Callable[..., Context]) -> None:
    """Reminder, letter, call; two attempts, the second with a promise for all that is asked for."""
    for day in ("2026-12-31", "2027-01-14", "2027-01-28"):
        context = opened(address, day, actor="anna")
        run = dunning.freeze(context, Scope(customer="77020"), accept_stale="Auszüge folgen").run
        dunning.issue(context, str(run))
    task = calls.list_calls(opened(address, "2027-01-28"))[-1].id
    caller = opened(address, "2027-02-01", actor="anna")
    calls.record_call(caller, task, at=datetime.fromisoformat("2027-01-29 10:00"), outcome=CallOutcome.NO_ANSWER)
    calls.record_call(caller, task, at=datetime.fromisoformat("2027-02-01 15:30"), outcome=CallOutcome.PROMISE,
                      promise_until=date(2027, 2, 5), note="zahlt Freitag")  # fmt: skip
