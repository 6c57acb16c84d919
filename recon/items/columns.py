"""The columns of the three tables (contract.md 3): name, headings that mean it, and how its cells are read.

The contract's own name is always a heading. Case, blanks, umlauts and punctuation of a heading do not count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from recon.items import values
from recon.items.headings import fold
from recon.model.items import CustomerType, DocumentType, PaymentMethod

# The longest number that programs give an invoice or a customer stays far below; DATEV takes 36.
ID_CHARACTERS: Final = 60
TEXT_CHARACTERS: Final = 200
REASON_CHARACTERS: Final = 500
PHONE_CHARACTERS: Final = 40
# A term or a dunning distance of more than three years is a typing error.
MAX_DAYS: Final = 1100


class Kind(StrEnum):
    """What a table lists."""

    CUSTOMERS = "customers"
    ITEMS = "items"
    MANDATES = "mandates"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``mandatory``: the heading must be there and every row must fill it; ``blank_ok`` lifts the latter.
    ``money`` cells are read after the others, in the currency of their row."""

    name: str
    read: values.Reader
    headings: tuple[str, ...] = ()
    mandatory: bool = False
    blank_ok: bool = False
    money: bool = False


LANGUAGES: Final = {
    "de": ("deutsch", "german", "ger", "deu", "de-DE"),
    "en": ("englisch", "english", "eng", "en-GB", "en-US"),
}
TYPES: Final = {
    CustomerType.PERSON: ("Privat", "Privatperson", "Privatkunde", "natürliche Person", "private", "consumer", "B2C"),
    CustomerType.COMPANY: (
        "Firma",
        "Firmenkunde",
        "Unternehmen",
        "gewerblich",
        "juristische Person",
        "business",
        "B2B",
    ),
}
DISPATCHES: Final = {
    "post": ("Brief", "Postversand", "letter", "mail by post"),
    "email": ("E-Mail", "Mail", "elektronisch"),
}
DOCUMENT_TYPES: Final = {
    DocumentType.INVOICE: ("Rechnung", "RE", "Ausgangsrechnung", "AR", "Schlussrechnung"),
    DocumentType.CREDIT_NOTE: ("Gutschrift", "GS", "Rechnungskorrektur", "Stornorechnung", "credit", "credit memo"),
    DocumentType.INSTALMENT_INVOICE: ("Abschlagsrechnung", "Teilrechnung", "Ratenrechnung", "installment invoice"),
    DocumentType.PURCHASE_INVOICE: ("Eingangsrechnung", "ER", "Lieferantenrechnung", "incoming invoice", "bill"),
}
PAYMENT_METHODS: Final = {
    PaymentMethod.TRANSFER: ("Überweisung", "credit transfer", "bank transfer", "auf Rechnung"),
    PaymentMethod.DIRECT_DEBIT: ("Lastschrift", "SEPA-Lastschrift", "Bankeinzug", "Einzug", "SEPA direct debit", "SDD"),
}
SCHEMES: Final = {
    "CORE": ("Basis", "Basislastschrift", "SEPA-Basislastschrift", "Core-Lastschrift"),
    "B2B": ("Firma", "Firmenlastschrift", "SEPA-Firmenlastschrift"),
}
MANDATE_KINDS: Final = {
    "recurrent": ("wiederkehrend", "dauerhaft", "Dauerlastschrift", "mehrmalig", "recurring", "RCUR", "FRST"),
    "one_off": ("einmalig", "Einmallastschrift", "one-off", "single", "OOFF"),
}
MANDATE_STATUSES: Final = {
    "active": ("aktiv", "gültig", "valid", "offen"),
    "suspended": ("ausgesetzt", "ruhend", "ruht", "suspendiert"),
    "blocked": ("gesperrt", "blockiert", "pausiert", "on hold"),
    "revoked": ("widerrufen", "gekündigt", "storniert", "cancelled", "canceled"),
    "expired": ("abgelaufen", "erloschen", "verfallen", "lapsed"),
}

