"""What the bank charges for a returned debit, claimed from the customer with an item of its own (decision 17)."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import create_engine, select

from recon.service import closing, confirming, dunning, listing, matching, returning, setting_up, undoing
from recon.service.answers import Refused
from recon.service.context import Context
from recon.service.dunnable import Scope
from recon.service.importing import Source, import_sources
from recon.service.verifying import verify
from recon.store import matching as store
from recon.store.as_of import Until, items_left
from recon.store.tables import (
    accounts,
    collections,
    customers,
    holds,
    items,
    lines,
    mandates,
    postings,
    statements,
)
from tests.books import ARCHIVE, BANK, bring_in, dump, rows, sound, text_in
from tests.service.decided import balances, booked_on, codes_of, line_of, open_of
from tests.service.statements_text import IBAN, Booked, mt940

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-24"
# The two returns of the demo: no reason given (mostly lack of funds), and no mandate.
MS03, MD01 = "1124A01", "1124A02"
RETURNED, CLAIM = "RE-2026-0886", "RL-RE-2026-0886"


def _claiming(
    books_at: BooksAt, opened: Opened, *settings: tuple[str, str], stage: str = "exported"
) -> tuple[str, Context]:
    url = books_at(stage)
    context = opened(url, DAY)
    for key, value in (("collect.return_charges", "claim"), *settings):
        setting_up.change(context, key, value)
    return url, context


def _returned(books_at: BooksAt, opened: Opened, *settings: tuple[str, str]) -> tuple[str, Context]:
    url, context = _claiming(books_at, opened, *settings)
    bring_in(context, BANK / ARCHIVE)
    matching.match_all(context)
    return url, context


def _sides(url: str, bank_ref: str) -> list[tuple[str, int, str | None]]:
    """Role, amount and item of the postings of a line's entry."""
    (share,) = [one for one in dump(url)["allocations"] if one["kind"] == "return" and one["line_id"] == int(
        line_of(url, bank_ref)[1:])]  # fmt: skip
    query = (
        select(postings.c.role, postings.c.amount, items.c.invoice_no)
        .select_from(postings.outerjoin(items, postings.c.item_id == items.c.id))
        .where(postings.c.entry_id == share["entry_id"])
        .order_by(postings.c.id)
    )
    return [tuple(row) for row in rows(url, query)]


def _beside(context: Context) -> dict[int, int]:
    with context.books.engine.connect() as connection:
        return {one.item_id: one.amount for one in store.claims_beside(connection)["charges"]}


def test_the_charge_is_claimed_where_the_debtor_has_caused_the_return(books_at: BooksAt, opened: Opened) -> None:
    url, context = _returned(books_at, opened)
    assert _sides(url, MS03) == [
        ("bank", -12295, None), ("customer", 11995, RETURNED), ("bank_charge", 300, None),
        ("customer", 300, CLAIM), ("return_fee", -300, None),
    ]  # fmt: skip
    (row,) = rows(url, select(items).where(items.c.invoice_no == CLAIM))
    (back,) = rows(url, select(items).where(items.c.invoice_no == RETURNED))
    assert (row.document_type, row.amount, row.open_amount, row.issue_date, row.due_date, row.payment_method) == (
        "return_charge", 300, 300, date(2026, 11, 24), date(2026, 11, 24), "transfer",
    )  # fmt: skip
    assert (row.customer_id, row.branch_id, row.language) == (back.customer_id, back.branch_id, back.language)
    told = {one.bank_ref: (one.charge, one.claim, one.claim_open) for one in returning.list_returns(context)}
    assert told == {MS03: (300, CLAIM, 300), MD01: (300, None, None)}
    sound(url)


def test_of_our_own_fault_the_charge_stays_a_cost(books_at: BooksAt, opened: Opened) -> None:
    """MD01, no mandate: the creditor has collected without the right to. It is told why nothing is claimed."""
    url, context = _returned(books_at, opened)
    assert _sides(url, MD01) == [
        ("bank", -3980, None), ("customer", 3680, "RE-2026-0858"), ("bank_charge", 300, None),
    ]  # fmt: skip
    evidence = next(one for one in listing.list_allocations(context) if one.bank_ref == MD01).evidence
    assert ("charge-not-claimed", (("charge", "3.00"), ("code", "MD01"))) in [(e.rule, e.facts) for e in evidence]


