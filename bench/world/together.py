"""Payments of several items with one transfer: all named, by lists and ranges, less a discount or a credit note."""

from datetime import timedelta
from typing import Final

from bench.world.making import FIRST_PAYMENT, Making, What
from bench.world.numbers import tail
from bench.world.truth import Sure, TrueShare
from recon.model.items import DocumentType, OpenItem
from recon.model.matching import AllocationKind
from sepa.money import shown

# Styles whose numbers end in a serial: of several in a row only the ends need to be written.
_COUNTABLE: Final = (
    "prefix-year",
    "year-slash",
    "letter",
    "digits-5",
    "digits-6",
    "digits-7",
    "digits-8",
    "digits-9",
    "digits-10",
    "branch",
    "day-dash",
    "letters",
)


def several(make: Making) -> None:
    """All numbers in full."""
    items = make.take_several(make.chance.choice((2, 2, 3, 4, 5)))
    said = make.chance.choice((" ", ", ", " und ", " + ", ";", " / ")).join(item.invoice_no for item in items)
    make.pay(
        What("several", "one customer", Sure.KNOWABLE),
        sum(item.open for item in items),
        said,
        make.shares(*items),
        make.owner(items[0]),
    )


def adviser(make: Making) -> None:
    """A tax adviser pays the items of several clients with one transfer, all numbers in full."""
    items = [make.take() for _ in range(make.chance.choice((2, 3)))]
    said = make.chance.choice((" ", ", ", " und ")).join(item.invoice_no for item in items)
    make.pay(
        What("several", "several customers", Sure.KNOWABLE),
        sum(item.open for item in items),
        said,
        make.shares(*items),
        make.stranger(),
    )


def listed(make: Making) -> None:
    """The first number in full, of the others only the end."""
    items = _in_a_row(make, make.chance.choice((2, 3, 3, 4)))
    if not items:
        return
    ends = []
    for item in items[1:]:
        digits = tail(item.invoice_no)[1]
        ends.append(digits if make.chance.random() < 0.5 else digits[-3:])
    sign = make.chance.choice((", ", "/", " + ", ", ", "; "))
    said = sign.join([items[0].invoice_no, *ends])
    if make.chance.random() < 0.4:
        said = f"{sign.join([items[0].invoice_no, *ends[:-1]])} und {ends[-1]}"
    make.pay(
        What("list", "ends", Sure.KNOWABLE),
        sum(item.open for item in items),
        said,
        make.shares(*items),
        make.owner(items[0]),
    )


def ranged(make: Making) -> None:
    """From the first number to the last."""
    items = _in_a_row(make, make.chance.choice((2, 3, 4, 6)))
    if not items:
        return
    first, last = items[0].invoice_no, items[-1].invoice_no
    end = make.chance.choice((last, tail(last)[1], tail(last)[1][-3:]))
    said = first + make.chance.choice((" bis ", " - ", "-", " bis ", " b. ")) + end
    make.pay(
        What("range", "from to", Sure.KNOWABLE),
        sum(item.open for item in items),
        said,
        make.shares(*items),
        make.owner(items[0]),
    )


def with_amounts(make: Making) -> None:
    """Every number with its amount, or its date, behind it."""
    items = make.take_several(make.chance.choice((2, 2, 3)))
    way = make.chance.randrange(3)
    told = []
    for item in items:
        issued = item.issue_date
        assert issued is not None
        behind = (shown(item.open, "de"), f"EUR {shown(item.open, 'de')}", f"v. {issued:%d.%m.%y}")[way]
        told.append(f"{item.invoice_no} {behind}")
    make.pay(
        What("several", "with amounts or dates", Sure.KNOWABLE),
        sum(item.open for item in items),
        make.chance.choice((" ", ", ", " + ", "; ")).join(told),
        make.shares(*items),
        make.owner(items[0]),
    )


def with_discount(make: Making) -> None:
    """Several invoices, the discount taken from all of them, in time."""
    owner, percent = make.someone(), make.chance.choice((200, 300))
    day = make.day(FIRST_PAYMENT + timedelta(days=14))
    items = []
    for _ in range(make.chance.choice((2, 3))):
        issued = day - timedelta(days=make.chance.randrange(2, 10))
        until = issued + timedelta(days=10)
        items.append(
            make.add(owner, amount=make.own_amount(), issued=issued, discount_percent=percent, discount_until=until)
        )
    shares = []
    for item in items:
        off = (item.open * percent + 5_000) // 10_000
        shares += [TrueShare(item.id, item.open - off), TrueShare(item.id, off, AllocationKind.DISCOUNT)]
    make.pay(
        What("several", "less the discount", Sure.KNOWABLE),
        sum(share.amount for share in shares if share.kind is AllocationKind.PAYMENT),
        ", ".join(item.invoice_no for item in items) + make.chance.choice(("", f" abzgl. {percent // 100}% Skonto")),
        shares,
        owner,
        day=day,
    )


def less_a_credit(make: Making) -> None:
    """Two invoices less a credit note, all three named."""
    owner = make.someone()
    items = [make.add(owner, amount=make.own_amount()) for _ in range(2)]
    note = make.add(owner, amount=-make.chance.randrange(500, items[0].open), document_type=DocumentType.CREDIT_NOTE)
    make.pay(
        What("credit note netted", "two invoices", Sure.KNOWABLE),
        sum(item.open for item in (*items, note)),
        f"{items[0].invoice_no}, {items[1].invoice_no} ./. {note.invoice_no}",
        (*make.shares(*items), TrueShare(note.id, note.open, AllocationKind.CREDIT_NOTE)),
        owner,
    )


def credit_netted(make: Making) -> None:
    """An invoice less a credit note, both named, or the credit note only spoken of."""
    owner, value = make.someone(), make.own_amount()
    item = make.add(owner, amount=value)
    back = max(value * make.chance.randrange(5, 60) // 100, 1)
    note = make.add(owner, amount=-back, document_type=DocumentType.CREDIT_NOTE)
    both = make.chance.random() < 0.7
    word = make.chance.choice(("abzgl. Gutschrift", "./. Gutschrift", "minus GS", "abz. Gutschr."))
    text = f"{item.invoice_no} {word} {note.invoice_no}" if both else f"{item.invoice_no} abzgl. Gutschrift"
    shares = (TrueShare(item.id, value), TrueShare(note.id, -back, AllocationKind.CREDIT_NOTE))
    sure = Sure.KNOWABLE if both or _lone_credit(make, note) else Sure.UNKNOWABLE
    make.pay(
        What("credit note netted", "both named" if both else "only the invoice named", sure),
        value - back,
        text,
        shares,
        owner,
    )


def _in_a_row(make: Making, count: int) -> list[OpenItem]:
    """New items of one customer with numbers one after the other; none in a style that has no such thing."""
    owner = make.someone()
    style = make.chance.choice(_COUNTABLE) if make.style == "mixed" else make.style
    if style not in _COUNTABLE:
        return []
    while True:
        head, digits = tail(make.number(style))
        numbers = [f"{head}{int(digits) + at:0{len(digits)}}" for at in range(count)]
        if not any(number in make.numbers for number in numbers):
            return [make.add(owner, number=number, amount=make.own_amount()) for number in numbers]


def _lone_credit(make: Making, note: OpenItem) -> bool:
    others = (make.items[number - 1] for number in make.of_customer[note.customer_no] if number != note.id)
    return not any(item.open < 0 for item in others)
