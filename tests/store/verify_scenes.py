"""What people decide on the demo books after its story: rows in every table, each written by a use case."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from recon.service import (
    cases,
    closing,
    collecting,
    confirming,
    deciding_returns,
    dunning,
    exporting,
    mandates,
    matching,
    outbox,
    removing,
    setting_up,
    texts,
    undoing,
)
from recon.service.context import Context
from recon.service.differences import Difference
from recon.service.dunnable import Scope
from recon.service.importing import Source, import_sources
from recon.store.matching import STANDS, load_proposals
from recon.store.tables import allocations, batch_blocks, collections, items
from tests.books import FIXTURES, text_in
from tests.service import pbs_books
from tests.service.answers_text import Pmt, Tx, pain002
from tests.store.complaint_scenes import said_by_customers
from tests.store.refund_scenes import refunds

_ITEMS = "invoice_no;customer_no;customer_name;amount;due_date;branch;paid"
_IN_PARTS = (
    "invoice_no;customer_no;amount;due_date;prepayment_amount;prepayment_due\n"
    "RE-2026-0813;10017;61,15;30.12.2026;10,00;01.12.2026\n"
)
_TWO_DEBITS = (
    "invoice_no;customer_no;amount;due_date;issue_date;branch;payment_method;mandate_ref\n"
    "ZW-1;10002;10,00;04.01.2027;01.11.2026;K01;direct_debit;M-10002-1\n"
    "ZW-2;10003;20,00;04.01.2027;01.11.2026;K01;direct_debit;M-10003-1\n"
)
_MANDATES = "mandate_id;customer_no;iban;signed_on;status"


def decisions(address: str, opened: Callable[..., Context], folder: Path) -> Iterator[Callable[[], object]]:
    """One decision after the other, to be carried out in this order on the books at the stage ``returned``.
    Files go into ``folder``."""
    now = opened(address, "2026-11-25", actor="anna")
    later = opened(address, "2026-12-20", actor="bernd")
    yield lambda: confirming.confirm(now, _line(now, "discount"))
    yield lambda: undoing.undo(now, allocation=f"A{_newest(now, 'discount')}")
    yield lambda: confirming.confirm(now, _line(now, "credit_note"))
    yield lambda: confirming.confirm(now, _line(now, "dunning_fee"))
    yield lambda: undoing.undo(now, last=True)
    yield lambda: confirming.confirm(now, _line(now, "overpayment"))
    yield lambda: confirming.reject(now, _line(now, "overpayment"))
    yield lambda: confirming.confirm(now, _line(now, "payment"), [confirming.Wanted("RE-2026-0861", 1000)])
    yield lambda: confirming.confirm(
        now, _line(now, "payment"), [confirming.Wanted("RE-2026-0834", 3900)], difference=Difference.BANK_CHARGE
    )
    yield lambda: confirming.confirm(
        now, _line(now, "payment"), [confirming.Wanted("RE-2026-0803", 1000)], difference=Difference.FEE_WAIVED
    )
    yield lambda: undoing.undo(now, allocation=f"A{_newest(now, 'fee_waived')}")
    yield lambda: confirming.confirm(
        now, _line(now, "payment"), [confirming.Wanted("RE-2026-0803", 1000)], difference=Difference.FEE_WAIVED
    )
    yield lambda: matching.match_all(now)
    yield lambda: undoing.undo(now, last=True)
    yield lambda: undoing.undo(now, run_name="M2", again=True)
    yield lambda: matching.match_all(now)
    yield lambda: undoing.undo(now, run_name="M1", again=True)
    yield lambda: matching.match_all(now)
    yield lambda: dunning.block(now, "RE-2026-0861", reason="Reklamation", until=date(2026, 12, 31), only=None)
    yield lambda: dunning.block(now, "RE-2026-0861", reason="Rückfrage", until=None, only="dunning")
    yield lambda: dunning.unblock(now, "RE-2026-0861", reason="erledigt", only=None)
    yield lambda: dunning.block(now, "RE-2026-0868", reason="Ratenzahlung", until=None, only="collect")
    yield lambda: dunning.cancel(now, "N3", "falsche Anschrift")
    yield lambda: dunning.apply_days(later, Scope(branch="K02"))
    yield lambda: setting_up.change(later, "dunning.interest", "true")
    yield lambda: setting_up.change(later, "dunning.lump_sum", "true")
    yield lambda: dunning.freeze(later, Scope(), accept_stale="Auszüge folgen")
    yield lambda: dunning.freeze(later, Scope(), replace_drafts=True, accept_stale="Auszüge folgen")
    yield lambda: dunning.drop(later, "D4", [_of_run(later, "D4")], "ruft an")
    yield lambda: dunning.issue(later, "D4")
    yield lambda: dunning.cancel(later, "D2", "Lauf zurückgezogen")
    yield lambda: dunning.freeze(later, Scope(branch="K02"), accept_stale="Auszüge folgen")
    yield lambda: collecting.create(later, due_until=date(2027, 1, 10))
    yield lambda: collecting.cancel(later, collecting.batches_in_books(later).batches[-1].id or "")
    yield lambda: collecting.create(later, due_until=date(2027, 1, 10))
    yield lambda: collecting.announce(now, folder, everything=True)
    yield lambda: setting_up.change(later, "collect.release", "four_eyes")
    yield lambda: collecting.release(now, [collecting.batches_in_books(later).batches[-1].id or ""])
    yield lambda: collecting.export(later, folder, [collecting.batches_in_books(later).batches[-1].id or ""])
    yield lambda: setting_up.change(later, "collect.release", "single")
    yield lambda: collecting.submitted(later, "B1")
    yield lambda: text_in(later, items=_TWO_DEBITS)
    yield lambda: collecting.create(later, due_until=date(2027, 1, 10), branch="K01")
    yield lambda: collecting.cancel(later, *_one_of_many(later))
    yield lambda: setting_up.apply(later, _moved_company(), "company.toml")
    yield lambda: text_in(later, items=f"{_ITEMS}\nNEU-1;77001;Beispiel Neu GmbH;119,00;10.01.2027;K01;\n")
    yield lambda: text_in(later, items=f"{_ITEMS}\nNEU-1;77001;Beispiel Neu GmbH;129,00;17.01.2027;K02;9,00\n")
    yield lambda: text_in(
        later, customers="customer_no;name;town\n77001;Beispiel Neu GmbH;Bonn\n77002;Max Muster;Köln\n"
    )
    yield lambda: text_in(later, mandates=f"{_MANDATES}\nM-77001;77001;DE89370400440532013000;01.12.2026;active\n")
    yield lambda: text_in(later, mandates=f"{_MANDATES}\nM-77001;77001;DE02120300000000202051;01.12.2026;revoked\n")
    new = mandates.NewMandate("M-77002", "77002", "DE02120300000000202051", date(2026, 12, 1))
    yield lambda: mandates.add(later, new)
    yield lambda: mandates.amend(later, "M-10002-1", iban="DE89370400440532013000", new_id="M-10002/2")
    yield lambda: mandates.suspend(later, "M-77002", "Rückfrage")
    yield lambda: mandates.release(later, "M-77002", "geklärt")
    yield lambda: mandates.revoke(later, "M-10003-1", "Schreiben", date(2026, 12, 1))
    yield lambda: import_sources(later, [Source("first.sta", _statement(2))])
    # The same two lines once more with a third: the sum at delivery stands in for what was known.
    yield lambda: import_sources(later, [Source("second.sta", _statement(3))])
    # Taken out, and brought in again.
    yield lambda: removing.remove(later, "S9", "falsch geliefert")
    yield lambda: import_sources(later, [Source("second.sta", _statement(3))])
    # Own texts, one given up again; mails decided on.
    yield lambda: texts.set_text(now, 2, "footer", "de", "Kundennummer {customer_no}")
    yield lambda: texts.set_text(now, 2, "footer", "en", "Customer number {customer_no}")
    yield lambda: texts.set_text(now, 2, "subject", "de", "{title}")
    yield lambda: texts.reset_text(now, 2, "subject")
    yield lambda: outbox.retry(now, "O1", "freigegeben")
    yield lambda: outbox.confirm_sent(now, "O1", "von Hand versendet")
    yield lambda: outbox.cancel_mail(later, "O7", "geht mit der Post")
    yield lambda: matching.match_all(later)
    # Days and periods, one of each opened again; then a line of the closed period is booked, another taken back.
    yield lambda: closing.close_day(later, "DE27370501980000012345", override=True, reason="Auszug fehlt")
    yield lambda: closing.close_day(later, "DE89370400440532013000", date(2026, 11, 23))
    yield lambda: closing.reopen(later, "C2", "zu früh")
    yield lambda: closing.close_day(later, "DE89370400440532013000")
    yield lambda: closing.close_period(later, date(2026, 11, 20))
    yield lambda: closing.close_period(later, date(2026, 11, 24))
    yield lambda: closing.reopen(later, "C6", "Nachtrag")
    yield lambda: closing.close_period(later, date(2026, 11, 23))
    yield lambda: confirming.confirm(later, _line(later, "overpayment"))
    yield lambda: undoing.undo(later, allocation=_standing(later), reverse_on=date(2026, 12, 20))
    # The bank's answer to the largest batch: one debit rejected with an objection, one for want of funds, one answer
    # that fits nothing; all are decided on.
    yield lambda: import_sources(later, [Source("answer.xml", _answered(later, folder))])
    yield lambda: import_sources(later, [Source("stray.xml", pain002("NO-FILE-OF-OURS", status="ACTC"))])
    yield lambda: deciding_returns.retry(later, _back(later, 1), on=date(2027, 1, 20), reason="abgesprochen")
    yield lambda: deciding_returns.close(later, _back(later, -1), reason="mit der Bank geklärt")
    yield lambda: deciding_returns.close(later, _back(later, 0), reason="zahlt per Überweisung")
    november = (date(2026, 11, 1), date(2026, 11, 30))
    yield lambda: exporting.export_datev(later, folder, *november)
    yield lambda: exporting.export_datev(later, folder, date(2026, 12, 1), date(2026, 12, 31))
    yield lambda: exporting.again(later, folder, "X2")
    yield from refunds(address, opened, folder)
    yield from said_by_customers(address, opened, _moved_company())
    danish = (pbs_books.ACCOUNT + pbs_books.SETTINGS).encode()
    yield lambda: setting_up.apply(later, _moved_company() + danish, "company.toml")
    yield from pbs_books.decided(later, folder)


def _line(context: Context, kind: str) -> str:
    """The first line whose best proposal holds a share of this kind."""
    with context.books.engine.connect() as connection:
        for line, found in load_proposals(connection).items():
            if kind in {share.kind.value for share in found[0].shares}:
                return f"L{line}"
    raise AssertionError(f"the demo has no proposal with {kind}")


def _one_of_many(context: Context) -> tuple[str, list[str]]:
    """The last batch of several debits that the bank has not been given, and an invoice in it."""
    query = (
        select(collections.c.batch_id, func.min(items.c.invoice_no))
        .join(items, collections.c.item_id == items.c.id)
        .where(collections.c.status.in_(("created", "exported")))
        .group_by(collections.c.batch_id)
        .having(func.count() > 1)
        .order_by(collections.c.batch_id.desc())
    )
    with context.books.engine.connect() as connection:
        number, invoice = connection.execute(query.limit(1)).one()
    return f"B{number}", [invoice]


def _of_run(context: Context, run: str) -> str:
    """An invoice that stands in a run."""
    return dunning.show(context, run).lines[-1][1].line.invoice_no


def _standing(context: Context) -> str:
    """The first allocation of a line that nobody has taken back."""
    query = select(allocations.c.id).where(STANDS, allocations.c.line_id.is_not(None)).order_by(allocations.c.id)
    with context.books.engine.connect() as connection:
        return f"A{connection.execute(query.limit(1)).scalar_one()}"


def _answered(context: Context, folder: Path) -> bytes:
    """Three answers to the largest batch that is not with the bank, which is exported for it."""
    made = [one for one in collecting.batches_in_books(context).batches if one.status == "created"]
    batch = max(made, key=lambda one: one.count)
    collecting.export(context, folder / "debits", [batch.id or ""])
    columns = (batch_blocks.c.payment_information_id, collections.c.end_to_end_id)
    query = select(*columns).join(batch_blocks).where(collections.c.batch_id == int((batch.id or "")[1:]))
    with context.books.engine.connect() as connection:
        first, second = connection.execute(query.order_by(collections.c.id).limit(2))
    told = [(first[0], Tx(first[1], reason="MD01")), (second[0], Tx(second[1], reason="AM04")),
            (second[0], Tx("OPOS-UNKNOWN", reason="MS03"))]  # fmt: skip
    return pain002(str(batch.message_id), *(Pmt(block, [one]) for block, one in told))


def _back(context: Context, at: int) -> str:
    """The case of a rejected debit, or (the last one) of the answer that fits nothing."""
    return [case for case in cases.list_cases(context) if case.kind is not cases.CaseKind.RETURN][at].name


def _newest(context: Context, kind: str) -> int:
    query = select(allocations.c.id).where(allocations.c.kind == kind).order_by(allocations.c.id.desc()).limit(1)
    with context.books.engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def _statement(lines: int) -> bytes:
    """A day's page; its sum of credits is none, of which the reader warns."""
    body = "".join(
        f":61:2612201220C{number},00NTRFNONREF//X{number}\n:86:166?00GUTSCHRIFT?20SVWZ+Zahlung {number}?32Max Muster\n"
        for number in range(1, lines + 1)
    )
    closing = 1000 + sum(range(1, lines + 1))
    head = ":20:STARTUMS\n:25:DE27370501980000012345\n:28C:300/1\n:60F:C261219EUR1000,00\n"
    return f"{head}{body}:62F:C261220EUR{closing},00\n:90C:two\n-\n".encode()


def _moved_company() -> bytes:
    content = (FIXTURES / "company.toml").read_bytes()
    return content.replace(b"Filiale Bonn", b"Filiale Bonn Mitte") + b'\n[ledger]\nwrite_off = "2401"\n'
