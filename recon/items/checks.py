"""What must hold within a row, and the record that a row becomes.

A check takes the values of a row by column and yields (column, code, facts) for what is wrong with it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from recon.items.columns import Kind
from recon.model.finding import Severity
from recon.model.items import CustomerRecord, DocumentType, ItemRecord, MandateRecord
from sepa.money import plain

Values = Mapping[str, Any]
Record = CustomerRecord | ItemRecord | MandateRecord


class Fault(NamedTuple):
    """Something wrong with a row, at one of its columns."""

    column: str
    code: str
    facts: Mapping[str, object] = {}
    severity: Severity = Severity.ERROR


Check = Callable[[Values], Iterator[Fault]]


def _money(row: Values, column: str) -> str:
    return plain(row[column], row.get("currency", "EUR"))


def sign(row: Values) -> Iterator[Fault]:
    """Amounts are positive; only a credit note may carry a minus (contract.md 3)."""
    credit = row.get("document_type") is DocumentType.CREDIT_NOTE
    for column in ("amount", "paid", "prepayment_amount"):
        if row.get(column, 0) < 0 and not (credit and column != "prepayment_amount"):
            yield Fault(column, "amount-negative", {"value": _money(row, column)})


def zero(row: Values) -> Iterator[Fault]:
    """0,00 makes no open item (A-34, D-02); what else the row says does not matter then."""
    if row["amount"] == 0:
        yield Fault("amount", "amount-zero", {"invoice": row["invoice_no"]}, Severity.INFO)


def dated(row: Values) -> Iterator[Fault]:
    """Without a due date and an issue date nobody knows when the item is due; nothing is guessed (F-04)."""
    due, issued = row.get("due_date"), row.get("issue_date")
    if due is None and issued is None:
        yield Fault("due_date", "due-date-missing", {"invoice": row["invoice_no"]})
    elif due is not None and issued is not None and due < issued:
        yield Fault("due_date", "due-before-issue", {"value": due, "issued": issued}, Severity.WARNING)


def prepaid(row: Values) -> Iterator[Fault]:
    """A prepayment has an amount below the total and its own due date, or there is none (V-05)."""
    part, due = row.get("prepayment_amount"), row.get("prepayment_due")
    if part is None and due is None:
        return
    if part is None or due is None:
        missing = "prepayment_amount" if part is None else "prepayment_due"
        yield Fault(missing, "prepayment-incomplete", {"missing": missing})
    elif part == 0 or part >= abs(row["amount"]):
        facts = {"value": _money(row, "prepayment_amount"), "amount": _money(row, "amount")}
        yield Fault("prepayment_amount", "prepayment-too-large", facts)


def settled(row: Values) -> Iterator[Fault]:
    """Not more can have been paid than the amount; an overpayment is booked from the bank line."""
    if abs(row.get("paid", 0)) > abs(row["amount"]):
        yield Fault("paid", "paid-too-large", {"value": _money(row, "paid"), "amount": _money(row, "amount")})


def discounted(row: Values) -> Iterator[Fault]:
    """A cash discount needs its last day; without it none can be granted."""
    if row.get("discount_percent") and row.get("discount_until") is None:
        yield Fault("discount_until", "discount-incomplete", {}, Severity.WARNING)


def posted(row: Values) -> Iterator[Fault]:
    """A German postcode has exactly five digits (F-06)."""
    postcode = row.get("postcode")
    german = row.get("country", "DE") == "DE"
    if postcode and german and not (len(postcode) == 5 and postcode.isascii() and postcode.isdigit()):
        yield Fault("postcode", "postcode-invalid", {"value": postcode}, Severity.WARNING)


def signed(row: Values) -> Iterator[Fault]:
    """A mandate without a date of signature collects nothing (EPC AT-25)."""
    if row.get("signed_on") is None:
        yield Fault("signed_on", "signature-missing", {"mandate": row["mandate_id"]}, Severity.WARNING)


CHECKS: Final[Mapping[Kind, tuple[Check, ...]]] = {
    Kind.CUSTOMERS: (posted,),
    Kind.ITEMS: (zero, sign, dated, prepaid, settled, discounted),
    Kind.MANDATES: (signed,),
}
# What must not come twice in one file (F-02), and the finding that names the first row.
KEYS: Final = {
    Kind.CUSTOMERS: ("customer_no", "customer-doubled"),
    Kind.ITEMS: ("invoice_no", "invoice-doubled"),
    Kind.MANDATES: ("mandate_id", "mandate-doubled"),
}


def record(kind: Kind, row: dict[str, Any], where: str) -> Record:
    """The record of a row that passed its checks. A credit note's minus is dropped: its type says the direction."""
    if kind is Kind.CUSTOMERS:
        days = tuple(row.pop(f"dunning_days_{number}", None) for number in (1, 2, 3, 4))
        return CustomerRecord(**row, dunning_days=(days[0], days[1], days[2], days[3]), where=where)
    if kind is Kind.MANDATES:
        return MandateRecord(**{"signed_on": None, **row}, where=where)
    row["amount"] = abs(row["amount"])
    if "paid" in row:
        row["paid"] = abs(row["paid"])
    return ItemRecord(**row, where=where)
