"""Why a direct debit came back, what that means, and what follows (EPC173-14; domain.md 4.2).

``RETURN_REASONS`` is data: a row a code. What follows is advice that a person confirms; only the consequence for the
mandate is certain enough to act on before anyone looks.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Retry(StrEnum):
    """Whether to present again. A re-presentation is a new collection: new EndToEndId, new pre-notification."""

    NO = "no"
    AFTER_FIX = "after_fix"
    ONCE = "once"
    NEW_DATE = "new_date"


class MandateConsequence(StrEnum):
    """What becomes of the mandate. ``end`` waits for a person's confirmation, the others do not."""

    KEEP = "keep"
    SUSPEND = "suspend"
    BLOCK = "block"
    END = "end"


class FeePassed(StrEnum):
    """Whether the bank's charge may be passed on to the customer (domain.md 7.4): ``maybe`` asks who caused it."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


class NextStep(StrEnum):
    """What a person does next."""

    ASK_ACCOUNT = "ask_account"
    ASK_RELEASE = "ask_release"
    ASK_REASON = "ask_reason"
    CONTACT = "contact"
    CORRECT = "correct"
    CORRECT_AMENDMENT = "correct_amendment"
    CHECK_DUPLICATE = "check_duplicate"
    CLOSE_RECALL = "close_recall"
    DISPUTE = "dispute"
    ESTATE = "estate"
    NEW_CORE_MANDATE = "new_core_mandate"
    PAYMENT_REQUEST = "payment_request"
    PRESENT_AGAIN = "present_again"


@dataclass(frozen=True, slots=True)
class ReturnReason:
    """A reason code with its meaning in German and English, and what follows. ``disputed`` marks those after which
    nobody is dunned until a person has decided."""

    code: str
    de: str
    en: str
    retry: Retry
    mandate: MandateConsequence
    next_step: NextStep
    fee: FeePassed
    disputed: bool = False


def _reason(code: str, texts: tuple[str, str], what: tuple[str, str, str, str], disputed: bool = False) -> ReturnReason:
    retry, mandate, step, fee = what
    return ReturnReason(
        code, *texts, Retry(retry), MandateConsequence(mandate), NextStep(step), FeePassed(fee), disputed
    )


_ROWS: Final = (
    _reason("AC01", ("IBAN falsch oder Konto unbekannt", "IBAN wrong or account unknown"),
            ("no", "suspend", "ask_account", "maybe")),
    _reason("AC04", ("Konto aufgelöst", "Account closed"), ("no", "suspend", "ask_account", "yes")),
    _reason("AC06", ("Konto gesperrt", "Account blocked"), ("no", "suspend", "payment_request", "yes")),
    _reason("AC13", ("Konto eines Verbrauchers, Firmenlastschrift nicht möglich", "Consumer's account, no B2B debit"),
            ("no", "end", "new_core_mandate", "no")),
    _reason("AG01", ("Lastschrift bei dieser Kontoart nicht möglich", "No direct debit on this kind of account"),
            ("no", "suspend", "ask_account", "maybe")),
    _reason("AG02", ("Falscher Geschäftsvorfall oder falscher Sequenztyp", "Wrong transaction code or sequence type"),
            ("after_fix", "keep", "correct", "no")),
    _reason("AM04", ("Keine ausreichende Deckung", "Insufficient funds"), ("once", "keep", "payment_request", "yes")),
    _reason("AM05", ("Doppelt eingereicht", "Duplicate"), ("no", "keep", "check_duplicate", "no"), disputed=True),
    _reason("BE05", ("Gläubiger-ID falsch", "Creditor identifier wrong"), ("after_fix", "keep", "correct", "no")),
    _reason("CNOR", ("Bank des Gläubigers im Verfahren nicht erreichbar", "Creditor bank not registered in the scheme"),
            ("no", "suspend", "payment_request", "no")),
    _reason("DNOR", ("Bank des Zahlers im Verfahren nicht erreichbar", "Debtor bank not registered in the scheme"),
            ("no", "suspend", "ask_account", "no")),
    _reason("DT01", ("Fälligkeitsdatum ungültig", "Collection date invalid"), ("after_fix", "keep", "correct", "no")),
    _reason("ED05", ("Verrechnung gescheitert", "Settlement failed"), ("new_date", "keep", "present_again", "no")),
    _reason("FF01", ("Dateiformat falsch", "File format wrong"), ("after_fix", "keep", "correct", "no")),
    _reason("FF05", ("Lastschriftart falsch", "Local instrument wrong"), ("after_fix", "keep", "correct", "no")),
    _reason("FOCR", ("Rückgabe nach Rückruf", "Positive answer to a cancellation request"),
            ("no", "keep", "close_recall", "no")),
    _reason("MD01", ("Kein gültiges Mandat, nicht autorisiert", "No valid mandate, unauthorised"),
            ("no", "block", "dispute", "no"), disputed=True),
    _reason("MD02", ("Mandatsdaten fehlen oder sind falsch", "Mandate data missing or wrong"),
            ("after_fix", "keep", "correct_amendment", "no")),
    _reason("MD06", ("Widerspruch des Zahlers innerhalb von acht Wochen", "Refund claimed within eight weeks"),
            ("no", "suspend", "ask_reason", "maybe")),
    _reason("MD07", ("Zahler verstorben", "Debtor deceased"), ("no", "end", "estate", "no"), disputed=True),
    _reason("MS02", ("Vom Zahler zurückgewiesen, ohne Angabe von Gründen", "Refused by the debtor, no reason given"),
            ("no", "suspend", "contact", "maybe")),
    _reason("MS03", ("Von der Bank zurückgegeben, Grund nicht angegeben (meist fehlende Deckung)",
                     "Returned by the bank, no reason given (mostly lack of funds)"),
            ("once", "keep", "payment_request", "yes")),
    _reason("RC01", ("BIC falsch", "BIC wrong"), ("after_fix", "keep", "correct", "no")),
    _reason("RF01", ("Referenz nicht eindeutig", "Transaction reference not unique"),
            ("after_fix", "keep", "correct", "no")),
    _reason("RR01", ("Konto oder Kennung des Zahlers fehlt", "Account or identification of the debtor missing"),
            ("after_fix", "keep", "correct", "no")),
    _reason("RR02", ("Name oder Anschrift des Zahlers fehlt oder ist ungültig", "Debtor name or address wrong"),
            ("after_fix", "keep", "correct", "no")),
    _reason("RR03", ("Name oder Anschrift des Gläubigers fehlt oder ist ungültig",
                     "Creditor name or address wrong"),
            ("after_fix", "keep", "correct", "no")),
    _reason("RR04", ("Aufsichtsrechtlicher Grund", "Regulatory reason"), ("no", "suspend", "contact", "no")),
    _reason("SL01", ("Vom Zahler bei seiner Bank gesperrt oder begrenzt", "Blocked or limited by the debtor"),
            ("no", "suspend", "ask_release", "maybe")),
    _reason("TM01", ("Nach Annahmeschluss eingereicht", "Received after the cut-off time"),
            ("new_date", "keep", "present_again", "no")),
)  # fmt: skip

RETURN_REASONS: Final = {row.code: row for row in _ROWS}

# MS03 stands for several reasons that a German bank keeps to itself: at the second in a row the mandate is suspended.
SUSPENDED_AFTER: Final = {"MS03": 2}

# Text keys of field 86 of MT940 (DK), as far as they are confirmed (domain.md 1.4); no guess for any other.
DK_TEXT_KEYS: Final = {
    "901": "AC01", "902": "AC04", "903": "AC06", "904": "AG01", "906": "AM04", "909": "MD01", "910": "MD02",
    "912": "MD06", "913": "MD07", "914": "MS03", "915": "RC01",
}  # fmt: skip


def return_reason(code: str | None) -> ReturnReason | None:
    """The reason of a code, ``None`` for one that is not known: never a guess."""
    return None if code is None else RETURN_REASONS.get(code.strip().upper())


def caused_by_debtor() -> tuple[str, ...]:
    """The codes of returns that the debtor has caused: he owes what they cost (§ 280 BGB; domain.md 4.2, 7.4).

    >>> caused_by_debtor()
    ('AC04', 'AC06', 'AM04', 'MS03')
    """
    return tuple(row.code for row in _ROWS if row.fee is FeePassed.YES)


def chargeable() -> tuple[str, ...]:
    """The codes after which a debtor may have to bear the charge, surely or as the case is. After all others it is the
    creditor's own fault, or a bank's: a missing mandate, a duplicate, a file that was wrong.

    >>> "MD06" in chargeable(), "MD01" in chargeable(), "AM05" in chargeable()
    (True, False, False)
    """
    return tuple(row.code for row in _ROWS if row.fee is not FeePassed.NO)


def reason_of_text_key(text_key: str) -> str | None:
    """The ISO code of a DK text key; its first three digits count.

    >>> reason_of_text_key("912"), reason_of_text_key("914000"), reason_of_text_key("905")
    ('MD06', 'MS03', None)
    """
    return DK_TEXT_KEYS.get(text_key[:3])


def mandate_consequence(code: str | None, in_a_row: int = 1) -> MandateConsequence:
    """What becomes of the mandate after a return, the ``in_a_row``-th of its collections to come back one after the
    other.

    MD01 blocks at once; a first MS03 keeps it, a second suspends. A reason that is not known keeps the mandate: what
    to do is asked, not guessed.

    >>> mandate_consequence("MS03").value, mandate_consequence("MS03", 2).value, mandate_consequence("MD01").value
    ('keep', 'suspend', 'block')
    """
    reason = return_reason(code)
    if reason is None:
        return MandateConsequence.KEEP
    limit = SUSPENDED_AFTER.get(reason.code)
    if limit is not None and in_a_row >= limit:
        return MandateConsequence.SUSPEND
    return reason.mandate
