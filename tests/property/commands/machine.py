"""A machine that gives commands at random, as many people would over months: the services themselves on real books.

After each command the auditor finds nothing, and what is checked here with queries of its own holds as well. What is
refused has changed nothing; every fifth command is first tried as a dry run, which changes nothing and is refused
exactly where the command is.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from math import gcd
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import func, select

from recon.model.ledger import ClosingKind
from recon.service import (
    closing,
    collecting,
    confirming,
    dunning,
    exporting,
    listing,
    matching,
    netting,
    removing,
    setting_up,
    undoing,
)
from recon.service import mandates as service
from recon.service.answers import Refused
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.service.differences import Difference
from recon.service.dunnable import Scope
from recon.service.importing import Source, import_sources
from recon.service.verifying import verified
from recon.store.books import reading
from recon.store.dunning_tables import dunning_runs, notices
from recon.store.matching import STANDS
from recon.store.tables import allocations, collections, holds
from tests.books import Databases, context_of, dump, stamp
from tests.property.commands import adviser, mandates, refunds
from tests.property.commands import small_world as world
from tests.property.commands.small_world import CUSTOMERS, FIRST_DAY, OPENING, SETTINGS, Entry, Item
from tests.property.commands.sound import changed, wrong

# Which of what there is: taken modulo their number.
NUMBER: Final = st.integers(0, 999)
CENTS: Final = st.integers(1, 40_000)
PAYMENT: Final = st.tuples(
    st.sampled_from(["exact", "exact", "part", "more", "fee", "discount", "unnamed", "two", "unknown", "again"]),
    NUMBER,
    CENTS,
)
DIFFERENCES: Final = st.sampled_from([None, None, None, *Difference])
REASON: Final = "geprüft"


@dataclass(frozen=True)
class Drawn:
    """What a command is given by chance; each takes what it needs."""

    first: int
    second: int
    cents: int
    days: int
    flag: bool
    payments: list[tuple[str, int, int]]
    difference: Difference | None


DRAWN: Final = st.builds(
    Drawn, NUMBER, NUMBER, CENTS, st.integers(0, 12), st.booleans(), st.lists(PAYMENT, min_size=1, max_size=3),
    DIFFERENCES,
)  # fmt: skip


class Commands(RuleBasedStateMachine):
    """Books of the small company, from its first day on."""

    def __init__(self, databases: Databases, template: str, done: Counter[str]) -> None:
        super().__init__()
        self.databases = databases
        self.address = databases.copy(template)
        self.folder = Path(tempfile.mkdtemp(prefix="opos-machine-"))
        self.adviser = self.folder / "adviser"
        self.context = context_of(self.address, FIRST_DAY.isoformat())
        self.done = done
        self.steps = self.given = 0
        self.day = self.told_until = FIRST_DAY
        self.balance = OPENING
        self.told: list[tuple[Source, int]] = []
        self.count = 0
        self.made = 0
        self.asked: set[str] = set()
        self.apart: set[tuple[int, int]] = set()
        self.before = dump(self.address)

    def teardown(self) -> None:
        """The books are gone with the machine."""
        self.context.books.engine.dispose()
        self.databases.drop(self.address)
        shutil.rmtree(self.folder)

    @rule(which=NUMBER, drawn=DRAWN)
    def command(self, which: int, drawn: Drawn) -> None:
        """One command. A single rule with weights, so that months of work look like work. What is drawn is counted on
        from the command before: the simplest months, with which each run begins, would be all payments otherwise."""
        self.given += _STRIDE
        COMMANDS[_MIXED[(which + self.given) % len(_MIXED)]][1](self, drawn)

    # What the bank and the invoicing system bring.

    @initialize(payments=st.lists(PAYMENT, min_size=1, max_size=3))
    def begin(self, payments: list[tuple[str, int, int]]) -> None:
        self._statement([self._payment(*one) for one in payments])

    def customers_pay(self, payments: list[tuple[str, int, int]], *, charge: bool) -> None:
        self._statement([*(self._payment(*one) for one in payments), *([world.charged(490)] if charge else [])])

    def bank_collects(self, which: int, *, singly: bool) -> None:
        """An exported batch is booked, in a line or debit by debit."""
        sent = [one for one in self._batches() if one.status in {"exported", "submitted"}]
        if not sent:
            return
        batch = sent[which % len(sent)]
        if singly:
            self._statement([world.debited(row.amount, row.end_to_end_id) for row in self._debits(batch.id)])
            return
        self._statement(
            [
                world.collected(block.sum, batch.message_id, block.payment_information_id, block.count)
                for block in batch.blocks
            ]
        )

    def debit_comes_back(self, which: int, charge: int, reason: str) -> None:
        query = select(collections).where(collections.c.status.in_(("exported", "booked"))).order_by(collections.c.id)
        with reading(self.context.books) as connection:
            sent = list(connection.execute(query))
        if sent:
            row = sent[which % len(sent)]
            self._statement([world.came_back(row.amount, charge, row.end_to_end_id, reason)])

    def statement_comes_again(self, which: int) -> None:
        if self.told:
            source, _ = self.told[which % len(self.told)]
            [done] = self._do("import again", lambda on: import_sources(on, [source]))
            assert done.status == "known", done.findings

    def new_item(self, customer: int, amount: int, days: int, kind: str, *, debit: bool) -> None:
        self.made += 1
        owner = [*CUSTOMERS][customer % len(CUSTOMERS)]
        item = Item(f"RE-{2000 + self.made}", owner, amount, self.day, days, credit=kind == "credit",
                    debit=debit and kind != "credit", discount=2 if kind == "discount" else 0,
                    prepaid=amount // 3 if kind == "prepaid" else 0)  # fmt: skip
        [done] = self._do("import items", lambda on: import_sources(on, [world.items_file([item])]))
        assert done.status == "imported", done.findings

    def change_item(self, which: int, customer: int, amount: int, days: int, *, debit: bool) -> None:
        """The invoicing system tells an item otherwise: another amount, day, way of payment, even another customer."""
        number = self._item(which)
        item = Item(number, [*CUSTOMERS][customer % len(CUSTOMERS)], amount, self.day, days,
                    credit=number.startswith("GU"), debit=debit)  # fmt: skip
        self._do("change item", lambda on: import_sources(on, [world.items_file([item])]))

    def change_customer(self, which: int, days: int, *, blocked: bool) -> None:
        """His account is another, and he is not dunned for a while; or all is as it was, and his mandate valid."""
        owner = [*CUSTOMERS][which % len(CUSTOMERS)]
        until = self.day + timedelta(days=days) if blocked else None
        source = world.customer_file(owner, until) if blocked else world.mandate_file(owner, self.day)
        [done] = self._do("change customer", lambda on: import_sources(on, [source]))
        assert done.status in {"imported", "known"}, done.findings

    def change_mandate(self, which: int, what: int) -> None:
        """The debtor has another account, the mandate another id; it is stopped, released, revoked, replaced."""
        self._do("mandate", mandates.turn(self._on(), which, what))
        for one in service.list_mandates(self._on()):
            service.show(self._on(), one.mandate.mandate_id)

    # What runs and people decide.

    def match(self) -> None:
        newest = self._newest()
        self._do("match", matching.match_all)
        assert not self._booked_by_runs(newest) & self.apart

    def confirm_proposal(self, which: int, rank: int, difference: Difference | None) -> None:
        found = [one for one in listing.list_lines(self._on()) if one.proposals]
        if found:
            line = found[which % len(found)]
            place = (rank - 1) % len(line.proposals) + 1
            self._confirm(line.id, (), place, difference)

    def confirm_by_hand(
        self, which: int, item: int, amount: int | None, second: int | None, difference: Difference | None
    ) -> None:
        waiting = [one for one in listing.list_lines(self._on()) if one.open]
        owed = [one.item.invoice_no for one in listing.list_items(self._on()) if one.item.open]
        if waiting and owed:
            wanted = [Wanted(owed[item % len(owed)], amount)]
            if second is not None and owed[second % len(owed)] != wanted[0].invoice_no:
                wanted.append(Wanted(owed[second % len(owed)], None))
            self._confirm(waiting[which % len(waiting)].id, tuple(wanted), 1, difference)

    def reject(self, which: int) -> None:
        waiting = [one for one in listing.list_lines(self._on()) if one.open]
        if waiting:
            self._do("reject", lambda on: confirming.reject(on, waiting[which % len(waiting)].id))

    def undo_one(self, which: int, *, again: bool) -> None:
        standing = [one for one in listing.list_allocations(self._on()) if one.status == "booked" and one.line]
        if standing:
            self._undo("undo", again=again, allocation=standing[which % len(standing)].id)

    def undo_run(self, which: int, *, again: bool) -> None:
        runs = sorted({one.run for one in listing.list_allocations(self._on()) if one.run})
        if runs:
            self._undo("undo run", again=again, run_name=runs[which % len(runs)])

    def undo_last(self, *, again: bool) -> None:
        self._undo("undo last", again=again, last=True)

    def remove_statement(self) -> None:
        """Only the newest may go: a statement before it would leave a gap, which is another story."""
        found = listing.list_statements(self._on())
        if not found or len(found) != len(self.told):
            return
        removed = self._do("remove", lambda on: removing.remove(on, found[-1].id, REASON))
        if removed is not None:
            _, amount = self.told.pop()
            self.balance -= amount

    def apply_credit(self, which: int, item: int, amount: int | None, *, named: bool) -> None:
        """Of a customer who has one; against what is proposed, or against an item of anybody's that a person names."""
        found = netting.list_credits(self._on())
        owed = [one.item.invoice_no for one in listing.list_items(self._on()) if one.item.open > 0]
        if found:
            customer = found[which % len(found)].credit.customer_no
            wanted = [Wanted(owed[item % len(owed)], amount)] if named and owed else []
            self._do("credits apply", lambda on: netting.apply(on, customer, wanted))

    # Dunning.

    def dunning_run(self, which: int, *, narrow: bool) -> None:
        """Of all, or of one customer; half the time in place of what stands in its way."""
        scope = Scope(customer=[*CUSTOMERS][which % len(CUSTOMERS)]) if narrow else Scope()
        more: dict[str, Any] = {"replace_drafts": True, "accept_stale": REASON} if which % 2 else {}
        done = self._do("dunning run", lambda on: dunning.freeze(on, scope, **more))
        if done is not None:
            drafts = [one.name for one in dunning.list_runs(self._on(), ["draft"])]
            lines = [(line.line.item_id, line.line.part) for name in drafts
                     for _, line in dunning.show(self._on(), name).lines if line.status == "draft"]  # fmt: skip
            assert len(lines) == len(set(lines)), "an item stands in two drafts"

    def dunning_drop(self, which: int) -> None:
        """An item out of a draft, or out of what is none any more."""
        if found := dunning.list_runs(self._on()):
            run = found[which % len(found)].name
            if lines := dunning.show(self._on(), run).lines:
                name = lines[which % len(lines)][1].line.invoice_no
                self._do("dunning drop", lambda on: dunning.drop(on, run, [name], REASON))

    def dunning_issue(self, which: int) -> None:
        found = self._ids(select(dunning_runs.c.id).where(dunning_runs.c.status == "draft"))
        if not found:
            return
        run = f"D{found[which % len(found)]}"
        frozen = {line.line.invoice_no: line.frozen for _, line in dunning.show(self._on(), run).lines}
        accepted = REASON if which % 2 else None
        done = self._do("dunning issue", lambda on: dunning.issue(on, run, accept_stale=accepted))
        if done is not None:
            asked = {line.item_id for _, notice in done.notices for line in notice.items}
            assert not asked & self._held()
            assert all(line.invoice_no in frozen for _, notice in done.notices for line in notice.items)
            dunning.list_paid(self._on())

    def dunning_cancel(self, which: int, *, whole: bool) -> None:
        found = self._ids(select(dunning_runs.c.id)) if whole else self._ids(select(notices.c.id))
        if found:
            name = f"{'D' if whole else 'N'}{found[which % len(found)]}"
            self._do("dunning cancel", lambda on: dunning.cancel(on, name, REASON))

    def block(self, which: int, only: str | None, days: int | None) -> None:
        item = self._item(which)
        until = None if days is None else self.day + timedelta(days=days)
        self._do("block", lambda on: dunning.block(on, item, reason=REASON, until=until, only=only))

    def unblock(self, which: int, only: str | None) -> None:
        item = self._item(which)
        self._do("unblock", lambda on: dunning.unblock(on, item, reason=REASON, only=only))

    # Direct debits.

    def collect_create(self, days: int) -> None:
        self._do("collect create", lambda on: collecting.create(on, due_until=self.day + timedelta(days=days)))

    def collect_export(self) -> None:
        self._do("collect export", lambda on: collecting.export(on, self.folder))

    def collect_cancel(self, which: int) -> None:
        """Whole; where some of its debits keep it from going out, those alone."""
        if found := self._batches():
            name = found[which % len(found)].id
            wrong = [dict(one.facts).get("item") for one in collecting.show(self._on(), name).findings]
            taken = [item for item in wrong if item is not None]
            self._do("collect cancel", lambda on: collecting.cancel(on, name, taken))

    def collect_submitted(self, which: int) -> None:
        if found := self._batches():
            self._do("collect submitted", lambda on: collecting.submitted(on, found[which % len(found)].id))

    # Closing.

    def close_day(self, days: int, *, override: bool) -> None:
        day = self.told_until - timedelta(days=days)
        more: dict[str, Any] = {"override": True, "reason": REASON} if override else {}
        self._do("close day", lambda on: closing.close_day(on, world.IBAN, day, **more))

    def close_period(self, days: int, *, override: bool) -> None:
        """Never up to the day of today: tomorrow's statement begins with it."""
        until = self.told_until - timedelta(days=days + 1)
        more: dict[str, Any] = {"override": True, "reason": REASON} if override else {}
        self._do("close period", lambda on: closing.close_period(on, until, **more))

    def reopen(self) -> None:
        found = [one for one in closing.list_closings(self._on()) if one.reopened_by is None]
        standing = [one.closing for one in found if one.closing.kind is not ClosingKind.REOPEN]
        if standing:
            name = closing.shown(standing[-1])
            self._do("reopen", lambda on: closing.reopen(on, name, REASON))

    # The tax adviser.

    def export_datev(self, days: int, *, with_openings: bool) -> None:
        """All until some days ago; until today nothing is left that could go."""
        last = self.day - timedelta(days=days)
        done = self._do(
            "export datev",
            lambda on: exporting.export_datev(on, self.adviser, FIRST_DAY, last, with_openings=with_openings),
        )
        if done is not None and days == 0:
            with reading(self.context.books) as connection:
                assert not adviser.still_to_go(connection, with_openings=with_openings)

    def export_again(self, which: int) -> None:
        found = exporting.exports_in_books(self._on())
        if found:
            name = found[which % len(found)].id
            with tempfile.TemporaryDirectory() as other:
                done = self._do("export again", lambda on: exporting.again(on, Path(other), name))
                file = done.files[0].file
                assert (Path(other) / file).read_bytes() == (self.adviser / file).read_bytes()

    # Everything else.

    def change_setting(self, which: int) -> None:
        self._do("settings", lambda on: setting_up.change(on, *SETTINGS[which]))

    def days_go_by(self, days: int) -> None:
        self.day += timedelta(days=days)

    # One command.

    def _on(self, *, dry_run: bool = False) -> Context:
        return replace(self.context, stamp=stamp(self.day.isoformat()), dry_run=dry_run)

    def _do(self, name: str, command: Callable[[Context], Any]) -> Any:
        """Give a command and see that the books are sound; ``None`` where it was refused."""
        self.steps += 1
        dry = self._refused(command, self._on(dry_run=True)) if self.steps % 5 == 0 else None
        if dry is not None:
            assert dump(self.address) == self.before, f"a dry run of {name} has changed the books"
        found: list[Any] = []
        refused = self._refused(lambda on: found.append(command(on)), self._on())
        after = dump(self.address)
        assert dry in {None, refused}, f"{name}: a dry run says {dry}, the command {refused}"
        assert refused == "" or after == self.before, f"{name} was refused and has changed the books"
        assert not [*changed(self.before, after, taken_out=name == "remove")]
        self.before = after
        self.done[f"{name}{' refused' if refused else ''}"] += 1
        self._see_sound()
        return found[0] if found else None

    def _refused(self, command: Callable[[Context], Any], on: Context) -> str:
        try:
            command(on)
        except Refused as no:
            return str(no)
        return ""

    def _confirm(self, line: str, wanted: tuple[Wanted, ...], rank: int, difference: Difference | None) -> None:
        name = "confirm by hand" if wanted else "confirm"
        self._do(name, lambda on: confirming.confirm(on, line, wanted, rank, difference=difference, reason=REASON))

    def _undo(self, name: str, *, again: bool, **what: Any) -> None:
        newest = self._newest()
        what["reverse_on"] = self.day if self.steps % 2 else None
        self._do(name, lambda on: undoing.undo(on, again=again, **what))
        if not again:
            taken = select(allocations.c.line_id, allocations.c.item_id).where(
                allocations.c.reverses_id.is_not(None), allocations.c.id > newest, allocations.c.item_id.is_not(None)
            )
            with reading(self.context.books) as connection:
                self.apart |= {(row.line_id, row.item_id) for row in connection.execute(taken)}

    def _statement(self, entries: list[Entry]) -> None:
        """The bank's next day with these entries."""
        self.count += 1
        before, self.told_until = self.told_until, max(self.day, self.told_until + timedelta(days=1))
        self.day = self.told_until
        source = world.statement(entries, self.count, self.balance, before, self.told_until)
        [done] = self._do("import", lambda on: import_sources(on, [source], allow_gap=REASON))
        assert done.status == "imported", done.findings
        amount = sum(entry.amount for entry in entries)
        self.told.append((source, amount))
        self.balance += amount

    def _payment(self, how: str, which: int, cents: int) -> Entry:
        """A payment of somebody who owes something, in one of the ways in which people pay."""
        owed = [one.item for one in listing.list_items(self._on()) if one.item.open > 0]
        if how == "unknown" or not owed:
            return world.paid(cents, "Danke", "Wer Immer", "DE02120300000000202051")
        item = owed[which % len(owed)]
        name, iban = CUSTOMERS[item.customer_no]
        amounts = {"part": max(item.open - cents, 1), "more": item.open + cents, "fee": item.open + 250,
                   "discount": item.open - item.open * 3 // 100}  # fmt: skip
        if how == "two":
            other = owed[(which + 1) % len(owed)]
            text = f"{item.invoice_no} {other.invoice_no}"
            return world.paid(item.open + (other.open if other != item else 0), text, name, iban)
        text = "Zahlung" if how == "unnamed" else f"Rechnung {item.invoice_no}"
        return world.paid(amounts.get(how, item.open), text, name, iban)

    # What there is.

    def _ids(self, query: Any) -> list[int]:
        with reading(self.context.books) as connection:
            return sorted(connection.execute(query).scalars())

    def _item(self, which: int) -> str:
        found = listing.list_items(self._on())
        return found[which % len(found)].item.invoice_no

    def _batches(self) -> list[Any]:
        return list(collecting.batches_in_books(self._on()).batches)

    def _debits(self, batch: str) -> list[Any]:
        with reading(self.context.books) as connection:
            return list(connection.execute(select(collections).where(collections.c.batch_id == int(batch[1:]))))

    def _newest(self) -> int:
        with reading(self.context.books) as connection:
            return int(connection.execute(select(func.max(allocations.c.id))).scalar() or 0)

    def _booked_by_runs(self, after: int) -> set[tuple[int, int]]:
        query = select(allocations.c.line_id, allocations.c.item_id).where(
            STANDS, allocations.c.run_id.is_not(None), allocations.c.id > after
        )
        with reading(self.context.books) as connection:
            return {(row.line_id, row.item_id) for row in connection.execute(query)}

    def _held(self) -> set[int]:
        today = self.day
        query = select(holds).where(holds.c.lifted_on.is_(None), holds.c.scope.in_(("dunning", "both")))
        with reading(self.context.books) as connection:
            return {row.item_id for row in connection.execute(query)
                    if row.since <= today and (row.until is None or row.until >= today)}  # fmt: skip

    # What must hold.

    def _see_sound(self) -> None:
        with reading(self.context.books) as connection:
            found = verified(connection).findings
            off = [*map(str, found), *wrong(connection), *adviser.wrong(connection, self.adviser),
                   *refunds.wrong(connection)]  # fmt: skip
        assert not off, "\n".join(off)


def _only(drawn: Drawn) -> str | None:
    return (None, "dunning", "collect")[drawn.second % 3]


def _new(machine: Commands, drawn: Drawn) -> None:
    kind = ("invoice", "invoice", "credit", "discount", "prepaid")[drawn.second % 5]
    machine.new_item(drawn.first, drawn.cents, drawn.days, kind, debit=drawn.flag)


def _change(machine: Commands, drawn: Drawn) -> None:
    machine.change_item(drawn.first, drawn.second, drawn.cents, drawn.days, debit=drawn.flag)


def _by_hand(machine: Commands, drawn: Drawn) -> None:
    amount, other = drawn.cents if drawn.cents % 2 else None, drawn.second + 1 if drawn.flag else None
    machine.confirm_by_hand(drawn.first, drawn.second, amount, other, drawn.difference)


def _come_back(machine: Commands, drawn: Drawn) -> None:
    machine.debit_comes_back(drawn.first, (0, 300)[drawn.flag], ("MS03", "AM04", "MD01", "AC04")[drawn.second % 4])


def _apply(machine: Commands, drawn: Drawn) -> None:
    amount = drawn.cents if drawn.cents % 2 else None
    machine.apply_credit(drawn.first, drawn.second, amount, named=drawn.flag)


# Every command: how often beside the others, and how it is given.
COMMANDS: Final[dict[str, tuple[int, Callable[[Commands, Drawn], None]]]] = {
    "pay": (5, lambda on, one: on.customers_pay(one.payments, charge=one.flag)),
    "bank collects": (2, lambda on, one: on.bank_collects(one.first, singly=one.flag)),
    "come back": (2, _come_back),
    "again": (1, lambda on, one: on.statement_comes_again(one.first)),
    "item": (3, _new),
    "change item": (2, _change),
    "customer": (1, lambda on, one: on.change_customer(one.first, one.days, blocked=one.flag)),
    "mandate": (3, lambda on, one: on.change_mandate(one.first, one.second)),
    "match": (5, lambda on, _: on.match()),
    "confirm": (4, lambda on, one: on.confirm_proposal(one.first, one.second, one.difference)),
    "by hand": (4, _by_hand),
    "reject": (2, lambda on, one: on.reject(one.first)),
    "undo": (3, lambda on, one: on.undo_one(one.first, again=one.flag)),
    "undo run": (1, lambda on, one: on.undo_run(one.first, again=one.flag)),
    "undo last": (2, lambda on, one: on.undo_last(again=one.flag)),
    "remove": (1, lambda on, _: on.remove_statement()),
    "dun": (2, lambda on, one: on.dunning_run(one.first, narrow=one.flag)),
    "drop": (2, lambda on, one: on.dunning_drop(one.first)),
    "issue": (2, lambda on, one: on.dunning_issue(one.first)),
    "dunning cancel": (1, lambda on, one: on.dunning_cancel(one.first, whole=one.flag)),
    "block": (1, lambda on, one: on.block(one.first, _only(one), one.days if one.flag else None)),
    "unblock": (1, lambda on, one: on.unblock(one.first, _only(one))),
    "collect": (2, lambda on, one: on.collect_create(one.days + 3)),
    "export": (2, lambda on, _: on.collect_export()),
    "cancel": (1, lambda on, one: on.collect_cancel(one.first)),
    "submitted": (1, lambda on, one: on.collect_submitted(one.first)),
    "close day": (1, lambda on, one: on.close_day(one.days, override=one.flag)),
    "close period": (1, lambda on, one: on.close_period(one.days, override=one.flag)),
    "reopen": (1, lambda on, _: on.reopen()),
    "credits": (3, _apply),
    "refunds": (6, lambda on, one: refunds.step(on, one.first, one.second, flag=one.flag)),
    "datev": (3, lambda on, one: on.export_datev(max(one.days - 6, 0), with_openings=one.flag)),
    "datev again": (1, lambda on, one: on.export_again(one.first)),
    "setting": (2, lambda on, one: on.change_setting(one.first % len(SETTINGS))),
    "later": (2, lambda on, one: on.days_go_by(one.days)),
}

# Each as often as its weight says. The stride has no divisor in common with their number: all get their turn.
_MIXED: Final = [name for name, (weight, _) in COMMANDS.items() for _ in range(weight)]
_STRIDE: Final = next(one for one in range(len(_MIXED) * 3 // 8, len(_MIXED)) if gcd(one, len(_MIXED)) == 1)
