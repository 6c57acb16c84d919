"""Purpose texts: what people write around an invoice number, and what the way through the banks does to it."""

import random
from datetime import date
from typing import Final

from bench.world.people import Person, plain_letters
from sepa.money import shown

# One piece of the purpose in MT940 (sub-fields ?20 to ?29).
PIECE: Final = 27
_LONGEST: Final = 140

_BEFORE: Final = ("Rechnung ", "Rechnung Nr. ", "Rg.Nr. ", "RNr ", "Re. ", "RG ", "Rechnungsnr.: ", "Rechnungs-Nr ",
                  "Ihre Rechnung ", "Zahlung Rechnung ", "Invoice ", "RgNr.", "Beleg ", "Betr. ", "zu ", "Faktura ",
                  "ReNr:", "Nr: ", "R.-Nr. ", "Invoice no. ", "Payment for invoice ", "#", "Zahlungsreferenz ",
                  "Rechn. v. {day} Nr. ", "Belegnr. ", "", "", "", "", "")  # fmt: skip
_AFTER: Final = ("", "", "", "", "", "", " Danke", " vielen Dank", " vom {day}", " v. {day}", " Kd-Nr. {customer}",
                 " Kundennr {customer}", ", KdNr.: {customer}", " EUR {amount}", " Betrag {amount} EUR",
                 " Tel. 0221 {phone}", " {name} {postcode} {town}", " {name}", " Bestellung 45{phone}",
                 " unser Zeichen MU/{small}", " Best.-Nr. B-{phone}", " Lieferung KW {week}", " Mahnung vom {day}",
                 " / {day}", " DATUM {day}, {hour}.{minute} UHR", " EREF: NOTPROVIDED", " TAN {phone}",
                 " IBAN: {iban} BIC: BEISDE33XXX", " End-to-End-Ref.: NOTPROVIDED", " ({day})",
                 " gem. Angebot A{small}", " {amount}", " per {day}", ".")  # fmt: skip
_IN_FRONT: Final = ("", "", "", "", "", "", "", "", "{name} ", "Kd. {customer} ", "{day} ", "Danke ", "SVWZ ", "SVWZ+",
                    "Online-Ueberweisung ", "Verwendungszweck: ")  # fmt: skip


def around(chance: random.Random, core: str, person: Person, day: date, amount: int) -> str:
    """A text with words before and behind what matters. The words quote the payer, days, amounts, other numbers."""
    facts = {
        "day": f"{day:%d.%m.%Y}" if chance.random() < 0.7 else f"{day:%d.%m.%y}",
        "customer": person.customer_no or "unbekannt",
        "amount": shown(abs(amount), "de"),
        "phone": str(chance.randrange(100_000, 99_999_999)),
        "iban": person.iban or person.purse,
        "name": person.name,
        "postcode": person.postcode,
        "town": person.town,
        "small": chance.randrange(10, 99),
        "week": chance.randrange(1, 53),
        "hour": f"{chance.randrange(24):02}",
        "minute": f"{chance.randrange(60):02}",
    }
    made = chance.choice(_IN_FRONT) + chance.choice(_BEFORE) + "{core}" + chance.choice(_AFTER)
    return made.format(core=core, **facts)


def delivered(chance: random.Random, text: str) -> str:
    """The text as it comes out of a bank's file: as written, in plain capitals, umlauts lost, cut into pieces."""
    text = text[:_LONGEST]
    letters = chance.random()
    if letters < 0.3:
        text = plain_letters(text)[:_LONGEST]
    elif letters < 0.4:
        text = "".join(sign if sign.isascii() else chance.choice(("?", " ", ".")) for sign in text)
    way = chance.random()
    if way < 0.5:
        return text.strip()
    pieces = [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
    if way < 0.8:
        return "".join(pieces).strip()  # The pieces are full: nothing is lost.
    if way < 0.9:
        return "".join(piece.strip() for piece in pieces)  # Blanks at the edge of a piece are lost.
    return " ".join(piece.strip() for piece in pieces)


def broken(chance: random.Random, before: str, number: str, after: str) -> str:
    """A text whose piece ends inside the number, and a blank comes in at the break."""
    at = chance.randrange(1, len(number))
    padded = before.rjust(PIECE - at)[-(PIECE - at) :].strip()
    return f"{padded} {number[:at].strip()} {number[at:].strip()}{after}".strip()
