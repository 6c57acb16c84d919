"""Payments that look like something else: numbers that are none of ours, or another's, beside the right amount."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from bench.world.by_number import sure_of
from bench.world.making import LAST_PAYMENT, Making, What
from bench.world.numbers import mistyped, squashed
from bench.world.people import Person
from bench.world.truth import Sure
from sepa.money import shown

_NO_NUMBER: Final = ("Rechnung", "Danke", "Zahlung Rechnung vom letzten Monat")
# Words before numbers that no creditor's invoices have.
_PAPERS: Final = ("Vertragsnr.", "Aktenzeichen", "Mitgliedsnr.", "Kundennummer", "Zaehler", "Mandat", "Policennr.",
                  "Personalnr", "Az.", "Vers.-Nr.")  # fmt: skip


def before_its_day(make: Making) -> None:
    """A number in full, the amount in full, and the invoice was only written days after the payment."""
    value, day = make.own_amount(), make.day(latest=LAST_PAYMENT - timedelta(days=15))
    item = make.add(make.someone(), amount=value, number=_long_number(make), issued=day + timedelta(days=10))
    what = What("before its day", "issued later", Sure.UNKNOWABLE)
    make.pay(what, value, item.invoice_no, make.shares(item), make.owner(item), day=day)


def typo_of_another(make: Making) -> None:
    """A slip that makes the number of another's item, which owes the same amount. The payer's account is known."""
    owner, value = make.person(known=True), make.own_amount()
    item = make.add(owner, amount=value, number=_long_number(make))
    wrong = _slip(make, item.invoice_no)
    make.add(make.another(owner), amount=value, number=wrong)
    make.pay(
        What("typo that hits another", "same amount", Sure.KNOWABLE),
        value,
        wrong,
        make.shares(item),
        owner,
        iban=owner.iban,
        name=owner.name,
    )


def typo_of_another_amount(make: Making) -> None:
    """A slip that makes the number of another's item, which owes something else."""
    owner, value = make.person(known=True), make.own_amount()
    item = make.add(owner, amount=value, number=_long_number(make))
    wrong = _slip(make, item.invoice_no)
    make.add(make.another(owner), amount=value + make.chance.randrange(100, 90_000), number=wrong)
    make.pay(
        What("typo that hits another", "other amount", Sure.KNOWABLE),
        value,
        wrong,
        make.shares(item),
        owner,
        iban=owner.iban,
        name=owner.name,
    )


def number_inside(make: Making) -> None:
    """The number of an item is a part of a longer number, of another item or of nothing of ours."""
    value, inner = make.own_amount(), make.number("digits-5")
    make.add(make.someone(), amount=value, number=inner)
    way = make.chance.randrange(4)
    if way == 0:
        number = _unused(make, lambda: f"RE-2026-{inner}")
        item = make.add(make.someone(), amount=value, number=number)
        make.pay(
            What("number inside a number", "of an item", Sure.CERTAIN),
            value,
            number,
            make.shares(item),
            make.owner(item),
            by="number",
            said=number,
        )
    elif way == 1:
        number = _unused(make, lambda: f"{make.chance.randrange(10, 99)}{inner}{make.chance.randrange(10, 99)}")
        item = make.add(make.someone(), amount=value, number=number)
        make.pay(
            What("number inside a number", "of an item", Sure.CERTAIN),
            value,
            number,
            make.shares(item),
            make.owner(item),
            by="number",
            said=number,
        )
    elif way == 2:
        text = f"Kassenzeichen {make.chance.randrange(10, 99)}-{inner}-{make.chance.randrange(10, 99)}"
        make.pay(
            What("number inside a number", "of nothing of ours", Sure.FOREIGN),
            value,
            text,
            (),
            make.stranger(),
            whole=True,
        )
    else:
        text = f"Vertrag {make.chance.randrange(100, 999)}{inner}{make.chance.randrange(100, 999)} Beitrag"
        make.pay(
            What("number inside a number", "of nothing of ours", Sure.FOREIGN),
            value,
            text,
            (),
            make.stranger(),
            whole=True,
        )


def own_order_number(make: Making) -> None:
    """The payer's own order number is the number of somebody else's item, with the same amount."""
    owner, value = make.person(known=True), make.own_amount()
    taken = make.number("digits-7")
    make.add(make.another(owner), amount=value, number=taken)
    item = make.add(owner, amount=value, number=_long_number(make))
    word = make.chance.choice(("unsere Bestellung", "Bestell-Nr.", "Auftrag", "PO", "unser Zeichen"))
    if make.chance.random() < 0.5:
        make.pay(
            What("another's order number", "beside ours", Sure.KNOWABLE),
            value,
            f"{item.invoice_no}, {word} {taken}",
            make.shares(item),
            owner,
            iban=owner.iban,
            name=owner.name,
        )
    else:
        make.pay(
            What("another's order number", "alone", Sure.KNOWABLE),
            value,
            f"{word} {taken}",
            make.shares(item),
            owner,
            iban=owner.iban,
            name=owner.name,
            whole=True,
        )


