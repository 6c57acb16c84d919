"""Payments that name their item and pay another amount than it owes: less, more, a fee, a discount, twice, too late."""

from datetime import date, timedelta

from bench.world.by_number import sure_of
from bench.world.making import FIRST_PAYMENT, LAST_PAYMENT, Making, What
from bench.world.texts import around, delivered
from bench.world.truth import Sure, TrueShare
from recon.matching.world import NoticeFee
from recon.model.items import OpenItem
from recon.model.matching import AllocationKind

_FEES = (250, 500, 500, 750, 1000, 1500)
_OVER = AllocationKind.OVERPAYMENT
_FEE = AllocationKind.DUNNING_FEE


def partial(make: Making) -> None:
    """A part of the amount, at times said to be one."""
    item = _own(make)
    value = item.open * make.chance.randrange(10, 85) // 100
    said = item.invoice_no + make.chance.choice(("", " Teilzahlung", " Rate 1", " a conto", " Abschlag", " 1. Rate"))
    make.pay(What("partial", "a part", Sure.KNOWABLE), value, said, [TrueShare(item.id, value)], make.owner(item))


def short(make: Making) -> None:
    """A few cents too little, or less what a bank abroad has kept: the rest stays open."""
    item = _own(make)
    off, variant = (
        (make.chance.randrange(1, 10), "cents")
        if make.chance.random() < 0.5
        else (make.chance.choice((500, 750, 1000, 1500)), "a bank's charges")
    )
    what = What("short", variant, Sure.KNOWABLE)
    make.pay(what, item.open - off, item.invoice_no, [TrueShare(item.id, item.open - off)], make.owner(item))


def rest_of_a_line(make: Making) -> None:
    """A line of which a person has booked a part: what is left is another item, named beside the first."""
    owner = make.someone()
    paid, item = make.add(owner, amount=make.own_amount(), left=0), _own(make)
    owner = make.owner(item)
    what = What("rest of a line", "two named", Sure.KNOWABLE)
    text = f"{paid.invoice_no} {item.invoice_no}"
    make.pay(what, paid.amount + item.open, text, make.shares(item), owner, left=item.open)


def two_halves(make: Making) -> None:
    """Two payments that make the amount together."""
    item = _own(make)
    first = item.open // 2
    day = make.day(latest=LAST_PAYMENT - timedelta(days=20))
    for value, later, word in (
        (first, 0, " 1. Haelfte"),
        (item.open - first, make.chance.randrange(0, 20), " 2. Haelfte"),
    ):
        said = item.invoice_no + (word if make.chance.random() < 0.4 else "")
        make.pay(
            What("two halves", "a half", Sure.KNOWABLE),
            value,
            said,
            [TrueShare(item.id, value)],
            make.owner(item),
            day=day + timedelta(days=later),
        )


