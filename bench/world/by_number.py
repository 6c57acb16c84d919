"""Payments that name what they pay by a number, in full or nearly."""

from typing import Final

from bench.world.making import Making, What
from bench.world.numbers import creditor_reference, mistyped, pointed, respaced, shortened, squashed
from bench.world.texts import broken
from bench.world.truth import Sure
from recon.model.items import DocumentType, OpenItem
from recon.model.statement import LineKind

# Shorter ones stand in texts by chance (users.md 2.2, C3).
_CERTAIN_NUMBER: Final = 5
# A number of digits alone that is broken in two looks like two numbers if it is shorter.
_CERTAIN_BROKEN: Final = 7
_OUT: Final = LineKind.TRANSFER_OUT


def exact(make: Making) -> None:
    """The number as it is, the amount as it is."""
    item = make.take()
    make.pay(
        What("exact", "as written", sure_of(item)),
        item.open,
        item.invoice_no,
        make.shares(item),
        make.owner(item),
        by="number",
        said=item.invoice_no,
    )


def wrapped(make: Making) -> None:
    """The number broken where a piece of the purpose ends."""
    item = make.take(lambda item: len(item.invoice_no) >= _CERTAIN_NUMBER)
    owner = make.owner(item)
    before = make.chance.choice(
        ("Vielen Dank fuer die Lieferung Rechnung", f"{owner.name} Rechnung", "Rg Nr", "Rechnungsnr.")
    )
    after = make.chance.choice(("", " Danke", f" Kd-Nr. {owner.customer_no}", " EUR"))
    text = broken(make.chance, before, item.invoice_no, after)
    sure = Sure.CERTAIN if not item.invoice_no.isdigit() or len(item.invoice_no) >= _CERTAIN_BROKEN else Sure.KNOWABLE
    make.pay(
        What("wrapped", "a blank inside", sure),
        item.open,
        text,
        make.shares(item),
        owner,
        whole=True,
        by="number",
        said=item.invoice_no,
    )


def reformatted(make: Making) -> None:
    """The number in full with other signs between its parts, or without one of its parts."""
    item = make.take(lambda item: not item.invoice_no.isdigit())
    number, way = item.invoice_no, make.chance.random()
    sure, variant, said, by = sure_of(item), "other signs", respaced(make.chance, number), "number"
    if way > 0.6 and (shorter := shortened(make.chance, number)) is not None:
        sure, variant, said, by = Sure.KNOWABLE, "a part left out", shorter, "near"
    elif way > 0.45 and (other := pointed(make.chance, number)) is not None:
        sure, variant, said = Sure.KNOWABLE, "points", other
    make.pay(What("reformatted", variant, sure), item.open, said, make.shares(item), make.owner(item), by=by, said=said)


def beside_the_customer(make: Making) -> None:
    """The customer's number and the item's in one, as forms ask for it."""
    item = make.take(lambda item: len(item.invoice_no) >= _CERTAIN_NUMBER)
    owner = make.owner(item)
    sign = make.chance.choice(("/", " / ", "-", ", "))
    text = f"{make.chance.choice(('Kd/Rg ', 'KdNr/ReNr ', ''))}{owner.customer_no}{sign}{item.invoice_no}"
    what = What("reformatted", "behind the customer number", Sure.KNOWABLE)
    make.pay(what, item.open, text, make.shares(item), owner, whole=True, by="told")


def repeated(make: Making) -> None:
    """The number twice, or in the purpose and in the end-to-end id."""
    item = make.take()
    number = item.invoice_no
    text, reference = (f"{number} Rechnung {number}", None) if make.chance.random() < 0.5 else (number, number)
    make.pay(
        What("exact", "twice", sure_of(item)),
        item.open,
        text,
        make.shares(item),
        make.owner(item),
        by="number",
        said=number,
        end_to_end_id=reference,
    )


def last_years(make: Making) -> None:
    """The serial of this year's item with last year's number, which is paid; or the other way round."""
    owner, value, serial = make.someone(), make.own_amount(), make.chance.randrange(1, 99_999)
    new, old = f"RE-2026-{serial:05}", f"RE-2025-{serial:05}"
    if new in make.numbers or old in make.numbers:
        return
    make.add(make.another(owner), amount=make.own_amount(), number=old, left=0)
    item = make.add(owner, amount=value, number=new)
    if make.chance.random() < 0.5:
        what = What("typo", "last year", Sure.KNOWABLE)
        make.pay(what, value, old, make.shares(item), owner, iban=owner.iban or owner.purse, name=owner.name)
    else:
        what = What("exact", "beside last year's", Sure.CERTAIN)
        make.pay(what, value, new, make.shares(item), owner, by="number", said=new)