def chance_number(make: Making) -> None:
    """A postcode, a date, a telephone number, an amount, an account or a customer number that is the number of
    somebody else's item with the same amount. The payer owes the amount himself, or is a stranger."""
    owner, value = make.person(known=True), make.own_amount()
    day = make.day()
    variant, text, number = _chance_number(make, owner, value, day)
    if number in make.numbers or len(number) < 5:
        return
    make.add(make.another(owner), amount=value, number=number)
    if make.chance.random() < 0.6:
        item = make.add(owner, amount=value, number=_long_number(make))
        make.pay(
            What("number by chance", variant, Sure.KNOWABLE),
            value,
            text,
            make.shares(item),
            owner,
            day=day,
            whole=True,
            iban=owner.iban,
            name=owner.name,
        )
    else:
        make.pay(What("number by chance", variant, Sure.FOREIGN), value, text, (), make.stranger(), day=day, whole=True)


def stranger(make: Making) -> None:
    """Somebody unknown pays what an item owes: with no number, or with one that is like ours and of somebody else."""
    item = make.take(lambda item: len(item.invoice_no) >= 6)
    if make.chance.random() < 0.5:
        make.pay(
            What("stranger with the amount", "no number", Sure.FOREIGN),
            item.open,
            make.chance.choice(_NO_NUMBER),
            (),
            make.stranger(),
            whole=True,
        )
        return
    # Nobody can tell a slip in our number from the right number of another company.
    said = mistyped(make.chance, item.invoice_no)
    if said not in make.numbers:
        make.pay(
            What("stranger with the amount", "a number like ours", Sure.UNKNOWABLE),
            item.open,
            said,
            (),
            make.stranger(),
        )


def same_letters(make: Making) -> None:
    """Two items whose numbers differ only by their signs, with the same amount; written without any."""
    owner, value, serial = make.person(known=True), make.own_amount(), make.chance.randrange(10_000, 99_999)
    one, other = f"2026/{serial}", f"20-26{serial}"
    if one in make.numbers or other in make.numbers:
        return
    item = make.add(owner, amount=value, number=one)
    make.add(make.another(owner), amount=value, number=other)
    if make.chance.random() < 0.5:
        make.pay(
            What("same letters and digits", "the payer tells", Sure.KNOWABLE),
            value,
            squashed(one),
            make.shares(item),
            owner,
            iban=owner.iban,
            name=owner.name,
        )
    else:
        make.pay(
            What("same letters and digits", "nothing tells", Sure.UNKNOWABLE),
            value,
            squashed(one),
            make.shares(item),
            make.stranger(),
        )


def of_another_customer(make: Making) -> None:
    """A customer names another's item in full, with its amount: he pays for him, as a third party may."""
    payer, item = make.someone(), make.take(lambda item: len(item.invoice_no) >= 6)
    make.pay(
        What("third party", "another customer", sure_of(item)),
        item.open,
        item.invoice_no,
        make.shares(item),
        payer,
        by="number",
        said=item.invoice_no,
    )


def two_with_the_amount(make: Making) -> None:
    """Two items named in full, each with the whole amount: one of them is paid, nobody knows which."""
    owner, value = make.someone(), make.own_amount()
    one = make.add(owner, amount=value, number=_long_number(make))
    other = make.add(owner, amount=value, number=_long_number(make))
    make.pay(
        What("equal amounts", "both named", Sure.UNKNOWABLE),
        value,
        f"{one.invoice_no} und {other.invoice_no}",
        make.shares(one),
        owner,
    )


def _chance_number(make: Making, owner: Person, value: int, day: date) -> tuple[str, str, str]:
    """(variant, text, the number that it is by chance)."""
    chance = make.chance
    phone, account = str(chance.randrange(1_000_000, 9_999_999)), make.foreign_iban()
    ways = (
        ("postcode", f"{owner.name} {owner.postcode} {owner.town} Rechnung", owner.postcode),
        ("year and postcode", f"Rechnung 2026 {owner.postcode} {owner.town}", f"2026{owner.postcode}"),
        chance.choice(
            (
                ("date", f"Rechnung vom {day:%d.%m.%Y}", f"{day:%d%m%Y}"),
                ("date", f"DATUM {day:%d.%m.%Y}, 12.33 UHR", f"{day:%d%m%Y}"),
                ("date", f"Lieferung {day:%Y-%m-%d}", f"{day:%Y%m%d}"),
            )
        ),
        ("telephone", f"Rueckfragen Tel. 0221 {phone}", phone),
        ("telephone", f"Tel 0221/{phone} Danke", f"0221{phone}"),
        ("amount", f"Betrag {shown(value, 'de')} EUR", str(value)),
        ("account", f"von IBAN {account} Danke", account[12:]),
        ("account", f"Konto {int(account[12:])} BLZ {account[4:12]}", str(int(account[12:]))),
        ("another's paper", f"{chance.choice(_PAPERS)} {phone}", phone),
        ("another's paper", f"{chance.choice(_PAPERS)} {phone} Beitrag 11/2026", phone),
        ("customer number", f"Kd-Nr. {owner.customer_no} Rechnung", owner.customer_no),
    )
    return chance.choice(ways)


def _long_number(make: Making) -> str:
    while True:
        number = make.number()
        if len(squashed(number)) >= 6:
            return number


def _slip(make: Making, number: str) -> str:
    return _unused(make, lambda: mistyped(make.chance, number))


def _unused(make: Making, way: Callable[[], str]) -> str:
    """What a way leads to, another try while the number is taken; a longer one if there is no other."""
    for _ in range(50):
        made = way()
        if made not in make.numbers:
            return made
    return f"{way()}0"
