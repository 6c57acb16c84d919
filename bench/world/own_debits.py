"""Money of our own direct debits: single credits, batch credits, returns. And what is not of this kind at all."""

from datetime import timedelta
from typing import Final

from bench.world.making import LAST_PAYMENT, Making, What
from bench.world.truth import Sure, TrueShare
from recon.matching.world import CollectionRef
from recon.model.items import DocumentType, OpenItem, PaymentMethod
from recon.model.matching import AllocationKind
from recon.model.statement import LineKind, LineStatus

_COLLECTION = AllocationKind.COLLECTION
_CHARGES = (300, 350, 500, 811)
_K = LineKind
# (kind, business code, name, sign, text)
_UNRELATED: Final = (
    (_K.TRANSFER_OUT, "116", "Erika Beispiel", -1, "LOHN 10/2026 PERSONALNR {four}"),
    (_K.DIRECT_DEBIT, "105", "Stadtwerke", -1, "STROM ABSCHLAG VK {long} ZAEHLER 1{long}"),
    (_K.CARD, "106", "Tankstelle", -1, "KARTENZAHLUNG {four} 15.11. 12.33 TERMINAL {long}"),
    (_K.CHARGE, "808", "Bank", -1, "ENTGELT 01.10.2026-31.10.2026 {two} POSTEN"),
    (_K.CREDIT_TRANSFER, "166", "Finanzamt", 1, "STEUERNR 214/5{three}/{four} UST 09/26 ERSTATTUNG"),
    (_K.CREDIT_TRANSFER, "166", "Kartenabrechnung", 1, "KARTENUMSATZ TERMINAL {long} VOM 14.11.2026 BELEGE {two}"),
)


def single_credit(make: Making) -> None:
    """The credit of one debit, with its end-to-end id."""
    (item,), (ref,) = _collected(make, 1, "exported")
    make.pay(
        What("own debits", "credit of one", Sure.CERTAIN),
        item.open,
        "Einzug",
        [TrueShare(item.id, item.open, _COLLECTION)],
        make.owner(item),
        whole=True,
        day=ref.collection_date,
        kind=LineKind.DIRECT_DEBIT,
        gvc="171",
        end_to_end_id=ref.end_to_end_id,
        mandate_id=ref.mandate_id,
    )


def batch_credit(make: Making) -> None:
    """The credit of a whole batch, with its payment information id; the amount is the sum."""
    items, refs = _collected(make, make.chance.choice((2, 3, 5, 12)), "exported")
    shares = [TrueShare(item.id, item.open, _COLLECTION) for item in items]
    make.pay(
        What("own debits", "credit of a batch", Sure.CERTAIN),
        sum(item.open for item in items),
        "SAMMLER",
        shares,
        make.stranger(),
        whole=True,
        day=refs[0].collection_date,
        kind=LineKind.BATCH,
        gvc="192",
        payment_information_id=refs[0].payment_information_id,
        transactions=len(items),
    )


def returned(make: Making) -> None:
    """A debit that comes back with the bank's charges."""
    items, (ref,) = _collected(make, 1, "booked")
    charges = make.chance.choice(_CHARGES)
    item = make.change(items[0], open=0)
    shares = [
        TrueShare(item.id, -ref.amount, AllocationKind.RETURN),
        TrueShare(None, -charges, AllocationKind.RETURN_FEE),
    ]
    make.pay(
        What("own debits", "a return", Sure.CERTAIN),
        -ref.amount - charges,
        f"Retoure {item.invoice_no}",
        shares,
        make.owner(item),
        whole=True,
        day=ref.collection_date + timedelta(days=make.chance.randrange(2, 8)),
        kind=LineKind.RETURN,
        gvc="109",
        end_to_end_id=ref.end_to_end_id,
        mandate_id=ref.mandate_id,
        return_reason=make.chance.choice(("MD06", "AM04", "MS03")),
        original_amount=ref.amount,
        charges=charges,
    )


def returned_unnamed(make: Making) -> None:
    """A debit that comes back without its end-to-end id, by its mandate; or one that another creditor sent."""
    if make.chance.random() < 0.5:
        value = make.own_amount()
        what = What("own debits", "a return of another creditor's", Sure.FOREIGN)
        make.pay(
            what,
            -value - 300,
            "Retoure",
            (),
            make.stranger(),
            whole=True,
            kind=LineKind.RETURN,
            gvc="109",
            end_to_end_id=f"X{make.chance.randrange(10**9)}",
            original_amount=value,
            charges=300,
        )
        return
    items, (ref,) = _collected(make, 1, "booked")
    item = make.change(items[0], open=0)
    charges = make.chance.choice(_CHARGES)
    shares = [
        TrueShare(item.id, -ref.amount, AllocationKind.RETURN),
        TrueShare(None, -charges, AllocationKind.RETURN_FEE),
    ]
    what = What("own debits", "a return by its mandate", Sure.KNOWABLE)
    make.pay(
        what,
        -ref.amount - charges,
        f"Retoure {item.invoice_no}",
        shares,
        make.owner(item),
        whole=True,
        by="told",
        day=ref.collection_date + timedelta(days=4),
        kind=LineKind.RETURN,
        gvc="109",
        mandate_id=ref.mandate_id,
        return_reason="MS03",
        original_amount=ref.amount,
        charges=charges,
    )


