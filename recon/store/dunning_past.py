"""What the books say of earlier notices to a procedure that asks (``recon.dunning.past``)."""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import Connection, select

from recon.dunning.past import AskedLine, Key, Past, asks, met_by_line
from recon.dunning.state import Sent, fold
from recon.model.dunning import PartState
from recon.model.items import PartKind
from recon.model.settings import DunningSettings
from recon.store.dunning_tables import notice_items, notices
from recon.store.matching import STANDS
from recon.store.tables import allocations


def past_of(connection: Connection, settings: DunningSettings) -> Past | None:
    """What the procedure has to know of all earlier notices; ``None``, and no query, where it asks for nothing."""
    if not asks(settings):
        return None
    lump_sums: dict[int, int] = defaultdict(int)
    for (item_id, _), amount in _met(connection, "lump_sum", ("dunning_fee", "fee_waived")).items():
        lump_sums[item_id] += amount
    return Past(_states(connection), _met(connection, "interest", ("interest",)), lump_sums)


def _states(connection: Connection) -> dict[Key, PartState]:
    query = (
        select(notice_items.c.item_id, notice_items.c.part, notice_items.c.level, notices.c.issued_on,
               notices.c.deadline)
        .join(notices, notice_items.c.notice_id == notices.c.id)
        .where(notices.c.status == "issued", notice_items.c.status == "issued", notice_items.c.level > 0)
        .order_by(notice_items.c.id)
    )  # fmt: skip
    sent: dict[Key, list[Sent]] = defaultdict(list)
    for item_id, part, level, issued_on, deadline in connection.execute(query):
        sent[item_id, PartKind(part)].append(Sent(level, issued_on, deadline))
    return {key: fold(history) for key, history in sent.items()}


def _met(connection: Connection, claim: str, kinds: tuple[str, ...]) -> Mapping[Key, int]:
    """What was paid or waived of what notices asked for under the column ``claim``, by part."""
    query = (
        select(notices.c.id, notices.c.issued_on, notice_items.c.item_id, notice_items.c.part, notice_items.c[claim])
        .join(notices, notice_items.c.notice_id == notices.c.id)
        .where(notices.c.status == "issued", notice_items.c.status == "issued", notice_items.c.level > 0,
               notices.c[claim] > 0)
        .order_by(notices.c.id, notice_items.c.id)
    )  # fmt: skip
    asked = [
        AskedLine(number, issued_on, item_id, PartKind(part), amount or 0)
        for number, issued_on, item_id, part, amount in connection.execute(query)
    ]
    if not asked:
        return {}
    paid = (
        select(allocations.c.item_id, allocations.c.amount, allocations.c.booked_on)
        .where(allocations.c.kind.in_(kinds), allocations.c.item_id.is_not(None), STANDS)
        .order_by(allocations.c.booked_on, allocations.c.id)
    )
    return met_by_line(asked, [(row.item_id, row.amount, row.booked_on) for row in connection.execute(paid)])
