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
        "ANG", "EREF", "HAUS", "KREF", "LIEFERSCHEIN", "MANDAT", "MEMBER", "MITGLIED", "MREF", "OBJEKT", "ORDER",
        "PERSONAL", "PLZ", "PO", "POLICE", "POLICY", "PROJEKT", "SCHADEN", "STEUER", "TAN", "TERMIN", "TERMINAL",
        "TICKET", "VERS", "VERSICHERUNG", "VERTRAG", "WHG", "WOHNUNG", "ZAEHLER", "ZEICHEN", "ZIMMER",
    }
)  # fmt: skip
# Words that begin compound words for something else: "Auftragsbestaetigung", "Kassenzeichen", "Mandatsref".
_OTHER_STEM = re.compile(
    "ANGEBOTS|AKTEN|AUFTRAGS|BESTELL|BUCHUNGS|GUTSCHEIN|KASSEN|KARTEN|KUNDENK|LIEFERSCH|MANDATS|MATRIKEL|MITGLIEDS|MANDATE|"
    "OBJEKT|POLICE|PROJEKT|RESERVIERUNG|TERMIN|TICKET|VERSICHERUNGS|VERTRAGS|VORGANGS|WOHNUNGS|ZAEHLER"
)
_INVOICE_STEM = re.compile("RECHNUNG|FAKTUR|INVOICE|FACTU|FATTURA")
# What is paid for: with "Nr." behind it a number of that, by itself no word for a number.
_PURPOSE: Final = frozenset({"ABO", "BEITRAG", "BEITRAGS", "KURS", "MIETE", "SPENDE", "SPENDEN"})
# Words of ``_INVOICE`` that introduce other things as well.
_VAGUE: Final = frozenset(
    {
        "BELEG", "BELEGS", "BETR", "BETREFF", "DOC", "DOK", "DOKUMENT", "FUER", "REF", "REFERENZ", "VERWENDUNGSZWECK",
        "ZAHLUNGSREFERENZ", "ZR", "ZU", "ZWECK",
    }
)  # fmt: skip
_NUMBER: Final = frozenset({"NR", "NO", "NUM", "NUMMER", "NUMBER", "NUMERO"})
# Texts are read backwards from the digits: a pattern that ends there would be tried at every place before.
_LAST_WORD = re.compile(r"[\s.:#+-]*([^\W\d_]+)")
_SUFFIX = re.compile(r"(.+?)(?:NR|NUMMER|NUMBER)\Z")
# A year may stand between the word and the number's own word: "Rechnung 2026 Nr. 815".
_WORD_BEFORE = re.compile(r"([^\W\d_]+)([\s.:#-]*)(?:(?:19|20)\d\d[\s.:/-]*)?\Z")
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
    word, tied, counted = _word_before(raw, start)
    if word in _INVOICE or _INVOICE_STEM.search(word):
        return "invoice"
    if tied or word in _OTHER or _OTHER_STEM.match(word) or (counted and word in _PURPOSE):
        return "other"
    return None


def says_invoice(raw: str, start: int) -> bool:
    """Whether the word before a place plainly says that an invoice number follows.

    >>> [says_invoice(text, len(text)) for text in ("Rechnung Nr. ", "RG", "fuer ", "Whg ")]
    [True, True, False, False]
    """
    word, _, _ = _word_before(raw, start)
    return (word in _INVOICE and word not in _VAGUE) or _INVOICE_STEM.search(word) is not None


def _word_before(raw: str, start: int) -> tuple[str, bool, bool]:
    """The word before a place without its "Nr.", whether "Nr." is tied to it, and whether there is one at all."""
    before = folded(raw[max(0, start - _BEFORE) : start])
    last = _LAST_WORD.match(before[::-1])
    if last is None:
        return "", False, False
    word = last[1][::-1]
    if word in _NUMBER:
        before = before[: -last.end()]
        found = _WORD_BEFORE.search(before)
        # "R.-Nr.:Nr." says it twice.
        while found is not None and found[1] in _NUMBER:
            before = before[: found.start()]
            found = _WORD_BEFORE.search(before)
        if found is None:
            return "", False, True
        return found[1], found[2].strip() == found[2] != "", True
    if word not in _INVOICE and (stem := _SUFFIX.match(word)) is not None:
        return stem[1], True, True
    return word, False, False


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