def on_its_way(make: Making) -> None:
    """The item is being collected, and its customer pays it by transfer: to book it is right, to ask is right."""
    (item,), _ = _collected(make, 1, "exported")
    what = What("item in collection", "paid by transfer", Sure.KNOWABLE)
    make.pay(what, item.open, item.invoice_no, make.shares(item), make.owner(item))


def wrong_batch(make: Making) -> None:
    """A batch's credit with another sum than was sent: somebody has to look."""
    items, refs = _collected(make, 3, "exported")
    what = What("own debits", "a batch of another sum", Sure.UNKNOWABLE)
    make.pay(
        what,
        sum(item.open for item in items) - 1_000,
        "SAMMLER",
        (),
        make.stranger(),
        whole=True,
        day=refs[0].collection_date,
        kind=LineKind.BATCH,
        gvc="192",
        transactions=3,
        payment_information_id=refs[0].payment_information_id,
    )


def purchase(make: Making) -> None:
    """We pay a supplier's invoice that stands in the books."""
    owner, value = make.someone(), make.own_amount()
    item = make.add(owner, amount=-value, document_type=DocumentType.PURCHASE_INVOICE)
    what = What("paid out", "a purchase invoice", Sure.KNOWABLE)
    make.pay(
        what,
        -value,
        f"Rechnung {item.invoice_no}",
        make.shares(item),
        owner,
        whole=True,
        by="told",
        kind=LineKind.TRANSFER_OUT,
        gvc="116",
    )


def dollars(make: Making) -> None:
    """An item in dollars paid in dollars; or one in euros paid with as many dollars."""
    owner, value, same = make.someone(), make.own_amount(), make.chance.random() < 0.6
    number = make.number()
    while len(number) < 5:
        number = make.number("prefix-year")
    item = make.add(owner, amount=value, number=number, currency="USD" if same else "EUR")
    if same:
        make.pay(
            What("other currency", "the item's", Sure.CERTAIN),
            value,
            item.invoice_no,
            make.shares(item),
            owner,
            currency="USD",
            by="number",
            said=item.invoice_no,
        )
    else:
        make.pay(
            What("other currency", "not the item's", Sure.UNKNOWABLE), value, item.invoice_no, (), owner, currency="USD"
        )


def pending(make: Making) -> None:
    """A line that the bank has only announced: nothing is paid yet."""
    item = make.take()
    make.pay(
        What("announced", "pending", Sure.FOREIGN),
        item.open,
        item.invoice_no,
        (),
        make.owner(item),
        status=LineStatus.PENDING,
    )


def unrelated(make: Making) -> None:
    """Wages, rents, taxes, cards, charges: lines of every account, with numbers of their own."""
    chance = make.chance
    number = chance.randrange(10**6, 10**9)
    kind, gvc, name, sign, text = chance.choice(_UNRELATED)
    make.pay(
        What("unrelated", kind.value, Sure.FOREIGN),
        sign * make.amount(),
        text.format(long=number, four=number % 10_000, three=number % 1000, two=number % 90 + 3),
        (),
        make.stranger(),
        whole=True,
        kind=kind,
        gvc=gvc,
        name=name,
    )


def _collected(make: Making, count: int, status: str) -> tuple[list[OpenItem], list[CollectionRef]]:
    """Items in one batch of direct debits, of a customer each."""
    serial = len(make.collections) + 1
    day = make.day(latest=LAST_PAYMENT - timedelta(days=10))
    items, refs = [], []
    for at in range(count):
        owner = make.someone()
        item = make.add(
            owner,
            amount=make.own_amount(),
            payment_method=PaymentMethod.DIRECT_DEBIT,
            mandate_id=f"M-{owner.customer_no}-{serial + at}",
            in_collection=status == "exported",
        )
        ref = CollectionRef(
            serial + at,
            f"OPOS-{serial + at:08}",
            f"OPOS-P{serial:07}",
            f"OPOS-M{serial:07}",
            item.id,
            item.invoice_no,
            owner.customer_no,
            item.open,
            f"M-{owner.customer_no}-{serial + at}",
            day,
            status,
        )
        make.collections.append(ref)
        items.append(item)
        refs.append(ref)
    return items, refs
