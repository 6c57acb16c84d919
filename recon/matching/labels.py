"""What the words around some digits say that they are: an invoice, or a customer, an order, a contract, a postcode.

Asked only of digits without letters of their own: ``RE-2026-0815`` is an invoice number whatever stands before it.
"""

import re
from typing import Final, Literal

from recon.matching.text import folded

# Words that introduce an invoice number, by themselves or with "Nr." behind them.
_INVOICE: Final = frozenset(
    {
        "BELEG", "BELEGS", "BETR", "BETREFF", "BILL", "DOC", "DOK", "DOKUMENT", "FACTURA", "FACTURE", "FACTUUR",
        "FAKTURA", "FATTURA", "FUER", "GS", "GUTSCHRIFT", "INV", "INVOICE", "MAHNUNG", "R", "RE", "RECH", "RECHN",
        "RECHNUNG", "RECHNUNGEN", "RECHNUNGS", "REF", "REFERENZ", "RG", "RGN", "RN", "VERWENDUNGSZWECK",
        "ZAHLUNGSREFERENZ", "ZR", "ZU", "ZWECK",
    }
)  # fmt: skip
# Words that introduce something else, by themselves or with "Nr." behind them.
_OTHER: Final = frozenset(
    {
        "ACCOUNT", "AKTE", "AKTENZEICHEN", "ANGEBOT", "AUFTRAG", "AZ", "BANKKONTO", "BANKLEITZAHL", "BEST", "BESTELL",
        "BESTELLUNG", "BLZ", "CONTRACT", "CUSTOMER", "DEBITOR", "KARTE", "KD", "KONTO", "KTO", "KUNDE", "KUNDEN",
        "LIEFERSCHEIN", "MANDAT", "MEMBER", "MITGLIED", "ORDER", "PERSONAL", "PLZ", "PO", "POLICE", "POLICY", "PROJEKT",
        "SCHADEN", "STEUER", "TAN", "TICKET", "VERS", "VERSICHERUNG", "VERTRAG", "ZAEHLER", "ZEICHEN",
    }
)  # fmt: skip
_NUMBER: Final = frozenset({"NR", "NO", "NUM", "NUMMER", "NUMBER", "NUMERO"})
_SUFFIX = re.compile(r"(.+?)(?:NR|NUMMER|NUMBER)\Z")
_WORD_BEFORE = re.compile(r"([^\W\d_]+)([\s.:#-]*)\Z")
# A postcode and its town: a word with a capital, no abbreviation, no label of further digits.
_TOWN = re.compile(r" ([A-ZÄÖÜ][^\W\d_]{2,})(?![^\W\d_]|[.:]|-[A-Z]{1,2}\b|\s?\d)")
# Words behind a number that are no town, however they are written.
_NO_TOWN: Final = frozenset(
    {
        "ABZGL", "AUFTRAG", "BESTELLUNG", "BETRAG", "BIC", "BIS", "BRILLE", "DANK", "DANKE", "DATUM", "END", "EREF",
        "EUR", "FIRMA", "FRAU", "FUER", "GEM", "GRUSS", "HERR", "IBAN", "IHR", "IHRE", "INVOICE", "KDNR", "KUNDE",
        "KUNDENNR", "KUNDENNUMMER", "LAUT", "LIEFERUNG", "MAHNUNG", "MANDAT", "MIT", "ORDER", "RATE", "RECHNUNG",
        "RECHNUNGEN", "REST", "SCHLUSSRATE", "SKONTO", "SVWZ", "TAN", "TEIL", "TEILZAHLUNG", "THANK", "THANKS", "UND",
        "UNSER", "UNSERE", "VIELEN", "VOM", "ZAHLUNG",
    }
)  # fmt: skip
_POSTCODE: Final = 5
# A label is no longer than this.
_BEFORE: Final = 40

Label = Literal["invoice", "other"]


def label(raw: str, start: int) -> Label | None:
    """What the word before a place says of the digits there; None where it says nothing.

    >>> [label(text, len(text)) for text in ("Rechnung Nr. ", "Rg.-Nr.", "Policennr. ", "Best.-Nr. ", "PO ", "danke ")]
    ['invoice', 'invoice', 'other', 'other', 'other', None]
    """
    before = folded(raw[max(0, start - _BEFORE) : start])
    found = _WORD_BEFORE.search(before)
    if found is None:
        return None
    word = found[1]
    tied = False
    if word in _NUMBER:
        found = _WORD_BEFORE.search(before[: found.start()])
        if found is None:
            return None
        word, tied = found[1], found[2].strip() == found[2] != ""
    elif word not in _INVOICE and (stem := _SUFFIX.match(word)) is not None:
        word, tied = stem[1], True
    if word in _INVOICE:
        return "invoice"
    return "other" if tied or word in _OTHER else None


def is_another(raw: str, start: int, end: int, names: frozenset[str] = frozenset()) -> bool:
    """Whether digits in a text are said to be something else than an invoice: a word before them says so, or their last
    five are a postcode before its town. ``names`` are words that are no town: the payer's name.

    >>> [is_another(text, text.index("7"), text.index("7") + 5)
    ...  for text in ("70124 Stuttgart", "70124 danke", "Konto 70124", "Rechnung 70124 Stuttgart")]
    [True, False, True, False]
    """
    said = label(raw, start)
    if said == "other":
        return True
    at = end - _POSTCODE
    if at < start or not raw[at:end].isdigit() or (at > start and not raw[at - 1].isspace()):
        return False
    town = _TOWN.match(raw, end)
    if town is None or (word := folded(town[1])) in _NO_TOWN or word in names:
        return False
    return at > start or (said is None and raw[start - 1 : start] != "#")
