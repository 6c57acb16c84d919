"""What is due by direct debit: the claims that collecting decides on, and who collects them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, and_, or_, select

from recon.ledger.came_back import CameBack, Way, of_claim, way_on
from recon.model.items import OpenItem
from recon.model.settings import Account, Settings
from recon.service.pbs.deliveries import on_their_way
from recon.store.answers import Decisions, all_decisions, came_back
from recon.store.batches import load_collections
from recon.store.holds import COLLECT, holds_on
from recon.store.ids import shown_id
from recon.store.items import LIVE, load_items
from recon.store.mandates import all_mandates
from recon.store.masters import all_customers
from recon.store.matching import SETTLED_AT_EXPORT
from recon.store.tables import collections, item_parts, items
from sepa.collection import hand_in_by
from sepa.debits import Claim, Creditor, Rules
from sepa.identifiers import with_business_code
from sepa.mandate import register_of

_SETTLED: Final = (collections.c.status == "exported", SETTLED_AT_EXPORT)


def creditors_of(settings: Settings) -> dict[str | None, Creditor]:
    """Who collects for each branch, and for items without one (the first account)."""
    company = settings.company
    if not company.creditor_id:
        return {}
    accounts = {account.iban: account for account in settings.accounts}
    found: dict[str | None, Creditor] = {}
    for branch in settings.branches:
        if branch.account is not None:
            number = company.creditor_id
            if branch.creditor_id_code:
                number = with_business_code(number, branch.creditor_id_code)
            found[branch.code] = _creditor(settings, number, accounts[branch.account], branch.ultimate_creditor)
    if settings.accounts:
        found[None] = _creditor(settings, company.creditor_id, settings.accounts[0])
    return found


def rules_of(settings: Settings, collection_date: date | None = None, at: str | None = None) -> Rules:
    """How to collect by the settings; ``at`` (``HH:MM``) is when the file will be handed in."""
    collect = settings.collect
    return Rules(
        group_by_branch=collect.group_by_branch,
        service_contracts_apart=collect.service_contracts_apart,
        prenotification_days=collect.prenotification_days,
        lead_days=collect.lead_days,
        collection_date=collection_date,
        keep_umlauts=collect.keep_umlauts,
        structured_reference=collect.structured_reference,
        max_debits=collect.max_debits,
        handed_in_at=at,
        purpose=collect.purpose,
        category_purpose=collect.category_purpose,
    )


def hand_in_until(settings: Settings, iban: str, collection_date: date) -> tuple[date, str | None]:
    """The last bank day on which the account's bank must have a file that collects on ``collection_date``, and until
    what time of it (``HH:MM``), where the settings say so."""
    account = next((one for one in settings.accounts if one.iban == iban), None)
    lead_days = None if account is None else account.lead_days
    last = hand_in_by(collection_date, settings.collect.lead_days if lead_days is None else lead_days)
    return last, None if account is None else account.cut_off


def _creditor(settings: Settings, creditor_id: str, account: Account, ultimate: str | None = None) -> Creditor:
    return Creditor(
        settings.company.name, creditor_id, account.iban, account.bic, ultimate, account.lead_days, account.cut_off
    )


def due_claims(connection: Connection, as_of: date, due_until: date, *, announce_undated: bool = False) -> list[Claim]:
    """What is due by direct debit: each due part of each open item, with its mandate and what holds it.
    ``announce_undated`` as in the settings."""
    due = select(item_parts.c.item_id).where(item_parts.c.due_date <= due_until)
    wanted = and_(
        items.c.open_amount > 0,
        items.c.id.in_(due),
        or_(items.c.payment_method == "direct_debit", items.c.mandate_ref.is_not(None)),
    )
    people = all_customers(connection)
    register = register_of(all_mandates(connection).values())
    live: dict[int, dict[date, tuple[int, int]]] = {}
    settled = set(connection.execute(select(collections.c.id).where(*_SETTLED)).scalars())
    for row in load_collections(connection, collections.c.status.in_(LIVE)):
        live.setdefault(row.item_id, {})[row.due_date] = (row.batch_id, 0 if row.id in settled else row.amount)
    delivered = on_their_way(connection)
    held = holds_on(connection, as_of, COLLECT)
    backs: dict[int, list[CameBack]] = {}
    for back in came_back(connection):
        backs.setdefault(back.item_id, []).append(back)
    decided = all_decisions(connection)
    claims = []
    for item in load_items(connection, wanted):
        customer = people[item.customer_no]
        for due_date, amount in due_parts(item, due_until).items():
            hold, facts = hold_facts(held.get(item.id))
            own = of_claim(backs.get(item.id, ()), due_date, frozenset(part.due_date for part in item.parts))
            if own and hold is None:
                hold, facts = _waits(own, decided)
            batch = held_by(live.get(item.id, {}), due_date, amount, item.open)
            if batch is not None:
                hold, facts = "already_exported", (("batch", shown_id("batches", batch)),)
            delivery = held_by(delivered.get(item.id, {}), due_date, amount, item.open)
            if delivery is not None:
                hold, facts = "already_exported", (("batch", shown_id("pbs_deliveries", delivery)),)
            claims.append(
                Claim(
                    item_id=item.id,
                    invoice_no=item.invoice_no,
                    customer_no=item.customer_no,
                    customer_name=customer.name,
                    amount=amount,
                    due_date=due_date,
                    direct_debit=item.payment_method.value == "direct_debit",
                    currency=item.currency,
                    branch=item.branch or customer.branch,
                    issue_date=item.issue_date,
                    # What no dated invoice announces may have to be announced from now on (``collecting.announcing``).
                    announced_on=as_of if announce_undated and item.issue_date is None else None,
                    mandate=register.find(item.customer_no, item.mandate_id, as_of),
                    mandate_ref=item.mandate_id,
                    several=() if item.mandate_id else register.several(item.customer_no, as_of),
                    customer_is_company=customer.type.value == "company",
                    hold=hold,
                    hold_facts=facts,
                    service_contract=item.service_contract,
                    creditor_reference=item.creditor_reference,
                    represents=own[-1].end_to_end_id if own else None,
                    not_before=_agreed(own, decided),
                )
            )
    return claims


def _waits(backs: Sequence[CameBack], decided: Decisions) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Why a claim whose debit came back is not collected again, with what to do; nothing where it is (decision 20)."""
    last = backs[-1]
    way = way_on(backs, decision := decided.on(last))
    if way is Way.RETRY:
        return None, ()
    facts = (("day", last.day.isoformat()), ("reference", last.end_to_end_id), ("code", last.code or "-"))
    if decision is not None and way is Way.CLOSED:
        return "blocked", (("closed", decision.reason or "-"), *facts)
    return "blocked", (("returned" if last.by_return else "refused", last.code or "-"), *facts)


