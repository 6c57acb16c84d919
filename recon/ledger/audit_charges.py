"""The auditor's reading of what is claimed of returned debits' charges (decision 17): an item of its own for what the
bank has charged, no more, once, and never where the debtor has not caused the return."""

from collections.abc import Iterator, Mapping
from typing import Final

from recon.ledger.audit_log import Event, History
from recon.ledger.audit_source import Checking, Row, Source, differs, money, unlike, why_returned
from recon.model.finding import Finding
from sepa.returns import FeePassed, return_reason

_CLAIM: Final = "return_charge"
_SHARE: Final = ("entry_id", "id", "kind", "item_id", "collection_id", "line_id", "amount", "reverses_id")
_ITEM: Final = ("id", "invoice_no", "amount", "paid_before", "currency", "document_type", "payment_method")


def charges(source: Source, history: History) -> Checking:
    """Every item of a charge was claimed by a record of the log and is opened by shares of it alone; every share stands
    behind the charge of its return in the same entry."""
    own = {row[0]: row for row in source.rows("items", _ITEM) if row[5] == _CLAIM}
    shares = list(_shares(source))
    if shares:
        why = why_returned(source)
    opened: dict[int | None, int] = {}
    standing: dict[int | None, int] = {}
    for share, charged in shares:
        _, _, _, item, collection, line, amount, reverses = share
        opened[item] = opened.get(item, 0) - amount
        standing[collection] = standing.get(collection, 0) + (1 if reverses is None else -1)
        if reverses is None:
            yield from _share(source, share, charged, own, why(line, collection))
    for collection, times in sorted(standing.items(), key=str):
        if times > 1:
            yield differs("audit-charge", source.shown("collections", collection or 0), 1, times)
    claimed = {event.after.get("item"): event for event in history.of("return-charge")}
    for number, row in own.items():
        yield from _item(source, row, opened.get(number, 0), claimed.get(number))
    return len(own)


def _shares(source: Source) -> Iterator[tuple[Row, int]]:
    """The shares of claims, each with what the bank has charged by the one before it, behind the return of the same
    collection and in the same entry."""
    back = charge = None
    for share in source.rows("allocations", _SHARE):
        if share[2] == _CLAIM:
            fitting = (
                back is not None
                and charge is not None
                and back[0] == charge[0] == share[0]
                and (back[2], back[4]) == ("return", share[4])
                and (charge[2], charge[3]) == ("return_fee", None)
            )
            yield share, -charge[6] if charge is not None and fitting else 0
        back, charge = charge, share


def _share(
    source: Source, share: Row, charged: int, own: Mapping[int, Row], code: str | None
) -> Iterator[Finding]:  # fmt: skip
    """A share that opens a claim: of its item's whole amount, which is what the bank has charged."""
    item, amount = share[3], share[6]
    record = source.shown("allocations", share[1])
    if item not in own:
        yield differs("audit-charge", record, _CLAIM, "-" if item is None else source.shown("items", item))
    elif not charged == -amount == own[item][2]:
        yield differs("audit-charge", record, money(charged, own[item][4]), money(-amount, own[item][4]))
    reason = return_reason(code)
    if reason is not None and reason.fee is FeePassed.NO:
        yield differs("audit-charge", record, "-", reason.code)


def _item(source: Source, row: Row, opened: int, event: Event | None) -> Iterator[Finding]:
    """An item of a claim: open with its whole amount or taken back, as the log has it."""
    number, name, amount, paid, currency, _, method = row
    record = source.shown("items", number)
    said = (event.subject, event.after.get("amount"), event.after.get("currency")) if event else ("-",)
    if said != (name, amount, currency):
        yield unlike(record, "invoice_no, amount", ", ".join(map(str, said)), f"{name}, {amount}, {currency}")
    if opened not in {0, amount} or paid != 0:
        yield differs("audit-charge", record, money(amount, currency), money(opened, currency))
    if method != "transfer":
        yield differs("audit-charge", record, "transfer", method)
