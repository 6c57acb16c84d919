"""Small worlds for the tests of matching, and decisions in words."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from recon.matching.engine import match
from recon.matching.world import CollectionRef, NoticeFee, OpenLine, World
from recon.model.items import Customer, DocumentType, OpenItem, Part, PartKind
from recon.model.matching import AllocationKind, Decision, Proposal
from recon.model.settings import MatchingSettings
from recon.model.statement import Counterparty, Line, LineKind
from sepa.money import parse_amount, plain

DUE = date(2026, 3, 1)
PAID = date(2026, 3, 20)
# Valid by their check digits, of no real account holder.
IBAN_A = "DE02120300000000202051"
IBAN_B = "DE02500105170137075030"
IBAN_SHARED = "DE02100500000054540402"
CUSTOMERS = (
    Customer(1, "10042", "Optik Müller & Söhne GmbH"),
    Customer(2, "10043", "Max Muster"),
    Customer(3, "10044", "Erika Beispiel"),
    Customer(4, "10045", "Max Muster"),
)
IBANS = {
    IBAN_A: frozenset({"10042"}),
    IBAN_B: frozenset({"10043"}),
    IBAN_SHARED: frozenset({"10042", "10044"}),
}


def item(number: int, invoice_no: str, amount: str, customer: str = "10042", **given: Any) -> OpenItem:
    """An open item; ``open`` may be given as text, ``prepayment`` splits it, ``due`` moves its due date."""
    kind = given.pop("document_type", DocumentType.INVOICE)
    total = kind.sign * parse_amount(amount)
    left = kind.sign * parse_amount(given.pop("open", amount))
    due = given.pop("due", DUE)
    prepayment = given.pop("prepayment", None)
    if prepayment is None:
        parts: tuple[Part, ...] = (Part(PartKind.TOTAL, total, left, due),)
    else:
        first = parse_amount(prepayment)
        paid = total - left
        parts = (
            Part(PartKind.PREPAYMENT, first, max(first - paid, 0), due),
            Part(PartKind.REMAINDER, total - first, min(left, total - first), date(2026, 4, 1)),
        )
    currency = given.pop("currency", "EUR")
    return OpenItem(number, invoice_no, customer, total, left, currency, parts, document_type=kind, **given)


def fee(amount: str, *items: int, issued: date = date(2026, 3, 15), level: int = 2, notice: int = 1) -> NoticeFee:
    return NoticeFee(items, parse_amount(amount), issued, level, notice)


def collection(number: int, amount: str, status: str = "exported", **given: Any) -> CollectionRef:
    facts: dict[str, Any] = {
        "payment_information_id": "PMT-1",
        "message_id": "MSG-1",
        "mandate_id": f"M-{number}",
        "collection_date": date(2026, 3, 18),
    } | given
    return CollectionRef(
        collection_id=number,
        end_to_end_id=f"E2E-{number}",
        item_id=900 + number,
        invoice_no=f"LS-{number}",
        customer_no="10044",
        amount=parse_amount(amount),
        status=status,
        **facts,
    )


def world(*items: OpenItem, settings: MatchingSettings | None = None, **given: Any) -> World:
    facts: dict[str, Any] = {"customers": CUSTOMERS, "ibans": IBANS} | given
    return World(items=items, settings=settings or MatchingSettings(), **facts)


def bank_line(amount: str, text: str | None = None, **given: Any) -> Line:
    """A booked line; ``name``, ``iban`` and ``ultimate`` make its counterparty, ``on`` both its dates."""
    minor = parse_amount(amount)
    other = Counterparty(given.pop("name", None), given.pop("iban", None), None, given.pop("ultimate", None))
    day = given.pop("on", PAID)
    facts: dict[str, Any] = {"kind": LineKind.CREDIT_TRANSFER if minor > 0 else LineKind.TRANSFER_OUT} | given
    facts = {"booking_date": day, "value_date": day, "currency": "EUR"} | facts
    return Line(amount=minor, remittance=text, counterparty=other, **facts)


def decide(lines: Sequence[Line], known: World) -> tuple[Decision, ...]:
    return match([OpenLine(at, line, line.amount) for at, line in enumerate(lines, 1)], known)


def told(proposal: Proposal, books: bool = False) -> str:
    """``C3! RE-1 100.00`` (``!`` books), ``M1 RE-1 100.00 + overpayment 10043 3.00 manual_booking``."""
    shares = []
    for share in proposal.shares:
        kind = "" if share.kind is AllocationKind.PAYMENT else f"{share.kind.value} "
        whom = share.invoice_no or share.customer_no
        shares.append(" ".join([f"{kind}{whom} {plain(share.amount)}", *share.flags]))
    return f"{proposal.match_class}{'!' if books else ''} {' + '.join(shares)}".strip()


def outcome(line: Line, known: World) -> str:
    """What is decided of a single line: its first proposal, ``-`` without one."""
    (decision,) = decide([line], known)
    return told(decision.proposals[0], decision.books) if decision.proposals else "-"


def rules(decision: Decision) -> list[str]:
    """The rules of the first proposal's evidence."""
    return [evidence.rule for evidence in decision.proposals[0].evidence]
