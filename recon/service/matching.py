"""Matching: every open bank line against every open item. What is certain is booked, the rest is proposed with its
reasons; a person confirms, rejects or takes back (contract.md 4). One run is one transaction."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import zip_longest
from typing import Final

from msgspec import structs
from sqlalchemy import Connection, select

from recon.ledger.chart import Chart
from recon.ledger.closing import booking_day
from recon.ledger.posting import CLEARED, entry_for_line, moves_bank_money
from recon.matching.engine import match, one_by_one
from recon.matching.version import RULES
from recon.matching.world import OpenLine, index
from recon.model.matching import AllocationKind, Band, Decision, Evidence, Proposal, Share
from recon.model.roles import Action
from recon.model.statement import Line
from recon.service.charging import with_claims
from recon.service.charts import chart_to_book
from recon.service.context import Context, run, writing
from recon.service.pausing import without_collector
from recon.service.returning import follow_returns
from recon.store import matching as store
from recon.store.closings import period_closed_until
from recon.store.history import undone
from recon.store.ids import next_ids, shown_id
from recon.store.journal import Booking, book, encode, set_collection_status
from recon.store.log import Seal, Values, record
from recon.store.refunds import move_refunds
from recon.store.settings import settings_of
from recon.store.tables import accounts, allocations, lines, match_runs

# Lines for which items are read one customer at a time; for more it is faster to read all of them.
_FEW: Final = 50
# Bookings that are made and written at once: all of a large run would take more memory than finding them.
_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class MatchResult:
    """What a run did. ``bands`` counts lines by what was found for them; ``open_lines`` is what is left for people:
    number and amount, minor units. ``undone`` counts, by class, the lines of which people have taken back what earlier
    runs had booked. ``run`` is ``None`` where nothing was to be changed."""

    run: str | None
    lines: int
    booked: int
    bands: dict[Band, int]
    open_lines: tuple[int, int]
    undone: Mapping[str, int] = field(default_factory=dict)


def match_all(context: Context, progress: Callable[[int], None] = lambda _count: None) -> MatchResult:
    """Match every line of which something is left. A run that would change nothing leaves no trace."""
    with run(context, Action.MATCH), writing(context) as connection:
        settings = settings_of(connection)
        chart = chart_to_book(settings)
        with without_collector():
            waiting = store.open_lines(connection)
            progress(len(waiting))
            found = _gather(waiting, one_by_one(waiting, index(store.world_of(connection, settings))))
            result = replace(found.result(), undone=undone(connection))
            if not found.booked and not _news(connection, found):
                return result
            run_id = next(next_ids(connection, match_runs))
            summary = {"lines": result.lines, "booked": result.booked, "rules": RULES}
            row = {"id": run_id, "as_of": context.stamp.as_of, "actor": context.stamp.actor, "summary": encode(summary)}
            connection.execute(match_runs.insert(), [row])
            store.put_proposals(connection, run_id, [line.id for line in waiting], found.proposed)
            seals = book_lines(connection, context, found.booked, chart, run_id=run_id)
        shown = shown_id("match_runs", run_id)
        record(connection, context.stamp, "match", shown, after=summary, seals=seals)
    return replace(result, run=shown)


def book_lines(
    connection: Connection,
    context: Context,
    chosen: Sequence[tuple[OpenLine, Proposal]],
    chart: Chart,
    *,
    run_id: int | None = None,
) -> list[Seal]:
    """Book proposals on their lines, move the collections on that they are about, and see to what a return brings: the
    mandate, a dispute, its charge as a claim."""
    chosen = with_claims(connection, context.stamp, settings_of(connection).collect, chosen)
    own = {row.id: row.iban for row in connection.execute(select(lines.c.id, accounts.c.iban).join(accounts))}
    cleared = _settled_at_export(connection)
    until = period_closed_until(connection)

    def booking(line: OpenLine, proposal: Proposal) -> Booking:
        shares = tuple(_cleared(share, cleared) for share in proposal.shares)
        day = line.line.booking_date or line.line.value_date or context.stamp.as_of
        booked_on = booking_day(day, until)
        entry = entry_for_line(
            shares,
            chart,
            iban=own[line.id],
            booked_on=booked_on,
            currency=line.line.currency,
            text=_text(line.line, shares, day if booked_on != day else None),
        )
        late = (Evidence("booked-later", (("day", str(day)), ("until", str(until)))),) if booked_on != day else ()
        return Booking("bank", entry, shares, line.id, run_id, _bank_money(shares), proposal.match_class, proposal.band,
                       (*proposal.evidence, *late))  # fmt: skip

    seals: list[Seal] = []
    for start in range(0, len(chosen), _AT_ONCE):
        seals += book(connection, context.stamp, [booking(*one) for one in chosen[start : start + _AT_ONCE]])
    shares_of = [(line, share) for line, proposal in chosen for share in proposal.shares]
    _move_collections(connection, (share for _, share in shares_of))
    move_refunds(connection, ((share, line.line.return_reason) for line, share in shares_of))
    follow_returns(connection, context.stamp, [
        (line.line, share) for line, share in shares_of if share.kind is AllocationKind.RETURN
    ])  # fmt: skip
    return seals


def propose_for(connection: Connection, numbers: Set[int]) -> None:
    """Propose anew for lines that a person has decided, as far as they are open, each as if no other line were there;
    nothing is booked. Books that no run has looked at have no proposals either."""
    newest = store.last_run(connection, match_runs)
    if newest is None:
        return
    with without_collector():
        few = len(numbers) <= _FEW
        waiting = store.open_lines(connection, numbers if few else None)
        world = store.world_of(connection, settings_of(connection), few=few)
        decisions = match([line for line in waiting if line.id in numbers], world)
    rows = [row for decision in decisions for row in store.proposal_rows(decision)]
    store.put_proposals(connection, newest, [decision.line_id for decision in decisions], rows)


@dataclass(slots=True)
class _Found:
    """What was found for the lines: what is to be booked, and the proposals for the others as rows of the books."""

    lines: Set[int]
    bands: Counter[Band] = field(default_factory=Counter)
    booked: list[tuple[OpenLine, Proposal]] = field(default_factory=list)
    proposed: list[Values] = field(default_factory=list)
    left: int = 0

    def result(self) -> MatchResult:
        """The same in numbers."""
        count, booked = len(self.lines), len(self.booked)
        return MatchResult(None, count, booked, {band: self.bands[band] for band in Band}, (count - booked, self.left))


def _gather(waiting: Sequence[OpenLine], decisions: Iterable[Decision]) -> _Found:
    """Each decision is taken apart as it comes: rows take a tenth of its memory."""
    found = _Found({line.id for line in waiting})
    for line, decision in zip(waiting, decisions, strict=True):
        found.bands[decision.band] += 1
        if decision.books:
            found.booked.append((line, decision.proposals[0]))
        else:
            found.left += line.open
            found.proposed += store.proposal_rows(decision)
    return found


def _news(connection: Connection, found: _Found) -> bool:
    """Whether the proposals differ from those that stand in the books, or a line was never looked at."""
    if store.last_run(connection, match_runs) is None:
        return bool(found.lines)
    known = (row for row in store.proposed_now(connection) if row[0] in found.lines)
    return any(row != standing for row, standing in zip_longest(found.proposed, known))


def _settled_at_export(connection: Connection) -> frozenset[int]:
    """Collections whose items were settled when the batch was exported (``mark_paid``, A-21)."""
    query = select(allocations.c.collection_id).where(
        allocations.c.line_id.is_(None), allocations.c.collection_id.is_not(None), store.STANDS
    )
    return frozenset(row[0] for row in connection.execute(query))


def _cleared(share: Share, cleared: frozenset[int]) -> Share:
    # A refund has left its credit for transit at the export, always.
    if share.kind is AllocationKind.REFUND or (
        share.kind is AllocationKind.COLLECTION and share.collection_id in cleared
    ):
        return structs.replace(share, flags=(*share.flags, CLEARED))
    return share


def _bank_money(shares: Iterable[Share]) -> int:
    return sum(share.amount for share in shares if moves_bank_money(share.kind))


def _move_collections(connection: Connection, shares: Iterable[Share]) -> None:
    moved: dict[str, list[int]] = {"booked": [], "returned": []}
    for share in shares:
        if share.collection_id is not None and share.kind is AllocationKind.COLLECTION:
            moved["booked"].append(share.collection_id)
        elif share.collection_id is not None and share.kind is AllocationKind.RETURN:
            moved["returned"].append(share.collection_id)
    for status, ids in moved.items():
        set_collection_status(connection, ids, status)


def _text(line: Line, shares: Sequence[Share], day: date | None) -> str:
    """The text of the entry: what was settled, and who paid; of a line whose own ``day`` is closed that day too."""
    numbers = [share.invoice_no for share in shares if share.invoice_no]
    told = " ".join(dict.fromkeys(numbers))[:60]
    name = line.counterparty.name or line.booking_text or ""
    text = " ".join(f"{told} {name}".split())[:120] or "Bankumsatz"
    return text if day is None else f"{text[:95]} (Umsatz vom {day:%d.%m.%Y})"
