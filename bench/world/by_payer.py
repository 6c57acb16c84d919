"""Payments that name no item: the payer, his account or his customer number have to lead to it."""

from typing import Final

from bench.world.by_number import sure_of
from bench.world.making import Making, What
from bench.world.truth import Sure
from recon.model.items import OpenItem

_WORDS: Final = ("Rechnung", "Danke", "Zahlung", "Rechnung vom letzten Monat", "Ueberweisung", "Ihre Lieferung", None,
                 "Abschlag", "lt. Rechnung", "DATUM 15.11.2026, 12.33 UHR")  # fmt: skip


def customer_number(make: Making) -> None:
    """The customer number and the amount of one item, or of all; at times somebody else's account."""
    items = _one_or_all(make)
    owner = make.owner(items[0])
    text = make.chance.choice(("Kd-Nr. {}", "Kundennummer {}", "KdNr {} Rechnung", "Kunde {} Danke", "Kd.Nr.{}", "{}"))
    payer = owner if make.chance.random() < 0.8 else make.stranger()
    draft = make.pay(
        What("customer number", "one item" if len(items) == 1 else "several items", Sure.KNOWABLE),
        _sum(items),
        text.format(owner.customer_no),
        make.shares(*items),
        payer,
        whole=True,
        by="payer",
    )
    draft.payer = owner


def name_only(make: Making) -> None:
    """The payer's name and the amount of one item."""
    item = make.take()
    owner = make.owner(item)
    make.pay(
        What("name only", "one item", Sure.KNOWABLE),
        item.open,
        make.chance.choice(_WORDS),
        make.shares(item),
        owner,
        whole=True,
        iban=owner.purse,
        by="payer",
    )


def known_iban(make: Making) -> None:
    """An account that the books know, under his name or another's; one item or all."""
    items = _one_or_all(make, known=True)
    owner = make.owner(items[0])
    name = None if make.chance.random() < 0.7 else make.stranger().name
    make.pay(
        What("known IBAN", "one item" if len(items) == 1 else "several items", Sure.KNOWABLE),
        _sum(items),
        make.chance.choice(_WORDS),
        make.shares(*items),
        owner,
        whole=True,
        iban=owner.iban,
        name=name,
        by="payer",
    )


def namesakes(make: Making) -> None:
    """Two customers of one name: both owe the amount, one of them does, or the number tells them apart."""
    one = make.person(known=make.chance.random() < 0.5)
    other = make.person(namesake=one, known=True)
    value = make.own_amount()
    item = make.add(one, amount=value)
    way = make.chance.randrange(4)
    if way == 0:
        make.add(other, amount=value)
        make.pay(
            What("namesakes", "both owe it", Sure.UNKNOWABLE),
            value,
            "Rechnung",
            make.shares(item),
            one,
            whole=True,
            iban=one.purse,
        )
    elif way == 1:
        make.add(other)
        make.pay(
            What("namesakes", "one owes it", Sure.KNOWABLE),
            value,
            "Rechnung",
            make.shares(item),
            one,
            whole=True,
            iban=one.purse,
            by="payer",
        )
    elif way == 2:
        make.add(other, amount=value)
        make.pay(
            What("namesakes", "the number tells", sure_of(item)),
            value,
            item.invoice_no,
            make.shares(item),
            one,
            iban=one.purse,
            by="number",
            said=item.invoice_no,
        )
    else:
        # The account is the other's, who owes nothing of this amount.
        make.add(other)
        make.pay(
            What("namesakes", "the other's account", Sure.UNKNOWABLE),
            value,
            "Danke",
            (),
            other,
            whole=True,
            iban=other.iban,
        )


def equal_amounts(make: Making) -> None:
    """Several items of the amount and no sign of which: of one customer, or of several and the payer unknown."""
    value = make.own_amount()
    owner = make.someone()
    item = make.add(owner, amount=value)
    if make.chance.random() < 0.5:
        for _ in range(make.chance.choice((1, 2, 5))):
            make.add(owner, amount=value)
        make.pay(
            What("equal amounts", "one customer", Sure.UNKNOWABLE),
            value,
            make.chance.choice(_WORDS),
            make.shares(item),
            owner,
            whole=True,
        )
        return
    for _ in range(make.chance.choice((1, 3))):
        make.add(make.someone(), amount=value)
    make.pay(
        What("equal amounts", "several customers", Sure.UNKNOWABLE),
        value,
        make.chance.choice(_WORDS),
        make.shares(item),
        make.stranger(),
        whole=True,
    )


def half_a_number(make: Making) -> None:
    """The payer is known and owes two items of the amount; the end of the number tells which."""
    owner, value = make.someone(), make.own_amount()
    item = make.add(owner, amount=value)
    make.add(owner, amount=value)
    digits = "".join(sign for sign in item.invoice_no if sign.isdigit())[-3:]
    make.pay(
        What("equal amounts", "the number's end tells", Sure.KNOWABLE),
        value,
        f"Rechnung ...{digits}",
        make.shares(item),
        owner,
        whole=True,
        by="near",
        said=digits,
    )


def _one_or_all(make: Making, *, known: bool = False) -> list[OpenItem]:
    item = make.take(lambda item: not known or make.owner(item).iban is not None)
    owner = make.owner(item)
    if known and owner.iban is None:
        owner = make.person(known=True)
        item = make.add(owner)
    others = [make.items[number - 1] for number in make.of_customer[owner.customer_no] if number != item.id]
    open_ones = [other for other in others if other.open]
    if make.chance.random() < 0.7 or not 1 <= len(open_ones) <= 5:
        return [item]
    if any(not make.is_spare(other) for other in open_ones):
        return [item]
    make.used.update(other.id for other in open_ones)
    return [item, *open_ones]


def _sum(items: list[OpenItem]) -> int:
    return sum(item.open for item in items)
