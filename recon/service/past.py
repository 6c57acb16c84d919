"""The books as they were before an entry, played forward from the journal."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from msgspec import structs
from sqlalchemy import Connection, select

from recon.matching.learning import trusted
from recon.matching.moving import Moving, moving_index
from recon.matching.payers import Debtor, plain_iban
from recon.matching.world import CollectionRef, Index, PaidFrom, World, index
from recon.model.items import OpenItem, split_open
from recon.store import matching as store
from recon.store.history import all_allocations, movements, records_of
from recon.store.ids import read_id, shown_id
from recon.store.settings import settings_of
from recon.store.tables import collections


@dataclass(slots=True)
class Past:
    """What is open, claimed, sent and known, as far as the journal has been played. ``now`` is the world of today;
    ``made`` and ``sent`` are the records of the log by which a collection was made and exported, ``issued`` those by
    which dunning runs were issued."""

    now: World
    moves: Sequence[tuple[int, int, int]]
    allocations: Sequence[Any]
    asked: Sequence[Any]
    made: Mapping[int, int]
    sent: Mapping[int, int]
    issued: Mapping[int, int]
    known: Mapping[int, OpenItem]
    items: dict[int, OpenItem]
    refs: dict[int, CollectionRef]
    on_its_way: frozenset[int] = frozenset()
    moved: int = 0
    allocated: int = 0
    standing: dict[int, Any] = field(default_factory=dict)
    debits: dict[int, Counter[str]] = field(default_factory=dict)
    settled: dict[int, str] = field(default_factory=dict)
    paid: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    learned: dict[str, tuple[PaidFrom, ...]] = field(default_factory=dict)
    moving: Moving = field(default_factory=Moving)
    touched: set[int] = field(default_factory=set)
    first: Index = field(init=False)
    people: dict[str, Debtor] = field(init=False)

    def __post_init__(self) -> None:
        self.first = index(self.now)
        self.people = {one.customer_no: one for one in self.now.customers}
        self.touched = set(self.items)

    def index(self, record: int) -> Index:
        """The world before a record of the log, up to whose entries the journal was played, ready to be asked until
        the journal is played on."""
        beside = self._beside(record)
        self.moving.put(self.items[number] for number in sorted(self.touched))
        self.touched.clear()
        return moving_index(beside, self.moving, self.first)

    def world(self, record: int) -> World:
        """The same with the items that it holds."""
        return replace(
            self._beside(record),
            items=[item for item in self.items.values() if item.open],
            closed=[item for item in self.items.values() if not item.open],
        )

    def _beside(self, record: int) -> World:
        """All of the world but its items, which are marked as far as they are being collected."""
        refs = self._collections(record)
        self._send(frozenset(ref.item_id for ref in refs if ref.status == "exported"))
        return replace(
            self.now,
            items=(),
            closed=(),
            collections=refs,
            learned=self.learned,
            **store.beside(
                [row for row in self.asked if self.issued[row.run_id] < record],
                [row for row in self.standing.values() if row.kind in store.BESIDE_KINDS],
            ),
        )

    def play(self, entry: int) -> None:
        """Go on to an entry, which is played too."""
        while self.moved < len(self.moves) and self.moves[self.moved][0] <= entry:
            _, number, amount = self.moves[self.moved]
            self.moved += 1
            self._move(number, amount)
        ibans: set[str] = set()
        while self.allocated < len(self.allocations) and self.allocations[self.allocated].entry_id <= entry:
            row = self.allocations[self.allocated]
            self.allocated += 1
            self._allocate(row)
            if row.iban and row.booking_date and row.customer_no and row.kind in store.SENT:
                self._pay(row)
                ibans.add(row.iban)
        if ibans:
            self._learn(ibans)

    def _move(self, number: int, amount: int) -> None:
        item = self.items.get(number)
        left = amount if item is None else item.open + amount
        item = item or self.known[number]
        self.items[number] = structs.replace(item, open=left, parts=split_open(item.parts, left))
        self.touched.add(number)

    def _allocate(self, row: Any) -> None:
        """What stands, and how far the money of a collection has come."""
        if row.reverses_id is None:
            self.standing[row.id] = row
        else:
            self.standing.pop(row.reverses_id, None)
        if row.collection_id is not None and row.kind in {"collection", "return"}:
            # A return may come before the credit of its batch, and be taken back before it comes.
            stand = self.debits.setdefault(row.collection_id, Counter())
            stand[row.kind] += 1 if row.reverses_id is None else -1
            self.settled[row.collection_id] = (
                "returned" if stand["return"] > 0 else "booked" if stand["collection"] > 0 else "exported"
            )

    def _pay(self, row: Any) -> None:
        """Note for whom money came from an IBAN, or that it was not for him."""
        mine = self.paid.setdefault(row.iban, {}).setdefault(row.customer_no, [])
        if row.reverses_id is None:
            mine.append(row)
        else:
            mine[:] = [known for known in mine if known.id != row.reverses_id]

    def _learn(self, ibans: set[str]) -> None:
        """As ``recon.store.matching.learned_ibans`` and the rule say it, for the IBANs that payments came from."""
        history = {}
        for iban in ibans:
            paid = [
                PaidFrom(customer, len({row.line_id for row in rows}), max(row.booking_date for row in rows),
                         max((row.name for row in rows if row.name), default=None))
                for customer, rows in sorted(self.paid[iban].items())
                if rows
            ]  # fmt: skip
            self.learned.pop(iban, None)
            if paid:
                history[iban] = tuple(paid)
        self.learned |= trusted(history, *self._known(history))

    def _known(self, history: Mapping[str, Sequence[PaidFrom]]) -> tuple[dict[str, tuple[str, ...]], list[Debtor]]:
        """Of the IBANs and customers those that some payments are about."""
        paying = dict.fromkeys(one.customer_no for paid in history.values() for one in paid)
        ibans = {iban: self.first.given[iban] for iban in map(plain_iban, history) if iban in self.first.given}
        return ibans, [self.people[number] for number in paying]

    def _collections(self, record: int) -> list[CollectionRef]:
        """The debits made before a record, each with what had become of it."""
        found = []
        for number, known in self.refs.items():
            if self.made[number] > record or known.status in {"cancelled", "rejected"}:
                continue
            status = self.settled.get(number)
            if status is None:
                status = "exported" if self.sent.get(number, record) < record else "created"
            if status != known.status:
                self.refs[number] = replace(known, status=status)
            found.append(self.refs[number])
        return found

    def _send(self, on_its_way: frozenset[int]) -> None:
        """Items in collection are marked so, the others not."""
        for number in on_its_way ^ self.on_its_way:
            if number in self.items:
                self.items[number] = structs.replace(self.items[number], in_collection=number in on_its_way)
                self.touched.add(number)
        self.on_its_way = on_its_way


def open_past(connection: Connection) -> Past:
    """The books before their first entry. Items that were taken over as paid are there from the start."""
    settings = settings_of(connection)
    now = store.world_of(connection, replace(settings, matching=replace(settings.matching, auto="certain")))
    moves = movements(connection)
    moved = {item for _, item, _ in moves}
    known = {item.id: structs.replace(item, in_collection=False) for item in (*now.items, *now.closed)}
    batch_of = {row.id: shown_id("batches", row.batch_id) for row in connection.execute(
        select(collections.c.id, collections.c.batch_id))}  # fmt: skip
    made, sent = records_of(connection, "collect"), records_of(connection, "export")
    return Past(
        now=now,
        moves=moves,
        allocations=all_allocations(connection),
        asked=store.asked_beside(connection),
        made={number: made[batch] for number, batch in batch_of.items()},
        sent={number: sent[batch] for number, batch in batch_of.items() if batch in sent},
        issued={
            number: record
            for name, record in records_of(connection, "dunning-issue").items()
            if (number := read_id("dunning_runs", name)) is not None
        },
        known=known,
        items={number: item for number, item in known.items() if number not in moved},
        refs={ref.collection_id: ref for ref in now.collections},
    )
