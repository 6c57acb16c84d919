"""A line under decision, and the state of the run: what has been given away already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from msgspec import Struct

from recon.matching.amounts import MAX_POOL
from recon.matching.once import once
from recon.matching.payers import Payer
from recon.matching.reading import Named, read
from recon.matching.signs import Signs, sure_payers
from recon.matching.table import Picked
from recon.matching.typos import Near
from recon.matching.world import (
    BESIDE,
    LIVE,
    NOT_RETURNABLE,
    CollectionRef,
    Index,
    NoticeFee,
    OpenLine,
    Ways,
    oldest_first,
    payable,
    way,
)
from recon.model.items import OpenItem
from recon.model.matching import AllocationKind, Band, Evidence, Proposal, Share
from recon.model.statement import Line
from sepa.money import plain

# What a certain proposal uses up: an item, the fee of a notice, a collection's money, a collection's return, and the
# same of a refund.
Resource = tuple[Literal["item", "fee", "collection", "return", "refund", "refund_return"], int]

BANDS: Final = {
    "C": Band.CERTAIN, "H": Band.HIGH, "M": Band.MEDIUM, "L": Band.LOW, "R": Band.RETURN,
}  # fmt: skip
# Namesakes, and customers of the items of one amount, that are looked at for one line.
MAX_COMPARED: Final = 50
# Items of one amount, or of one customer (cash sales on one account), that are looked at for one line.
MAX_LOOKED_AT: Final = 1_000
# Doubts of a number that are none where its item is settled.
_SURELY_SETTLED: Final = frozenset({None, "shared", "part", "pieces"})
# Shares that do not change what is open of their item.
_SETTLES_NOTHING: Final = BESIDE | {AllocationKind.RETURN, AllocationKind.REFUND, AllocationKind.REFUND_RETURN}


@dataclass(slots=True)
class State:
    """The run so far: what certain matches have used up, and what several lines claim alike."""

    index: Index
    spent: dict[int, int] = field(default_factory=dict)
    used: set[Resource] = field(default_factory=set)
    contested: set[Resource] = field(default_factory=set)

    def claims_beside(self, items: Iterable[int]) -> bool:
        """Whether anything is claimed beside some items: a fee or interest, or the charge of a return."""
        fees, charges = self.index.fees, self.index.charges
        return any(number in fees or number in charges for number in items)

    def fee(self, item: OpenItem, on: date | None) -> NoticeFee | None:
        """The fee of the last notice of an item that was issued by the value date (X-06), unless used up."""
        fees = self.index.fees.get(item.id)
        if not fees or on is None:
            return None
        issued = [fee for fee in fees if fee.issued_on <= on]
        return issued[-1] if issued and ("fee", issued[-1].notice_id) not in self.used else None

    def earlier_fees(self, item: OpenItem, on: date | None) -> list[NoticeFee]:
        """The fees of the notices before the last one, latest first."""
        issued = [fee for fee in self.index.fees.get(item.id, ()) if on is not None and fee.issued_on <= on]
        return issued[-2::-1]

    def charge(self, item: OpenItem, on: date | None) -> int:
        """What the bank has charged for returned debits of an item by a value date, unless paid."""
        charges = self.index.charges.get(item.id)
        if not charges or on is None:
            return 0
        return sum(charge.amount for charge in charges if charge.charged_on <= on)

    def live(self, ref: CollectionRef) -> bool:
        """Whether the money of a collection is still to come; what has come back in this run counts as it will in the
        next one."""
        number = ref.collection_id
        return ref.status in LIVE and ("collection", number) not in self.used and ("return", number) not in self.used

    def returnable(self, ref: CollectionRef) -> bool:
        """Whether a collection may come back."""
        return ref.status not in NOT_RETURNABLE and ("return", ref.collection_id) not in self.used

    def book(self, shares: Iterable[Share], resources: Iterable[Resource]) -> None:
        """Use up what a certain match takes."""
        self.used.update(resources)
        for share in shares:
            if share.item_id is not None and settles(share):
                self.spent[share.item_id] = self.spent.get(share.item_id, 0) + share.amount


class Case(Struct, frozen=True, dict=True):
    """A line, what of it is to be explained, and what it names. ``payers`` is empty until certainty was ruled out.

    What many rules ask for is worked out once: a case stands for one moment of the run. When something was booked it is
    to be asked ``anew``.
    """

    id: int
    line: Line
    amount: int
    whole: bool
    named: tuple[Named, ...]
    signs: Signs
    state: State
    payers: tuple[Payer, ...] = ()
    rejected: frozenset[Ways] = frozenset()

    def anew(self, payers: tuple[Payer, ...] = ()) -> "Case":
        """The case as the run stands now, with the payers if they are known."""
        return Case(
            self.id, self.line, self.amount, self.whole, self.named, self.signs, self.state, payers, self.rejected
        )  # fmt: skip

    @once
    def sure_payers(self) -> tuple[str, ...]:
        """The customers whose very IBAN, name or customer number the line has: what may contradict a number."""
        return sure_payers(self.signs, self.index)

    @once
    def identities(self) -> tuple[Payer, ...]:
        """The signs of the payer that point to one customer."""
        return tuple([payer for payer in self.payers if payer.customer is not None])

    @once
    def own_instead(self) -> dict[int, OpenItem | None]:
        """What ``obstacles.own_item_of_payer`` has found for an item."""
        return {}

    @once
    def in_doubt(self) -> dict[bool, Sequence[Near]]:
        """What ``by_number`` has found of numbers in doubt: the likely ones (True) and the others."""
        return {}

    @once
    def obstacles(self) -> dict[int, Sequence[Evidence]]:
        """What ``obstacles.obstacles`` has found against an item."""
        return {}

    @once
    def of_amount(self) -> Picked:
        """The open items of all customers that have the very amount."""
        return self.index.of_amount(self.amount)

    @property
    def index(self) -> Index:
        """The index of the run's world."""
        return self.state.index

    @property
    def value_date(self) -> date | None:
        """The day that counts for deadlines, discount and fees (X-32)."""
        return self.line.value_date or self.line.booking_date

    @property
    def booked_on(self) -> date:
        """The day that tells which of two payments came first; a line without dates comes last."""
        return self.line.booking_date or self.line.value_date or date.max

    def left(self, item: OpenItem) -> int:
        """What is still open of an item."""
        number, state = item.id, self.state
        return 0 if number in state.index.closed_ids else item.open - state.spent.get(number, 0)

    def lefts(self, customer_no: str) -> dict[int, int] | None:
        """What is still open of each of a customer's open items, by id and of whatever currency: from the columns, so
        that no item is made where nothing can come of it. None where there are many."""
        held = self.index.of_customer(customer_no)
        if len(held) > MAX_POOL:
            return None
        table, spent = held.table, self.state.spent
        return {table.ids[at]: table.opens[at] - spent.get(table.ids[at], 0) for at in held.places}

    def may_owe(self, customer_no: str) -> bool:
        """Whether the amount may be what is left of one of a customer's items: surely not where amounts alone tell."""
        held = self.index.of_customer(customer_no)
        if len(held) > MAX_POOL:
            return True
        table, spent, amount = held.table, self.state.spent, self.amount
        return any(at in table.parts or table.opens[at] - spent.get(table.ids[at], 0) == amount for at in held.places)

    @once
    def claims(self) -> tuple[Named, ...]:
        """The named items that the customer still owes, in the line's currency."""
        return tuple([named for named in self.named if self._same(named.item) and self.left(named.item) > 0])

    @once
    def firm(self) -> tuple[Named, ...]:
        """The claims that are named for sure."""
        return tuple([named for named in self.claims if named.doubt is None])

    @once
    def only(self) -> Named | None:
        """The open item named for sure, if it is the only one; or the only one that the amount fits, where all others
        named are other customers': a number that stands in the text by chance."""
        firm = self.firm
        if len(firm) < 2:
            return firm[0] if firm else None
        fitting = [named for named in firm if self.fits(named.item)]
        if len(fitting) != 1:
            return None
        (one,) = fitting
        others = all(named is one or named.item.customer_no != one.item.customer_no for named in firm)
        return one if others else None

    @once
    def credits(self) -> tuple[Named, ...]:
        """The named credit notes and other items that we owe, in the line's currency."""
        return tuple([
            named
            for named in self.named
            if self._same(named.item) and self.left(named.item) < 0 and named.item.document_type.sign < 0
        ])  # fmt: skip

    @once
    def settled(self) -> tuple[Named, ...]:
        """The items named for sure of which nothing is open (any more)."""
        return tuple([
            named
            for named in self.named
            if named.doubt in _SURELY_SETTLED
            and self._same(named.item)
            and self.left(named.item) * named.item.document_type.sign <= 0
        ])  # fmt: skip

    def pays(self, customer_no: str) -> bool:
        """Whether a sign of the payer points to a customer, perhaps to a namesake as well."""
        return any(customer_no in payer.customers for payer in self.payers)

    def declined(self, proposal: Proposal) -> bool:
        """Whether a person has said no to just this."""
        return bool(self.rejected) and way(proposal.shares) in self.rejected

    def declines(self, proposal: Proposal) -> bool:
        """Whether a person has said no to an item or collection of the proposal, be the shares as they may: then
        nothing of it is booked without being asked."""
        return bool(self.rejected) and any(
            share.item_id == item_id and share.collection_id == collection_id
            for ways in self.rejected
            for item_id, _, collection_id, _ in ways
            for share in proposal.shares
            if share.item_id is not None
        )

    def exact(self, item: OpenItem) -> bool:
        """Whether the amount is what is left of the item, or of its part that is due first."""
        return self.amount in payable(item, self.left(item))

    def fits(self, item: OpenItem) -> bool:
        """Whether the amount is what is left of an item, or that and the fee of its last notice."""
        if self.exact(item):
            return True
        fee = self.state.fee(item, self.value_date)
        return fee is not None and self.amount == self.left(item) + fee.amount

    def _same(self, item: OpenItem) -> bool:
        return item.currency == self.line.currency

    def money(self, amount: int) -> str:
        """An amount in the machine form."""
        return plain(amount, self.line.currency)