def test_by_default_nothing_is_claimed(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("returned")
    assert not rows(url, select(items).where(items.c.document_type == "return_charge"))
    assert [one.claim for one in returning.list_returns(opened(url, DAY))] == [None, None]


def test_the_list_of_reasons_decides(books_at: BooksAt, opened: Opened) -> None:
    url, _ = _returned(books_at, opened, ("collect.return_charge_reasons", '["MD06"]'))
    assert not rows(url, select(items).where(items.c.document_type == "return_charge"))
    sound(url)


@pytest.mark.parametrize("code", ["MD01", "AM05", "MD07", "AC13", "FF01", "XX99"])
def test_a_reason_that_is_never_the_debtors_is_not_taken(books_at: BooksAt, opened: Opened, code: str) -> None:
    context = opened(books_at("set_up"), DAY)
    with pytest.raises(Refused) as no:
        setting_up.change(context, "collect.return_charge_reasons", f'["{code}"]')
    assert codes_of(no) == ["setting-choice"]


def test_delivered_again_it_is_claimed_once(books_at: BooksAt, opened: Opened) -> None:
    url, context = _returned(books_at, opened)
    before = dump(url)
    bring_in(context, BANK / ARCHIVE)
    matching.match_all(context)
    assert dump(url)["items"] == before["items"]
    assert dump(url)["allocations"] == before["allocations"]


def test_a_debit_that_came_back_is_not_given_back_again(books_at: BooksAt, opened: Opened) -> None:
    """The bank debits the same return twice: the second is proposed with what speaks against it, and not confirmed."""
    url, context = _returned(books_at, opened)
    (sent,) = rows(url, select(collections.c.end_to_end_id, collections.c.amount).join(items).where(
        items.c.invoice_no == RETURNED))  # fmt: skip
    line = _pays(url, context, -sent.amount, f"Ruecklastschrift?21EREF+{sent.end_to_end_id}")
    matching.match_all(context)
    before = dump(url)
    assert [row["match_class"] for row in before["proposals"] if row["line_id"] == int(line[1:])] == ["R2"]
    with pytest.raises(Refused) as refused:
        confirming.confirm(context, line)
    assert codes_of(refused) == ["returned-already"]
    assert dump(url) == before
    sound(url)


def test_taken_back_and_booked_again(books_at: BooksAt, opened: Opened) -> None:
    """Undoing the return takes the claim back with it; booked again it goes on under its number."""
    url, context = _returned(books_at, opened)
    before = balances(url)
    (back,) = [one for one in listing.list_allocations(context) if one.bank_ref == MS03 and one.kind == "return"]
    assert undoing.undo(context, allocation=back.id, again=True) == 2
    assert (open_of(url, RETURNED), open_of(url, CLAIM)) == (0, 0)
    assert MS03 not in {one.bank_ref for one in returning.list_returns(context)}
    assert {row["status"] for row in dump(url)["collections"] if row["item_id"] == _id(url, RETURNED)} == {"booked"}
    sound(url)
    (fee,) = [one for one in listing.list_allocations(context)
              if one.bank_ref == MS03 and one.kind == "return_fee" and one.status == "booked"]  # fmt: skip
    undoing.undo(context, allocation=fee.id, again=True)
    matching.match_all(context)
    assert balances(url) == before
    assert [row["invoice_no"] for row in dump(url)["items"] if row["document_type"] == "return_charge"] == [CLAIM]
    sound(url)


def test_a_run_taken_back_takes_its_claims_back(books_at: BooksAt, opened: Opened) -> None:
    url, context = _returned(books_at, opened)
    before = balances(url)
    undoing.undo(context, last=True, again=True)
    assert open_of(url, CLAIM) == 0
    sound(url)
    matching.match_all(context)
    assert balances(url) == before
    sound(url)


def test_the_claim_alone_may_be_taken_back(books_at: BooksAt, opened: Opened) -> None:
    """A courtesy: the return stands, the charge is our cost, and a payment of it is explained as ever."""
    url, context = _returned(books_at, opened)
    assert _beside(context) == {_id(url, "RE-2026-0858"): 300}
    (claim,) = [one for one in listing.list_allocations(context) if one.kind == "return_charge"]
    assert undoing.undo(context, allocation=claim.id) == 1
    assert (open_of(url, RETURNED), open_of(url, CLAIM)) == (11995, 0)
    assert rows(url, select(lines.c.state).where(lines.c.bank_ref == MS03))[0][0] == "returned"
    assert _beside(context) == {_id(url, "RE-2026-0858"): 300, _id(url, RETURNED): 300}
    told = {one.bank_ref: (one.charge, one.claim) for one in returning.list_returns(context)}
    assert told[MS03] == (300, None)
    matching.match_all(context)
    assert open_of(url, CLAIM) == 0
    sound(url)


def test_with_the_banks_charge_falls_what_is_claimed_of_it(books_at: BooksAt, opened: Opened) -> None:
    url, context = _returned(books_at, opened)
    (fee,) = [one for one in listing.list_allocations(context) if one.bank_ref == MS03 and one.kind == "return_fee"]
    assert undoing.undo(context, allocation=fee.id) == 2
    assert (open_of(url, RETURNED), open_of(url, CLAIM)) == (11995, 0)
    sound(url)


def _pays(url: str, context: Context, amount: int, text: str) -> str:
    query = select(statements.c.closing).join(accounts).where(accounts.c.iban == IBAN).order_by(statements.c.id.desc())
    opening = int(rows(url, query)[0][0])
    text = mt940(
        Booked(amount, text, day="2026-11-25", reference="X1"), opening=opening, day="2026-11-25", number="230"
    )
    assert text_in_statement(context, text) == "imported"
    return line_of(url, "X1")


def text_in_statement(context: Context, text: str) -> str:
    return import_sources(context, [Source("more.sta", text.encode())])[0].status


PAID: list[tuple[int, str, list[tuple[str | None, int, str]]]] = [
    # invoice and charge together, by both numbers, by the invoice's alone; the charge alone, by its own number
    (12295, f"{RETURNED} {CLAIM}", [(RETURNED, 11995, "payment"), (CLAIM, 300, "payment")]),
    (12295, RETURNED, [(RETURNED, 11995, "payment"), (CLAIM, 300, "payment")]),
    (300, CLAIM, [(CLAIM, 300, "payment")]),
    (11995, RETURNED, [(RETURNED, 11995, "payment")]),
    # never the charge twice: as an item, and beside the item that came back
    (12595, f"{RETURNED} {CLAIM}", [(RETURNED, 11995, "payment"), (CLAIM, 300, "payment"), (None, 300, "overpayment")]),
]


@pytest.mark.parametrize(("amount", "text", "shares"), PAID)
def test_paid_with_or_without_its_item(
    books_at: BooksAt, opened: Opened, amount: int, text: str, shares: list[tuple[str | None, int, str]]
) -> None:
    url, _ = _returned(books_at, opened)
    context = opened(url, "2026-11-25")
    name = _pays(url, context, amount, text)
    matching.match_all(context)
    line = next(one for one in listing.list_lines(context) if one.id == name)
    if line.open:
        found = [(one.invoice_no, one.amount, one.kind.value) for one in line.proposals[0].shares]
        assert sorted(found, key=str) == sorted(shares, key=str)
        confirming.confirm(context, name)
    found = [(item, paid, kind) for item, paid, kind, _ in booked_on(context, "X1")]
    assert sorted(found, key=str) == sorted(shares, key=str)
    sound(url)


def test_a_claim_that_is_paid_is_not_taken_back_under_the_payment(books_at: BooksAt, opened: Opened) -> None:
    """Neither with its return nor alone; after the payment it is."""
    url, _ = _returned(books_at, opened)
    context = opened(url, "2026-11-25")
    _pays(url, context, 300, CLAIM)
    matching.match_all(context)
    found = {(one.bank_ref, one.kind): one.id for one in listing.list_allocations(context)}
    for name in (found[MS03, "return"], found[MS03, "return_charge"], found[MS03, "return_fee"]):
        with pytest.raises(Refused) as no:
            undoing.undo(context, allocation=name)
        assert codes_of(no) == ["undo-claim-paid-first"]
        assert dict(no.value.findings[0].facts) == {"allocation": found["X1", "payment"], "item": CLAIM}
    undoing.undo(context, allocation=found["X1", "payment"])
    undoing.undo(context, allocation=found[MS03, "return"])
    assert open_of(url, CLAIM) == 0
    sound(url)


def test_a_number_that_an_invoice_has_is_not_taken(books_at: BooksAt, opened: Opened) -> None:
    url, context = _claiming(books_at, opened)
    heading = "invoice_no;customer_no;amount;due_date"
    (customer,) = rows(url, select(items.c.customer_id).where(items.c.invoice_no == RETURNED))[0]
    number = rows(url, select(customers.c.customer_no).where(customers.c.id == customer))[0][0]
    text_in(context, items=f"{heading}\n{CLAIM};{number};7,00;2026-12-01\n")
    bring_in(context, BANK / ARCHIVE)
    matching.match_all(context)
    assert open_of(url, CLAIM) == 700
    assert open_of(url, f"{CLAIM}-2") == 300
    sound(url)


def test_a_file_of_items_leaves_the_claim_alone(books_at: BooksAt, opened: Opened) -> None:
    url, context = _returned(books_at, opened)
    (result,) = text_in(context, items=f"invoice_no;customer_no;amount;due_date\n{CLAIM};10042;9,00;2026-12-01\n")
    assert [one.code for one in result.findings] == ["item-of-charge"]
    assert open_of(url, CLAIM) == 300


def test_reminded_of_without_a_fee_on_the_fee(books_at: BooksAt, opened: Opened) -> None:
    """Alone it costs nothing to be reminded of, at whatever level; a reminder that stands stays when it is undone."""
    url, _ = _returned(books_at, opened)
    context = opened(url, "2026-11-25")
    _pays(url, context, 11995, RETURNED)
    matching.match_all(context)
    customer = next(one.item.customer_no for one in listing.list_items(context) if one.item.invoice_no == CLAIM)
    dunning.block(context, "RE-2026-0861", reason="Ratenzahlung", until=None, only=None)
    levels = []
    for day in ("2026-12-20", "2027-01-10", "2027-01-31"):
        later = opened(url, day)
        made = dunning.freeze(later, Scope(customer=customer), accept_stale="no payments are expected")
        for _, notice in dunning.issue(later, str(made.run)).notices:
            assert [line.invoice_no for line in notice.items] == [CLAIM]
            assert (notice.fee, notice.total) == (0, 300)
            levels.append(notice.level)
    assert levels == [1, 2, 3]
    (claim,) = [one for one in listing.list_allocations(later) if one.kind == "return_charge"]
    undoing.undo(later, allocation=claim.id)
    (row,) = [one for one in listing.list_items(later) if one.item.invoice_no == CLAIM]
    assert (row.item.open, row.level, row.next_notice_on) == (0, 3, None)
    assert dunning.preview(later, Scope(customer=customer)).notices == ()
    sound(url)


def test_beside_an_invoice_the_fee_is_that_of_the_invoice(books_at: BooksAt, opened: Opened) -> None:
    """The notice carries the highest level, and the fee of the highest that is no charge; issued it stays so."""
    url, _ = _returned(books_at, opened, ("dunning.combine", "customer"))
    context = opened(url, "2026-12-20")
    customer = next(one.item.customer_no for one in listing.list_items(context) if one.item.invoice_no == CLAIM)
    notices = {line.invoice_no: notice for _, notice in dunning.preview(context, Scope(customer=customer)).notices
               for line in notice.items}  # fmt: skip
    assert notices[CLAIM] is notices[RETURNED]
    made = dunning.freeze(context, Scope(customer=customer), accept_stale="no payments are expected")
    issued = [notice for _, notice in dunning.issue(context, str(made.run)).notices]
    assert [notice.fee for notice in issued] == [notice.fee for _, notice in made.notices]
    sound(url)


def test_a_past_day_does_not_know_a_later_claim(books_at: BooksAt, opened: Opened) -> None:
    """Neither as it stood nor with what was cleared later: it did not exist."""
    _, context = _returned(books_at, opened)
    with context.books.engine.connect() as connection:
        for later in (False, True):
            before = {one.invoice_no for one in items_left(connection, Until(date(2026, 11, 23), later=later))}
            now = {one.invoice_no for one in items_left(connection, Until(date(2026, 11, 24), later=later))}
            assert CLAIM not in before
            assert CLAIM in now


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ("amount = 250", {"audit-unlike-log", "audit-item-parts"}),
        ("document_type = 'invoice'", {"audit-item-taken-over"}),
        ("payment_method = 'direct_debit'", set()),
    ],
)
def test_verify_finds_a_claim_that_was_changed(
    books_at: BooksAt, opened: Opened, change: str, codes: set[str]
) -> None:  # fmt: skip
    _, context = _returned(books_at, opened)
    engine = create_engine(context.books.engine.url)  # past opos: nothing watches it
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE items SET {change} WHERE invoice_no = '{CLAIM}'")
    engine.dispose()
    found = {one.code for one in verify(context).findings}
    assert found == codes | {"audit-charge", "audit-table"}