_CUSTOMER_NO: Final = Column(
    "customer_no",
    values.identifier(ID_CHARACTERS),
    ("Kundennummer", "Kundennr", "Kunden-Nr.", "Kd-Nr", "KdNr", "KNr", "Debitorennummer", "Debitorennr",
     "Debitoren-Nr.", "customer number", "customer id", "account no", "KUNNR"),
    mandatory=True,
)  # fmt: skip
_BRANCH: Final = Column(
    "branch", values.identifier(ID_CHARACTERS), ("Filiale", "Filialnummer", "Filialcode", "Niederlassung", "Standort")
)
_BIC: Final = Column("bic", values.bic, ("BIC/SWIFT", "SWIFT", "SWIFT-Code"))
_LANGUAGE: Final = Column("language", values.choice(LANGUAGES), ("Sprache", "lang"))
_DAYS: Final = values.integer(0, MAX_DAYS)

COLUMNS: Final[Mapping[Kind, tuple[Column, ...]]] = {
    Kind.CUSTOMERS: (
        _CUSTOMER_NO,
        Column("name", values.text(TEXT_CHARACTERS),
               ("Kundenname", "Firma", "Firmenname", "Name/Firma", "Bezeichnung", "customer name", "full name"),
               mandatory=True),
        Column("type", values.choice(TYPES), ("Kundentyp", "Kundenart", "Typ", "Art", "customer type")),
        _LANGUAGE,
        Column("email", values.email, ("E-Mail", "Mail", "E-Mail-Adresse", "Mailadresse", "mail address")),
        Column("street", values.text(TEXT_CHARACTERS),
               ("Straße", "Straße und Hausnummer", "Straße Nr.", "Str.", "street address")),
        Column("postcode", values.identifier(ID_CHARACTERS), ("PLZ", "Postleitzahl", "postal code", "zip", "zip code")),
        Column("town", values.text(TEXT_CHARACTERS), ("Ort", "Stadt", "Wohnort", "city")),
        Column("country", values.country_code, ("Land", "Länderkürzel", "Ländercode", "Staat", "country code")),
        _BRANCH,
        Column("iban", values.iban, ("IBAN Kunde", "Kunden-IBAN", "customer iban")),
        _BIC,
        Column("payment_term_days", _DAYS,
               ("Zahlungsziel", "Zahlungsziel (Tage)", "Zahlungsziel in Tagen", "Zahlungsfrist", "Zahlungsfrist Tage",
                "payment term", "payment terms", "payment terms days", "net days")),
        *(Column(f"dunning_days_{number}", _DAYS,
                 (f"Mahntage {number}", f"Kundenmahntage {number}", f"Mahnfrist {number}",
                  f"Mahntage Stufe {number}", f"dunning days level {number}")) for number in (1, 2, 3, 4)),
        Column("dispatch", values.choice(DISPATCHES), ("Versand", "Versandart", "Versandweg", "dispatch type")),
        Column("dunning_block_until", values.day,
               ("Mahnsperre bis", "Mahnstopp bis", "dunning blocked until", "dunning stop until")),
        Column("dunning_block_reason", values.text(REASON_CHARACTERS),
               ("Mahnsperre Grund", "Grund der Mahnsperre", "Mahnsperregrund", "Sperrgrund")),
        Column("debtor_account", values.debtor_account,
               ("Debitorenkonto", "Debitor-Konto", "Personenkonto", "DATEV-Konto", "Konto Debitor")),
        Column("phone", values.text(PHONE_CHARACTERS),
               ("Telefon", "Telefonnummer", "Tel.", "Tel", "Rufnummer", "telephone", "phone number")),
    ),
    Kind.ITEMS: (
        Column("invoice_no", values.identifier(ID_CHARACTERS),
               ("Rechnungsnummer", "Rechnungsnr", "Rechnungs-Nr.", "Rechnung Nr.", "RgNr", "Rg-Nr.", "Re-Nr.", "RNr",
                "Belegnummer", "Beleg-Nr.", "Belegnr", "Belegfeld 1", "Rechnung", "invoice number", "invoice",
                "document number", "document no", "number"),
               mandatory=True),
        _CUSTOMER_NO,
        Column("amount", values.amount,
               ("Betrag", "Bruttobetrag", "Brutto", "Rechnungsbetrag", "Gesamtbetrag", "Endbetrag", "Betrag brutto",
                "Betrag EUR", "Betrag in EUR", "Betrag €", "gross amount", "gross", "total", "total amount",
                "invoice amount"),
               mandatory=True, money=True),
        Column("due_date", values.day,
               ("Fälligkeit", "Fällig am", "Fälligkeitsdatum", "Fällig", "Zahlungsziel", "zahlbar bis",
                "due", "due on", "NETDT")),
        Column("issue_date", values.day,
               ("Rechnungsdatum", "Belegdatum", "Datum", "Ausstellungsdatum", "Rg-Datum", "RgDatum", "invoice date",
                "document date", "date", "issued on")),
        Column("customer_name", values.text(TEXT_CHARACTERS), ("Kundenname", "Name", "Debitorenname", "partner")),
        Column("currency", values.currency_code, ("Währung", "WKZ", "Währungskennzeichen", "WAERS", "ccy")),
        _BRANCH,
        Column("document_type", values.choice(DOCUMENT_TYPES),
               ("Belegart", "Belegtyp", "Dokumentart", "Art", "Typ", "type", "document kind")),
        Column("prepayment_amount", values.amount,
               ("Vorauszahlung", "Anzahlung", "Vorauszahlungsbetrag", "Anzahlungsbetrag", "prepayment", "deposit"),
               money=True),
        Column("prepayment_due", values.day,
               ("Vorauszahlung fällig am", "Anzahlung fällig am", "Fälligkeit Vorauszahlung", "Fälligkeit Anzahlung",
                "prepayment due date", "deposit due")),
        Column("discount_percent", values.percent,
               ("Skonto %", "Skontosatz", "Skonto in Prozent", "discount %", "cash discount %")),
        Column("discount_until", values.day,
               ("Skonto bis", "Skontofrist", "Skontodatum", "Skontofälligkeit", "Skonto fällig am", "discount date")),
        Column("payment_method", values.choice(PAYMENT_METHODS),
               ("Zahlungsart", "Zahlart", "Zahlungsweise", "Zahlweg", "payment type")),
        Column("mandate_id", values.mandate_id,
               ("Mandatsreferenz", "Mandat", "Mandats-ID", "SEPA-Mandatsreferenz", "Mandatsnummer", "mandate",
                "mandate reference", "mandate ref")),
        Column("service_contract", values.identifier(ID_CHARACTERS),
               ("Servicevertrag", "Servicevertragsnummer", "Vertrag", "Vertragsnummer", "contract", "contract no")),
        Column("creditor_reference", values.creditor_reference,
               ("RF-Referenz", "Gläubigerreferenz", "Zahlungsreferenz", "payment reference")),
        _LANGUAGE,
        Column("paid", values.amount,
               ("bezahlt", "bereits bezahlt", "gezahlt", "Zahlbetrag", "bezahlter Betrag", "paid amount",
                "amount paid", "already paid"),
               money=True),
    ),
    Kind.MANDATES: (
        Column("mandate_id", values.mandate_id,
               ("Mandatsreferenz", "Mandat", "Mandats-ID", "SEPA-Mandatsreferenz", "Mandatsnummer", "mandate",
                "mandate reference", "mandate ref", "UMR"),
               mandatory=True),
        _CUSTOMER_NO,
        Column("iban", values.iban, ("IBAN Zahler", "IBAN Kunde", "Kunden-IBAN", "debtor iban"), mandatory=True),
        Column("signed_on", values.day,
               ("unterschrieben am", "Unterschrift", "Unterschriftsdatum", "Datum der Unterschrift", "Mandatsdatum",
                "Mandat vom", "erteilt am", "signature date", "date of signature", "mandate date", "signed"),
               mandatory=True, blank_ok=True),
        _BIC,
        Column("account_holder", values.text(TEXT_CHARACTERS),
               ("Kontoinhaber", "Kontoinhaberin", "Zahler", "Zahlungspflichtiger", "debtor", "debtor name", "holder")),
        Column("scheme", values.choice(SCHEMES),
               ("Verfahren", "Lastschriftart", "Lastschriftverfahren", "Schema", "local instrument")),
        Column("kind", values.choice(MANDATE_KINDS),
               ("Art", "Mandatsart", "Mandatstyp", "Typ", "Häufigkeit", "sequence", "type", "mandate type")),
        Column("last_used_on", values.day,
               ("zuletzt genutzt am", "zuletzt verwendet am", "letzter Einzug", "letzte Nutzung", "letzter Einzug am",
                "last used", "last collection")),
        Column("status", values.choice(MANDATE_STATUSES), ("Mandatsstatus", "Zustand", "state", "mandate status")),
        Column("original_mandate_id", values.mandate_id,
               ("alte Mandatsreferenz", "ursprüngliche Mandatsreferenz", "frühere Mandatsreferenz", "old mandate id",
                "original mandate reference")),
        Column("original_iban", values.iban, ("alte IBAN", "ursprüngliche IBAN", "frühere IBAN", "old iban")),
        Column("original_creditor_id", values.creditor_id,
               ("alte Gläubiger-ID", "ursprüngliche Gläubiger-ID", "frühere Gläubiger-ID", "old creditor id")),
        Column("original_creditor_name", values.text(TEXT_CHARACTERS),
               ("alter Gläubiger", "ursprünglicher Gläubiger", "früherer Gläubiger", "old creditor",
                "old creditor name")),
    ),
}  # fmt: skip