def open_case(line: OpenLine, state: State) -> Case:
    """A line ready to be decided on."""
    named, signs = read(line.line, state.index)
    whole = line.open == line.line.amount
    return Case(line.id, line.line, line.open, whole, named, signs, state, rejected=line.rejected)


def settles(share: Share) -> bool:
    """Whether a share changes what is open of its item; a fee and a return do not use it up."""
    return share.kind not in _SETTLES_NOTHING


def fact(rule: str, **facts: object) -> Evidence:
    """A piece of evidence."""
    return Evidence(rule, tuple([(name, str(value)) for name, value in facts.items()]))


def proposal(match_class: str, shares: Iterable[Share], evidence: Iterable[Evidence]) -> Proposal:
    """A proposal in the band of its class."""
    return Proposal(match_class, BANDS[match_class[0]], tuple(shares), tuple(evidence))


def share(item: OpenItem, amount: int, kind: AllocationKind = AllocationKind.PAYMENT) -> Share:
    """A share that goes to an item."""
    return Share(item.id, item.invoice_no, item.customer_no, amount, kind)


def overpayment(customer_no: str | None, amount: int) -> Share:
    """What stays with the customer and wants a booking by hand (A-18)."""
    return Share(None, None, customer_no, amount, AllocationKind.OVERPAYMENT, ("manual_booking",))