def _id(url: str, invoice_no: str) -> int:
    return int(rows(url, select(items.c.id).where(items.c.invoice_no == invoice_no))[0][0])


def test_a_day_with_a_claim_is_closed_and_reversed_in_the_open_period(books_at: BooksAt, opened: Opened) -> None:
    """The claim moves no money of the bank's: bank and ledger agree, also when it is worked out again."""
    url, context = _returned(books_at, opened)
    done = closing.close_day(context, IBAN)
    figures = done.closing.figures
    assert figures is not None
    assert figures.difference == 0
    sound(url)
    (claim,) = [one for one in listing.list_allocations(context) if one.kind == "return_charge"]
    later = opened(url, "2026-12-02")
    undoing.undo(later, allocation=claim.id)
    sound(url)


def _bundle(url: str) -> tuple[str, list[str]]:
    """One line of the bank for two returns with a reason each, and the invoices that they are of."""
    query = (
        select(collections.c.end_to_end_id, collections.c.amount, items.c.invoice_no)
        .join(items, collections.c.item_id == items.c.id)
        .where(collections.c.status == "exported")
        .order_by(collections.c.id)
        .limit(2)
    )
    found = rows(url, query)
    details = "".join(
        f"<TxDtls><Refs><EndToEndId>{row.end_to_end_id}</EndToEndId></Refs>"
        f"<Amt Ccy='EUR'>{(row.amount + charge) / 100:.2f}</Amt><CdtDbtInd>DBIT</CdtDbtInd>"
        f"<AmtDtls><InstdAmt><Amt Ccy='EUR'>{row.amount / 100:.2f}</Amt></InstdAmt></AmtDtls>"
        f"<RtrInf><Rsn><Cd>{code}</Cd></Rsn></RtrInf></TxDtls>"
        for row, charge, code in zip(found, (300, 350), ("MD01", "AC04"), strict=True)
    )
    total = sum(row.amount for row in found) + 650
    head = f"<Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
    closing_of = select(statements.c.closing).join(accounts).where(accounts.c.iban == IBAN)
    opening = int(rows(url, closing_of.order_by(statements.c.id.desc()))[0][0])
    balances = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount / 100:.2f}</Amt>"
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-24</Dt></Dt></Bal>"
        for code, amount in (("OPBD", opening), ("CLBD", opening - total))
    )
    return (
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt>"
        "<GrpHdr><MsgId>M</MsgId><CreDtTm>2026-11-24T22:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>S</Id>{head}{balances}<Ntry><Amt Ccy='EUR'>{total / 100:.2f}</Amt><CdtDbtInd>DBIT</CdtDbtInd>"
        "<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-24</Dt></BookgDt><ValDt><Dt>2026-11-24</Dt></ValDt>"
        "<AcctSvcrRef>BUNDLE</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>IDDT</Cd><SubFmlyCd>UPDD</SubFmlyCd>"
        f"</Fmly></Domn></BkTxCd><NtryDtls>{details}</NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>"
    ), [row.invoice_no for row in found]


