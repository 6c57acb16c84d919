"""A second opinion on an MT940 page that does not close: the ``mt-940`` library (import name ``mt940``).

Only its cutting of the entries is asked for: amounts, dates, references and the raw :86:. What the entries mean is
read by our own code, so that a line means the same whoever cut it out. Nothing it raises gets out.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from sepa.money import AmountError, parse_amount

# What a parser that was not written for hostile input raises on it; OSError because it may take text for a file name.
_FAULTS: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)

Field = tuple[str, str]


def second_reading(page: str) -> list[Field] | None:
    """The entries of a page as (:61:, :86:) in canonical form, or None if the library cannot read it.

    >>> page = ":20:A\\n:25:1\\n:28C:1\\n:60F:C260101EUR1,00\\n:61:2601020102C2,00NTRFX\\n:86:abc\\n:62F:C260102EUR3,00"
    >>> second_reading(page)
    [('2601020102C2,00NTRFX', 'abc')]
    """
    import logging

    import mt940

    # It writes whole patterns to the log; what it cannot read is our answer, not news for the user.
    logging.getLogger("mt940").setLevel(logging.CRITICAL + 1)
    try:
        read = mt940.parse(f"{page}\n-\n", processors={"post_transaction_details": []})
        return [field for entry in read for field in _canonical(entry.data)]
    except _FAULTS:
        return None


def _canonical(data: dict[str, Any]) -> Iterator[Field]:
    amount = data.get("amount")
    value_date = data.get("date")
    if amount is None or not isinstance(value_date, date):
        return
    minor = abs(_minor(str(amount.amount), str(amount.currency or "")))
    negative = amount.amount < 0
    mark = str(data.get("status") or "")
    if (mark in ("D", "RC", "ED")) != negative:
        mark = "D" if negative else "C"
    entry_date = data.get("entry_date")
    booked = f"{entry_date:%m%d}" if isinstance(entry_date, date) else ""
    bank = f"//{data['bank_reference']}" if data.get("bank_reference") else ""
    extra = f"\n{data['extra_details']}" if data.get("extra_details") else ""
    whole, cents = divmod(minor, 100)
    reference = str(data.get("customer_reference") or "").partition("\n")[0]
    entry = f"{value_date:%y%m%d}{booked}{mark}{whole},{cents:02}{data.get('id') or ''}{reference}{bank}{extra}"
    yield entry, str(data.get("transaction_details") or "")


def _minor(text: str, currency: str) -> int:
    try:
        return parse_amount(text, currency)
    except AmountError as problem:
        raise ValueError(problem.reason) from problem