def number_fact(named: Named) -> Evidence:
    """The evidence that an item is named."""
    rule = "creditor-reference" if named.reference else "invoice-number"
    if named.doubt is not None:
        rule = f"invoice-number-{named.doubt}"
    return fact(rule, number=named.item.invoice_no, found=named.found, field=named.field)


def amount_fact(case: Case, item: OpenItem) -> Evidence:
    """The evidence that an amount is what is open of an item or of its part."""
    left, amount = case.left(item), case.money(case.amount)
    if case.amount == left:
        return fact("amount-equal", amount=amount, open=amount, number=item.invoice_no)
    return fact("amount-part", amount=amount, open=case.money(left), number=item.invoice_no)


def equation(case: Case, *terms: int) -> Evidence:
    """The amount of the line as a sum: ``305.00 = 100.00 + 200.00 + 5.00``."""
    text = case.money(terms[0]) if terms else case.money(0)
    for term in terms[1:]:
        text += f" {'-' if term < 0 else '+'} {case.money(abs(term))}"
    return fact("amount-equation", equation=f"{case.money(case.amount)} = {text}")


def others_say(case: Case, customer: str) -> list[Evidence]:
    """The signs of the payer that point to somebody else."""
    return [payer.evidence for payer in case.payers if customer not in payer.customers]


def is_open(case: Case, item: OpenItem) -> bool:
    """Whether the customer still owes an item, in the line's currency."""
    return item.currency == case.line.currency and case.left(item) > 0


def items_fitting(case: Case, customers: Sequence[str]) -> list[OpenItem]:
    """The customers' open items that the amount fits; looked up by amount or by customer, whichever is shorter."""
    owing = [no for no in customers if case.may_owe(no)] if len(customers) <= MAX_COMPARED else ()
    if not owing:
        return []
    if len(case.of_amount) > MAX_LOOKED_AT:
        owned: Iterable[OpenItem] = (item for no in owing for item in case.index.oldest(no)[:MAX_LOOKED_AT])
    else:
        owned = case.index.of_amount(case.amount, owing)
    return oldest_first(item for item in owned if is_open(case, item) and case.exact(item))