def rest(make: Making) -> None:
    """What is left of an item paid in part; or its prepayment."""
    owner, value = make.someone(), make.own_amount()
    if make.chance.random() < 0.6:
        item = make.add(owner, amount=value, left=value - make.chance.randrange(1, value))
        said = item.invoice_no + make.chance.choice(("", " Rest", " Restzahlung", " Schlussrate"))
        make.pay(
            What("rest and prepayment", "the rest", sure_of(item)),
            item.open,
            said,
            make.shares(item),
            owner,
            by="number",
            said=item.invoice_no,
        )
        return
    item = make.add(owner, amount=value, prepayment=max(value * 3 // 10, 1))
    first = item.parts[0].amount
    said = make.chance.choice(("Anzahlung ", "", "1. Rate ")) + item.invoice_no
    make.pay(
        What("rest and prepayment", "the prepayment", Sure.KNOWABLE), first, said, [TrueShare(item.id, first)], owner
    )


def exact_fee(make: Making) -> None:
    """The item and the fee of its last notice (A-17); or of an earlier one, or of a notice of several items."""
    item, way = _own(make), make.chance.random()
    day = make.day(FIRST_PAYMENT + timedelta(days=20))
    fee = _notice(make, [item], day, level=1)
    if way < 0.6:
        _pay_with_fee(make, What("exact fee", "one notice", sure_of(item)), fee, day)
    elif way < 0.75:
        last = _notice(make, [item], day, level=2, amount=fee.amount + 500, ago=5)
        _pay_with_fee(make, What("exact fee", "the last of two", sure_of(item)), last, day)
    elif way < 0.85:
        _notice(make, [item], day, level=2, amount=fee.amount + 500, ago=5)
        over = (TrueShare(item.id, item.open), _over(make, item, fee.amount))
        _pay_with_fee(make, What("exact fee", "an earlier one", Sure.KNOWABLE), fee, day, others=(over,))
    else:
        other = make.add(make.owner(item), amount=make.own_amount())
        both = _notice(make, [item, other], day, level=2, amount=fee.amount + 250, ago=4)
        said = f"{item.invoice_no} {other.invoice_no}"
        shares = (*make.shares(item, other), TrueShare(item.id, both.amount, _FEE))
        make.pay(
            What("exact fee", "a notice of two", Sure.KNOWABLE),
            item.open + other.open + both.amount,
            said,
            shares,
            make.owner(item),
            day=day,
        )


def beside_the_fee(make: Making) -> None:
    """A cent less or more than item and fee (A-17, A-18): no fee; the item is paid, the rest is the customer's."""
    item = _own(make)
    day = make.day(FIRST_PAYMENT + timedelta(days=20))
    fee = _notice(make, [item], day, level=1)
    over = fee.amount + make.chance.choice((-1, 1))
    _overpay(make, What("a cent beside the fee", "a cent", Sure.KNOWABLE), item, over, day)


def overpaid(make: Making) -> None:
    """More than is owed: a slip, a rounded amount, a part of the fee, a fee that was asked for only later."""
    item, way = _own(make), make.chance.randrange(3)
    day = make.day(FIRST_PAYMENT + timedelta(days=20), LAST_PAYMENT - timedelta(days=12))
    if way == 0:
        _overpay(make, What("overpaid", "rounded up", Sure.KNOWABLE), item, -item.open % 1000 or 1000, day)
    elif way == 1:
        fee = _notice(make, [item], day, level=2, amount=1000)
        _overpay(
            make,
            What("overpaid", "a part of the fee", Sure.KNOWABLE),
            item,
            fee.amount * make.chance.choice((4, 5, 7)) // 10,
            day,
        )
    else:
        fee = _notice(make, [item], day, level=1, ago=-8)
        _overpay(make, What("overpaid", "a fee of a later notice", Sure.KNOWABLE), item, fee.amount, day)


def discount(make: Making) -> None:
    """Less the discount, in time (the last day is in time) or days too late: then the discount stays owed."""
    value, percent = make.own_amount(), make.chance.choice((200, 300))
    issued = FIRST_PAYMENT + timedelta(days=make.chance.randrange(50))
    until = issued + timedelta(days=make.chance.choice((7, 10, 14)))
    item = make.add(make.someone(), amount=value, issued=issued, discount_percent=percent, discount_until=until)
    off = (value * percent + 5_000) // 10_000
    said = item.invoice_no + make.chance.choice(("", f" abzgl. {percent // 100} % Skonto", " - Skonto", " abz. Skonto"))
    if make.chance.random() < 0.6:
        day = until - timedelta(days=make.chance.choice((0, 0, 1, 2, 5)))
        shares = (TrueShare(item.id, value - off), TrueShare(item.id, off, AllocationKind.DISCOUNT))
        make.pay(
            What("discount in time", "in time", Sure.KNOWABLE), value - off, said, shares, make.owner(item), day=day
        )
        return
    day = until + timedelta(days=make.chance.randrange(4, 15))
    make.pay(
        What("discount late", "late", Sure.KNOWABLE),
        value - off,
        said,
        [TrueShare(item.id, value - off)],
        make.owner(item),
        day=day,
    )


def twice(make: Making) -> None:
    """The same payment again: days later, or on the same day, where nobody can tell which is the first."""
    item = _own(make)
    owner = make.owner(item)
    over = _over(make, item, item.open)
    day = make.day(latest=LAST_PAYMENT - timedelta(days=10))
    if make.chance.random() < 0.75:
        make.pay(
            What("double payment", "the first", sure_of(item)),
            item.open,
            item.invoice_no,
            make.shares(item),
            owner,
            day=day,
            value_date=day,
            by="number",
            said=item.invoice_no,
        )
        later = day + timedelta(days=make.chance.randrange(2, 11))
        make.pay(
            What("double payment", "the second", Sure.KNOWABLE),
            item.open,
            item.invoice_no,
            [over],
            owner,
            day=later,
            value_date=later,
            stands_in=make.shares(item),
            asks_about=frozenset({item.invoice_no}),
        )
        return
    text = delivered(make.chance, around(make.chance, item.invoice_no, owner, day, item.open))
    for _ in range(2):
        make.pay(
            What("double payment", "on one day", Sure.UNKNOWABLE),
            item.open,
            text,
            make.shares(item),
            owner,
            day=day,
            value_date=day,
            whole=True,
            name=owner.name,
            iban=owner.purse,
            others=((over,),),
            stands_in=make.shares(item),
            asks_about=frozenset({item.invoice_no}),
        )


def closed(make: Making) -> None:
    """An item that is paid already; at times another one of the customer's has the amount now."""
    owner, value = make.someone(), make.own_amount()
    item = make.add(owner, amount=value, left=0)
    if make.chance.random() < 0.7:
        make.pay(
            What("closed item", "paid already", Sure.KNOWABLE),
            value,
            item.invoice_no,
            [_over(make, item, value)],
            owner,
            asks_about=frozenset({item.invoice_no}),
        )
        return
    # The number of last month copied? Or paid twice? Only the customer knows.
    make.add(owner, amount=value)
    make.pay(What("closed item", "another owes the amount", Sure.UNKNOWABLE), value, item.invoice_no, (), owner)


def _own(make: Making) -> OpenItem:
    """A new item of an amount of its own, with a number that says enough."""
    return make.add(make.someone(), amount=make.own_amount())


def _notice(
    make: Making, items: list[OpenItem], day: date, *, level: int, amount: int | None = None, ago: int = 14
) -> NoticeFee:
    issued = day - timedelta(days=ago)
    fee = NoticeFee(
        tuple(item.id for item in items), amount or make.chance.choice(_FEES), issued, level, len(make.fees) + 1
    )
    make.fees.append(fee)
    return fee


def _pay_with_fee(
    make: Making,
    what: What,
    fee: NoticeFee,
    day: date,
    others: tuple[tuple[TrueShare, ...], ...] = (),
) -> None:
    item = make.items[fee.item_ids[0] - 1]
    said = item.invoice_no + make.chance.choice(("", " + Mahngebuehr", " inkl. Mahnkosten", " Mahnung"))
    shares = (TrueShare(item.id, item.open), TrueShare(item.id, fee.amount, _FEE))
    make.pay(
        what,
        item.open + fee.amount,
        said,
        shares,
        make.owner(item),
        day=day,
        by="fee",
        said=item.invoice_no,
        others=others,
    )


def _overpay(make: Making, what: What, item: OpenItem, over: int, day: date) -> None:
    shares = (TrueShare(item.id, item.open), _over(make, item, over))
    make.pay(what, item.open + over, item.invoice_no, shares, make.owner(item), day=day)


def _over(make: Making, item: OpenItem, amount: int) -> TrueShare:
    return TrueShare(None, amount, _OVER, make.owner(item).customer_no)