def typo(make: Making) -> None:
    """One slip in the number."""
    item = make.take(lambda item: len(item.invoice_no) >= _CERTAIN_NUMBER)
    said = mistyped(make.chance, item.invoice_no)
    known = make.chance.random() < 0.75
    make.pay(
        What("typo", "known payer" if known else "unknown payer", Sure.KNOWABLE),
        item.open,
        said,
        make.shares(item),
        make.owner(item) if known else make.stranger(),
        by="near",
        said=said,
    )


def third_party(make: Making) -> None:
    """Somebody else pays: with the number in full, or with the customer's name in the purpose."""
    item = make.take()
    owner, payer = make.owner(item), make.stranger()
    if make.chance.random() < 0.7:
        make.pay(
            What("third party", "number", sure_of(item)),
            item.open,
            item.invoice_no,
            make.shares(item),
            payer,
            by="number",
            said=item.invoice_no,
        )
        return
    issued = item.issue_date
    assert issued is not None
    text = make.chance.choice(
        (f"fuer {owner.name} Rechnung vom {issued:%d.%m.%Y}", f"i.A. {owner.name}", f"{owner.name}")
    )
    draft = make.pay(
        What("third party", "name in the purpose", Sure.KNOWABLE),
        item.open,
        text,
        make.shares(item),
        payer,
        whole=True,
        by="payer",
    )
    draft.payer = owner


def in_the_reference(make: Making) -> None:
    """The number only in the end-to-end id that the payer gave."""
    item = make.take(lambda item: len(item.invoice_no) >= _CERTAIN_NUMBER)
    owner = make.owner(item)
    make.pay(
        What("end-to-end id", "of the payer", Sure.KNOWABLE),
        item.open,
        make.chance.choice((None, "Danke")),
        make.shares(item),
        owner,
        whole=True,
        end_to_end_id=item.invoice_no,
        by="told",
    )


def creditor_ref(make: Making) -> None:
    """An RF reference: in its field, or in the purpose, with blanks or without."""
    owner, number = make.someone(), make.number()
    item = make.add(owner, number=number, creditor_reference=creditor_reference(number))
    reference = item.creditor_reference or ""
    grouped = " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))
    way = make.chance.randrange(4)
    if way == 0:
        make.pay(
            What("RF reference", "in its field", Sure.CERTAIN),
            item.open,
            None,
            make.shares(item),
            owner,
            creditor_reference=reference,
        )
    elif way == 1:
        make.pay(
            What("RF reference", "in the purpose", Sure.CERTAIN),
            item.open,
            reference,
            make.shares(item),
            owner,
            whole=True,
        )
    elif way == 2:
        make.pay(
            What("RF reference", "in groups of four", Sure.CERTAIN),
            item.open,
            f"Ref {grouped}",
            make.shares(item),
            owner,
            whole=True,
        )
    else:
        # Another creditor's reference, good by its check digits, around a number that is ours.
        payer = make.stranger()
        foreign = creditor_reference(
            f"{make.chance.randrange(10, 99)}{squashed(item.invoice_no)}{make.chance.randrange(10, 99)}"
        )
        make.pay(
            What("RF reference", "of another creditor", Sure.FOREIGN),
            item.open,
            foreign,
            (),
            payer,
            whole=True,
            creditor_reference=make.chance.choice((foreign, None)),
        )


def refund(make: Making) -> None:
    """We pay a credit note out; or we pay a supplier whose invoice has a number like ours."""
    if make.chance.random() < 0.6:
        owner, value = make.someone(), make.own_amount()
        note = make.add(owner, amount=-value, document_type=DocumentType.CREDIT_NOTE)
        make.pay(
            What("paid out", "credit note", Sure.KNOWABLE),
            -value,
            f"Gutschrift {note.invoice_no}",
            make.shares(note),
            owner,
            whole=True,
            kind=_OUT,
            gvc="116",
            by="number",
            said=note.invoice_no,
        )
        return
    item = make.take()
    make.pay(
        What("paid out", "a supplier's invoice", Sure.FOREIGN),
        -item.open,
        f"Rechnung {item.invoice_no}",
        (),
        make.stranger(),
        whole=True,
        kind=_OUT,
        gvc="116",
    )


def sure_of(item: OpenItem) -> Sure:
    """A number in full and the exact amount: certain, if the number is long enough to say anything."""
    return Sure.CERTAIN if len(squashed(item.invoice_no)) >= _CERTAIN_NUMBER else Sure.KNOWABLE
