"""Why a bank line is booked, proposed or left (``opos match explain``): what stands in the books, and what the engine
says of the line by itself. Of the items no more is read than the engine asks for: all numbers and amounts, and whole
those that the line may be about."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from recon.matching.explaining import explain, reopened
from recon.matching.table import having
from recon.matching.world import OpenLine, index
from recon.model.finding import error
from recon.model.items import OpenItem
from recon.model.matching import AllocationKind, Evidence, Proposal, Share
from recon.model.roles import Action
from recon.model.statement import LineStatus
from recon.service.answers import Refused
from recon.service.context import Context, reading
from recon.service.listing import ListedAllocation, ListedLine
from recon.service.pausing import without_collector
from recon.store import matching as store
from recon.store.ids import read_id, shown_id
from recon.store.items import item_by_number
from recon.store.journal import decode_evidence, decode_shares
from recon.store.settings import settings_of
from recon.store.statements import load_lines
from recon.store.tables import accounts, allocations, customers, items, lines, match_runs, rejections
from recon.texts import term, told, why
from sepa.money import Language, plain, shown


@dataclass(frozen=True, slots=True)
class Explained:
    """A line with what is booked on it and proposed for it, the runner-up and what decided; ``why_not`` are the reasons
    that speak against the item ``asked`` for, the deciding one first. ``rules`` is the version of the matching rules by
    which a run has booked; runs of earlier programs have none."""

    line: ListedLine
    booked: tuple[ListedAllocation, ...]
    runner_up: Proposal | None
    decided: Evidence | None
    why_not: tuple[Evidence, ...]
    asked: str | None = None
    rules: Mapping[str, int] = field(default_factory=dict)

    def told(self, language: Language) -> list[str]:
        """The explanation as lines of text."""
        line = self.line.line
        head = f"{self.line.id}  {shown(line.amount, language, line.currency)} {line.currency}  "
        head += f"{line.counterparty.name or ''}  „{line.remittance or ''}“"
        texts = [head, ""]
        for entry, following in zip_longest(self.booked, self.booked[1:]):
            amount = shown(entry.amount, language, entry.currency)
            by = entry.by if entry.run is None else term("by_run", language).replace("{run}", entry.run)
            if entry.run is not None and entry.run in self.rules:
                by += term("by_rules", language).replace("{version}", str(self.rules[entry.run]))
            texts.append(f"{term('booked_line', language)}: {term(entry.kind, language)} "
                         f"{entry.item or entry.customer or ''} {amount} ({entry.match_class}, {by})")  # fmt: skip
            if following is None or following.evidence != entry.evidence:
                texts += [f"  - {told('evidence', reason.rule, reason.facts, language)}" for reason in entry.evidence]
        for rank, proposal in enumerate(self.line.proposals, start=1):
            band = term(proposal.band.value, language)
            sure = term("how_sure", language).replace("{band}", band)
            texts.append(f"{term('proposal', language)} {rank}: {proposal.match_class}, {sure}")
            for share in proposal.shares:
                to = share.invoice_no or share.customer_no or ""
                texts.append(f"    {term(share.kind.value, language)} {to} "
                             f"{shown(share.amount, language, line.currency)}")  # fmt: skip
            texts += [f"  - {told('evidence', reason.rule, reason.facts, language)}" for reason in proposal.evidence]
        if not self.booked and not self.line.proposals:
            texts.append(term("no_proposal", language))
        if self.decided is not None:
            texts.append(why(self.decided.rule, self.decided.facts, language))
        if self.why_not:
            texts.append(told("explaining", "why-not", (("item", self.asked or ""),), language))
        return texts + [f"  - {why(reason.rule, reason.facts, language)}" for reason in self.why_not]


def explain_line(context: Context, name: str, invoice_no: str | None = None) -> Explained:
    """Everything known of a line. Raises Refused for an unknown line or item."""
    with reading(context, Action.READ) as connection, without_collector():
        row, line = _line(connection, name)
        own = connection.execute(select(accounts.c.iban).where(accounts.c.id == row.account_id)).scalar_one()
        proposals = store.load_proposals(connection, [row.id]).get(row.id, []) if row.open_amount else []
        listed = ListedLine(shown_id("lines", row.id), own, line, row.open_amount, row.state, tuple(proposals))
        standing = _standing(connection, allocations.c.line_id == row.id)
        booked = tuple(_allocation(entry) for entry in standing)
        rules = _rules(connection, {entry.run_id for entry in standing})
        item = None
        if invoice_no is not None and (item := item_by_number(connection, invoice_no)) is None:
            raise Refused(error("item-unknown", invoice_no, item=invoice_no))
        if line.status is not LineStatus.BOOKED:
            return Explained(listed, booked, None, None, (), rules=rules)
        asked = OpenLine(row.id, line, row.open_amount, store.rejected(connection).get(row.id, frozenset()))
        world = store.world_of(connection, settings_of(connection), few=True, besides=row.id)
        shares = [_share(entry) for entry in standing]
        if shares:
            asked, world = reopened(asked, world, shares)
        ready = index(world)
        if item is not None:
            item = having(ready.table, {item.id})[0]
        found = explain(asked, ready, item)
        taken = item is not None and any(entry.item_id == item.id for entry in standing)
        reasons = () if item is None or taken else _reasons(connection, row, item, standing, found.why_not)
    return Explained(listed, booked, found.runner_up, found.decided, reasons, invoice_no, rules)


def _rules(connection: Connection, runs: Set[int | None]) -> dict[str, int]:
    """By which version of the rules runs have matched."""
    query = select(match_runs.c.id, match_runs.c.summary).where(match_runs.c.id.in_(sorted(run for run in runs if run)))
    told = {number: msgspec.json.decode(summary) for number, summary in connection.execute(query)}
    return {shown_id("match_runs", number): one["rules"] for number, one in told.items() if "rules" in one}


def _line(connection: Connection, name: str) -> tuple[Any, Any]:
    number = read_id("lines", name)
    found = load_lines(connection, lines.c.id == number) if number is not None else []
    if not found:
        raise Refused(error("line-unknown", name, line=name))
    return found[0]


def _reasons(
    connection: Connection, row: Any, item: OpenItem, standing: Sequence[Any], found: Sequence[Evidence]
) -> tuple[Evidence, ...]:
    """What the books say against an item, before what the engine says."""
    reasons = []
    if standing and row.open_amount == 0:
        numbers = dict.fromkeys(entry.invoice_no or entry.customer_no or "" for entry in standing)
        reasons.append(Evidence("why-line-used", (("numbers", ", ".join(numbers)),)))
    query = select(rejections).where(rejections.c.line_id == row.id).order_by(rejections.c.id.desc())
    for no in connection.execute(query):
        own = [share for share in decode_shares(no.shares) if share.item_id == item.id]
        if own:
            rule = "why-taken-back" if store.TAKEN_BACK in own[0].flags else "why-rejected"
            facts = (("item", item.invoice_no), ("day", str(no.rejected_on)), ("by", no.actor))
            reasons.append(Evidence(rule, facts))
            break
    found = [reason for reason in found if reason.rule != "rejected-before"]
    if item.open == 0:
        others = [entry for entry in _standing(connection, allocations.c.item_id == item.id) if entry.line_id]
        reasons += [
            Evidence("why-paid-by", (("item", item.invoice_no), ("day", str(entry.booked_on)),
                                     ("line", shown_id("lines", entry.line_id)), ("amount", plain(entry.amount))))
            for entry in others[-1:]
        ]  # fmt: skip
        found = [reason for reason in found if reason.rule != "why-closed" or not others]
    return (*reasons, *found)


def _standing(connection: Connection, condition: Any) -> list[Any]:
    """The allocations that stand, with numbers and names."""
    query = (
        select(allocations, items.c.invoice_no, customers.c.customer_no, lines.c.bank_ref, lines.c.currency)
        .outerjoin(items, allocations.c.item_id == items.c.id)
        .outerjoin(customers, allocations.c.customer_id == customers.c.id)
        .outerjoin(lines, allocations.c.line_id == lines.c.id)
        .where(condition, store.STANDS)
        .order_by(allocations.c.id)
    )
    return list(connection.execute(query))


def _share(row: Any) -> Share:
    return Share(row.item_id, row.invoice_no, row.customer_no, row.amount, AllocationKind(row.kind),
                 collection_id=row.collection_id)  # fmt: skip


def _allocation(row: Any) -> ListedAllocation:
    return ListedAllocation(
        id=shown_id("allocations", row.id),
        line=shown_id("lines", row.line_id),
        bank_ref=row.bank_ref,
        booking_date=row.booked_on,
        item=None if row.kind == "overpayment" else row.invoice_no,
        customer=row.customer_no,
        amount=row.amount,
        currency=row.currency,
        kind=row.kind,
        match_class=row.match_class,
        band=row.band,
        status="booked",
        by=row.actor if row.run_id is None else "match",
        run=None if row.run_id is None else shown_id("match_runs", row.run_id),
        flags=msgspec.json.decode(row.flags, type=tuple[str, ...]),
        evidence=decode_evidence(row.evidence),
    )