# An item needs one of these two; the other may be missing (F-04).
ITEM_DATES: Final = ("due_date", "issue_date")

# What makes a table one of its kind, however little else it has.
_MARKS: Final = {
    Kind.MANDATES: ("mandate_id", "iban", "signed_on"),
    Kind.ITEMS: ("invoice_no", "amount"),
    Kind.CUSTOMERS: ("customer_no", "name"),
}
# A table without all of its marks is still told apart by the one column that no other kind is about.
_KEYS: Final = {Kind.ITEMS: ("invoice_no",), Kind.MANDATES: ("mandate_id", "signed_on")}


@cache
def headings(kind: Kind) -> Mapping[str, Column]:
    """The columns of a kind by their folded headings."""
    return {fold(word): column for column in COLUMNS[kind] for word in (column.name, *column.headings)}


def column_of(kind: Kind, name: str) -> Column | None:
    """The column with a contract name."""
    return next((column for column in COLUMNS[kind] if column.name == name), None)


def kind_of(found: tuple[str, ...]) -> Kind | None:
    """The kind of table with these headings, ``None`` where they are none of ours.

    The mandatory columns decide; a table that has those of two kinds is the one with more columns known. A table that
    lacks some is still taken for items or mandates by its invoice number or mandate, so that reading it can say what
    is missing.
    """
    folded = tuple(fold(heading) for heading in found)
    known = {kind: {headings(kind)[word].name for word in folded if word in headings(kind)} for kind in _MARKS}
    complete = [kind for kind, marks in _MARKS.items() if known[kind].issuperset(marks)]
    if complete:
        return max(complete, key=lambda kind: len(known[kind]))
    begun = [kind for kind, keys in _KEYS.items() if len(known[kind]) >= 3 and known[kind].intersection(keys)]
    return max(begun, key=lambda kind: len(known[kind])) if begun else None