def _agreed(backs: Sequence[CameBack], decided: Decisions) -> date | None:
    """The first day that a person has agreed on for presenting a claim again."""
    decision = decided.on(backs[-1]) if backs else None
    return None if decision is None else decision.earliest_on


def held_by(live: Mapping[date, tuple[int, int]], due_date: date, amount: int, left: int) -> int | None:
    """The batch or delivery in which a claim is on its way already: the one of its due date, or (where an import has
    moved the due date since) any that leaves no room for it in what is open. ``live`` holds the batch and the amount of
    each due date."""
    if due_date in live:
        return live[due_date][0]
    if live and sum(debit for _, debit in live.values()) + amount > left:
        return next(iter(live.values()))[0]
    return None


def due_parts(item: OpenItem, due_until: date) -> dict[date, int]:
    """What is open of an item by due date; parts that fall due on one day are one debit."""
    found: dict[date, int] = {}
    for part in item.parts:
        if part.due_date <= due_until and part.open > 0:
            found[part.due_date] = found.get(part.due_date, 0) + part.open
    return found


def hold_facts(row: Any) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """What keeps an item out, by kind, with reason and end; nothing where no hold is on it."""
    if row is None:
        return None, ()
    return row.kind, (("reason", row.reason), ("until", "" if row.until is None else row.until.isoformat()))
