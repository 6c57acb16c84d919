"""The dunning plan of a day: every part ends in exactly one notice, or in the list of those that get none.

How notices are put together (A-11, X-07, X-08):

- ``combine = "customer"``: one notice for each customer, currency, language and branch. ``"address"`` is the same, as
  items have no address of their own and two customers are never joined. ``"none"``: one notice an item, with its parts.
- ``mixed_levels = "highest"``: the notice carries the highest level of its lines, each line keeps its own.
  ``"separate"``: one notice a level. Calls (channel ``phone``) never share a notice with what is written.
- The branch of the item decides, else that of the customer (A-38).

What counts for the customer:

- Credits (open credit notes and ``credits``) that cover all that would be claimed from a customer in one currency
  exclude all of it with ``credit``.
- Otherwise an open credit note stands in the customer's notice as a line of its own, below zero and with level 0,
  as long as something is left to claim; one that finds no such notice is listed with ``credit`` (X-26). An amount in
  ``credits`` belongs to no item: it is not deducted from a notice that it does not cover.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from recon.dunning.eligibility import Verdict, judge, language_of, not_yet_facts
from recon.dunning.fees import level_fee, notice_fee
from recon.dunning.presets import effective
from recon.dunning.procedure import Facts, Procedure, later, resolve
from recon.dunning.titles import title
from recon.model.dunning import DunnablePart, Notice, NoticeItem, Undunned
from recon.model.items import Customer
from recon.model.settings import Branch, Channel, DunningSettings
from sepa.money import plain

NO_CREDITS: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Plan:
    """Notices by customer, branch, currency, language and level; ``undunned`` by invoice number. Their lines together
    are the parts that were asked about, each once."""

    notices: tuple[Notice, ...]
    undunned: tuple[Undunned, ...]


@dataclass(frozen=True, slots=True)
class _Due:
    """A part that may be dunned today with ``level``; ``level`` 0 is a credit note."""

    part: DunnablePart
    level: int
    branch: str | None
    language: str


def plan(
    parts: Sequence[DunnablePart],
    customers: Mapping[str, Customer],
    branches: Mapping[str, Branch],
    settings: DunningSettings,
    as_of: date,
    *,
    level: int | None = None,
    credits: Mapping[str, int] = NO_CREDITS,  # noqa: A002 - the field's word
    credit_currency: str = "EUR",
) -> Plan:
    """Who is reminded on ``as_of``, of what and for how much. The order of ``parts`` does not matter.

    ``customers`` holds every customer whom a part names (else KeyError). ``level`` keeps only that level (V-23).
    ``credits`` are amounts by customer number in ``credit_currency``, minor units, that belong to no item.
    Raises ValueError for a part given twice and for settings that ``check`` refuses.
    """
    whole = effective(settings)
    undunned: list[Undunned] = []
    accounts: dict[tuple[str, str], tuple[list[_Due], list[_Due]]] = {}
    for part, branch, verdict in _judged(parts, customers, branches, whole, as_of):
        if verdict.reason is not None and (verdict.reason != "credit" or part.open >= 0):
            undunned.append(_left(part, verdict.reason, verdict.next_on, verdict.facts))
            continue
        line = _Due(part, verdict.level, branch, language_of(part, customers[part.customer_no]))
        due, favours = accounts.setdefault((part.customer_no, part.currency), ([], []))
        (due if verdict.reason is None else favours).append(line)
    notices: list[Notice] = []
    for (customer_no, currency), (due, favours) in accounts.items():
        balance = credits.get(customer_no, 0) if currency == credit_currency else 0
        claimed = sum(line.part.open for line in due)
        favour = balance - sum(line.part.open for line in favours)
        if favour >= claimed:
            undunned += _covered(due, favours, favour, claimed, currency)
            continue
        wanted = [line for line in due if level is None or line.level == level]
        undunned += [_other_level(line, as_of) for line in due if level is not None and line.level != level]
        groups, unused = _grouped(wanted, favours, whole)
        undunned += [_unused(line) for line in unused]
        for group in groups:
            asked = sum(line.part.open for line in group)
            if asked < whole.min_amount:
                undunned += [_below_minimum(line, asked, whole.min_amount) for line in group]
            else:
                notices.append(_notice(group, customers[customer_no], whole, as_of))
    return Plan(tuple(sorted(notices, key=_notice_order)), tuple(sorted(undunned, key=_undunned_order)))


def _judged(
    parts: Sequence[DunnablePart],
    customers: Mapping[str, Customer],
    branches: Mapping[str, Branch],
    settings: DunningSettings,
    as_of: date,
) -> Iterator[tuple[DunnablePart, str | None, Verdict]]:
    if len({(part.item_id, part.part) for part in parts}) != len(parts):
        raise ValueError("a part was given twice")
    procedures: dict[tuple[tuple[int, ...], tuple[int | None, ...]], Procedure] = {}
    for part in parts:
        customer = customers[part.customer_no]
        code = part.branch or customer.branch
        branch = None if code is None else branches.get(code)
        days = (() if branch is None else branch.dunning_days, customer.dunning_days)
        procedure = procedures.get(days)
        if procedure is None:
            procedure = procedures[days] = resolve(settings, *days)
        yield part, code, judge(part, customer, procedure, as_of)


def _grouped(lines: list[_Due], favours: list[_Due], settings: DunningSettings) -> tuple[list[list[_Due]], list[_Due]]:
    """The lines of one customer and currency by notice, and the credit notes that found no notice."""
    groups: dict[tuple[object, ...], list[_Due]] = {}
    for line in lines:
        key = (
            line.branch,
            line.language,
            line.part.item_id if settings.combine == "none" else None,
            line.level if settings.mixed_levels == "separate" else None,
            settings.levels[line.level - 1].channel == "phone",
        )
        groups.setdefault(key, []).append(line)
    made = list(groups.values())
    if not favours or settings.combine == "none":
        return made, favours
    made.sort(key=lambda group: (-max(line.level for line in group), *_line_order(group[0])))
    unused = []
    for favour in sorted(favours, key=_line_order):
        for group in made:
            same = (group[0].branch, group[0].language) == (favour.branch, favour.language)
            if same and sum(line.part.open for line in group) + favour.part.open > 0:
                group.append(favour)
                break
        else:
            unused.append(favour)
    return made, unused


def _notice(group: list[_Due], customer: Customer, settings: DunningSettings, as_of: date) -> Notice:
    group.sort(key=_line_order)
    levels = [line.level for line in group if line.level > 0]
    highest = max(levels)
    first = group[0]
    items = tuple(
        NoticeItem(
            line.part.item_id,
            line.part.invoice_no,
            line.part.part,
            line.part.due_date,
            max((as_of - line.part.due_date).days, 0),
            line.part.open,
            line.level,
            level_fee(settings, line.level) if settings.fee_scope == "per_item" and line.level > 0 else 0,
        )
        for line in group
    )
    return Notice(
        customer_no=customer.customer_no,
        branch=first.branch,
        level=highest,
        title=title(settings.preset, highest, first.language),
        language=first.language,
        channel=_channel(settings.levels[highest - 1].channel, customer),
        deadline=later(as_of, settings.deadline_days),
        currency=first.part.currency,
        items=items,
        fee=notice_fee(settings, levels),
    )


def _channel(channel: Channel, customer: Customer) -> Channel:
    """A call stays a call. What is written goes by e-mail where the level or the customer says so and an address is
    known, else by post (X-14, F-16)."""
    if channel == "phone":
        return channel
    return "email" if customer.email and "email" in (channel, customer.dispatch) else "letter"


def _left(part: DunnablePart, reason: str, next_on: date | None = None, facts: Facts = ()) -> Undunned:
    return Undunned(part.item_id, part.invoice_no, part.part, reason, next_on, facts)


def _covered(due: list[_Due], favours: list[_Due], favour: int, claimed: int, currency: str) -> list[Undunned]:
    facts = (("credit", plain(favour, currency)), ("currency", currency), ("claimed", plain(claimed, currency)))
    return [_left(line.part, "credit", None, facts) for line in due] + [_unused(line) for line in favours]


def _unused(line: _Due) -> Undunned:
    currency = line.part.currency
    return _left(line.part, "credit", None, (("credit", plain(-line.part.open, currency)), ("currency", currency)))


def _other_level(line: _Due, as_of: date) -> Undunned:
    return _left(line.part, "not_yet", as_of, not_yet_facts(line.level, as_of))


def _below_minimum(line: _Due, asked: int, minimum: int) -> Undunned:
    if line.level == 0:
        return _unused(line)
    currency = line.part.currency
    facts = (("asked", plain(asked, currency)), ("minimum", plain(minimum, currency)), ("currency", currency))
    return _left(line.part, "below_minimum", None, facts)


def _line_order(line: _Due) -> tuple[date, str, int, str]:
    part = line.part
    return part.due_date, part.invoice_no, part.item_id, part.part


def _notice_order(notice: Notice) -> tuple[str, str, str, str, int, date, str, int, str]:
    first = notice.items[0]
    of_customer = (notice.customer_no, notice.branch or "", notice.currency, notice.language, notice.level)
    return *of_customer, first.due_date, first.invoice_no, first.item_id, first.part


def _undunned_order(left: Undunned) -> tuple[str, int, str]:
    return left.invoice_no, left.item_id, left.part