def test_bundled_returns_are_claimed_each_by_its_own_reason(books_at: BooksAt, opened: Opened) -> None:
    url, context = _claiming(books_at, opened)
    text, (first, second) = _bundle(url)
    assert text_in_statement(context, text) == "imported"
    matching.match_all(context)
    claimed = rows(url, select(items.c.invoice_no, items.c.open_amount).where(
        items.c.document_type == "return_charge"))  # fmt: skip
    assert [tuple(row) for row in claimed] == [(f"RL-{second}", 350)]
    told = {one.item: (one.charge, one.claim) for one in returning.list_returns(context)}
    assert told == {first: (300, None), second: (350, f"RL-{second}")}
    sound(url)


def test_bundled_returns_bring_each_what_its_own_reason_says(books_at: BooksAt, opened: Opened) -> None:
    """No mandate (MD01) within a bundle blocks that mandate, and its item is not dunned; the other's is suspended."""
    url, context = _claiming(books_at, opened, ("collect.return_charges", "cost"))
    text, (first, second) = _bundle(url)
    assert text_in_statement(context, text) == "imported"
    matching.match_all(context)
    told = {one.item: (one.code, one.mandate_status) for one in returning.list_returns(context)}
    assert told == {first: ("MD01", "blocked"), second: ("AC04", "suspended")}
    query = select(items.c.invoice_no, holds.c.reason).join(items, holds.c.item_id == items.c.id)
    assert [tuple(row) for row in rows(url, query.where(holds.c.kind == "disputed"))] == [(first, "MD01")]
    sound(url)
    back = {one.item: one.id for one in listing.list_allocations(context) if one.kind == "return"}
    undoing.undo(context, allocation=back[first])
    assert [one.item for one in returning.list_returns(context)] == [second]
    (status,) = rows(url, select(mandates.c.status).join(collections, collections.c.mandate_id == mandates.c.id).join(
        items, collections.c.item_id == items.c.id).where(items.c.invoice_no == first))  # fmt: skip
    assert status[0] == "active"
    sound(url)
