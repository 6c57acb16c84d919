"""The dunning plan of a day: every part ends in exactly one notice, or in the list of those that get none.

How notices are put together (A-11, X-07, X-08):

- ``combine = "customer"``: one notice for each customer, currency, language and branch. ``"address"`` is the same, as
  items have no address of their own and two customers are never joined. ``"none"``: one notice an item, with its parts.
- ``mixed_levels = "highest"``: the notice carries the highest level of its lines, each line keeps its own.
  ``"separate"``: one notice a level. Calls (channel ``phone``) never share a notice with what is written.
- The branch of the item decides, else that of the customer (A-38).

What counts for the customer:

- Credits (open credit notes and ``credits``) that cover all that would be claimed from a customer in one currency
  exclude all of it with ``credit``; so do the credit notes of one branch and language for what is claimed there.
- Otherwise an open credit note stands in the notice of its branch and language, that of the highest level first, as a
  line of its own, below zero and with level 0, as long as something is left to claim. One that finds no such notice is
  listed with ``credit`` (X-26), also where every item has its own notice.
- An amount in ``credits`` belongs to no item: it is not deducted from notices that it does not cover.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter
from types import MappingProxyType
from typing import Final

from recon.dunning.eligibility import Verdict, apart, branch_of, by_calendar, in_language, language_of, not_yet_facts
from recon.dunning.fees import fee_of, own_fee
from recon.dunning.interest import bears, with_claims
from recon.dunning.presets import effective
from recon.dunning.procedure import Facts, Procedure, deadline_days, later, minimum, resolve
from recon.dunning.wording import NO_TEXTS, OwnTexts, title_of
from recon.model.dunning import DunnablePart, Notice, NoticeItem, PartState, Undunned
from recon.model.items import Customer
from recon.model.settings import Branch, Channel, DunningSettings
from sepa.money import plain

_UNDUNNED_ORDER: Final = attrgetter("invoice_no", "item_id", "part")
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
    own: OwnTexts = NO_TEXTS,
) -> Plan:
    """Who is reminded on ``as_of``, of what and for how much. The order of ``parts`` does not matter.

    ``customers`` holds every customer whom a part names (else KeyError). ``level`` keeps only that level (V-23).
    ``credits`` are amounts by customer number in ``credit_currency``, minor units, that belong to no item. ``own``
    are the company's own texts: of a level and language where one is missing there is no notice (D-13, O-15).
    Raises ValueError for a part given twice and for settings that ``check`` refuses.
    """
    if len({(part.item_id, part.part) for part in parts}) != len(parts):
        raise ValueError("a part was given twice")
    of_customer: dict[str, list[DunnablePart]] = {}
    for part in parts:
        of_customer.setdefault(part.customer_no, []).append(part)
    accounts = ((customers[number], found) for number, found in of_customer.items())
    return plan_accounts(
        accounts, branches, settings, as_of, level=level, credits=credits, credit_currency=credit_currency, own=own
    )


def plan_accounts(
    accounts: Iterable[tuple[Customer, Sequence[DunnablePart]]],
    branches: Mapping[str, Branch],
    settings: DunningSettings,
    as_of: date,
    *,
    level: int | None = None,
    credits: Mapping[str, int] = NO_CREDITS,  # noqa: A002 - the field's word
    credit_currency: str = "EUR",
    own: OwnTexts = NO_TEXTS,
) -> Plan:
    """The same for customers who come one by one, each once and with all of his parts: what a plan of very many asks
    for. No more than one customer's parts are held."""
    whole = effective(settings)
    calendars = _Calendars(branches, whole, as_of)
    undunned: list[Undunned] = []
    notices: list[Notice] = []
    for customer, parts in accounts:
        credit = credits.get(customer.customer_no, 0)
        for currency, account in _sifted(customer, parts, calendars, undunned).items():
            balance = credit if currency == credit_currency else 0
            if _asked(account) <= balance:
                undunned += _covered(account, balance)
                continue
            for desk in _desks(account):
                if _asked(desk) <= 0:
                    undunned += _covered(desk, 0)
                    continue
                made, rest = _notices(desk, customer, whole, as_of, level, own=own)
                notices += made
                undunned += rest
    notices.sort(key=_notice_order)
    undunned.sort(key=_UNDUNNED_ORDER)
    return Plan(tuple(notices), tuple(undunned))


class _Calendars:
    """What the days say of parts, asked once for all of the same procedure, state and due date."""

    def __init__(self, branches: Mapping[str, Branch], settings: DunningSettings, as_of: date) -> None:
        self.branches = branches
        self.settings = settings
        self.as_of = as_of
        self.found: dict[tuple[tuple[int, ...], tuple[int | None, ...]], _Calendar] = {}

    def of(self, code: str | None, customer: Customer) -> "_Calendar":
        """That of a customer's items of a branch."""
        branch = None if code is None else self.branches.get(code)
        days = (() if branch is None else branch.dunning_days, customer.dunning_days)
        calendar = self.found.get(days)
        if calendar is None:
            calendar = self.found[days] = _Calendar(resolve(self.settings, *days), self.as_of)
        return calendar


class _Calendar(dict[tuple[PartState, date], Verdict]):
    """The verdicts of one procedure."""

    def __init__(self, procedure: Procedure, as_of: date) -> None:
        super().__init__()
        self.procedure = procedure
        self.as_of = as_of

    def __missing__(self, key: tuple[PartState, date]) -> Verdict:
        found = self[key] = by_calendar(self.procedure, *key, self.as_of)
        return found


def _sifted(
    customer: Customer, parts: Sequence[DunnablePart], calendars: _Calendars, undunned: list[Undunned]
) -> dict[str, list[_Due]]:
    """A customer's parts that may be dunned today and his credit notes, by currency; the others go to ``undunned``."""
    found: dict[str, list[_Due]] = {}
    own: dict[str | None, _Calendar] = {}
    for part in parts:
        code = branch_of(part, customer)
        calendar = own.get(code)
        if calendar is None:
            calendar = own[code] = calendars.of(code, customer)
        language = language_of(part, customer)
        verdict = apart(part, customer, calendar.procedure, calendars.as_of)
        if verdict is None:
            verdict = in_language(calendar[part.state, part.due_date], language)
        if verdict.reason is None or (verdict.reason == "credit" and part.open < 0):
            found.setdefault(part.currency, []).append(_Due(part, verdict.level, code, language))
        else:
            undunned.append(_left(part, verdict.reason, verdict.next_on, verdict.facts))
    return found


def _asked(lines: list[_Due]) -> int:
    return sum([line.part.open for line in lines])


def _desks(account: list[_Due]) -> list[list[_Due]]:
    """The lines of one customer and currency by branch and language: those that one sender writes in one letter."""
    if len(account) == 1:
        return [account]
    desks: dict[tuple[str | None, str], list[_Due]] = {}
    for line in account:
        desks.setdefault((line.branch, line.language), []).append(line)
    return list(desks.values())


def _notices(
    desk: list[_Due], customer: Customer, settings: DunningSettings, as_of: date, level: int | None, *, own: OwnTexts
) -> tuple[list[Notice], list[Undunned]]:
    wanted = desk if level is None else [line for line in desk if line.level in {0, level}]
    rest = [] if wanted is desk else [_other_level(line, as_of) for line in desk if line.level not in {0, level}]
    groups, unused = _grouped(wanted, settings)
    rest += [_unused(line) for line in unused]
    made = []
    charged: set[int] = set()
    for group in groups:
        asked = _asked(group)
        least = minimum(settings, max(line.level for line in group))
        if asked < least:
            rest += [_below_minimum(line, asked, least) for line in group]
        elif facts := _unworded(group, own):
            rest += [_left(line.part, "blocked", None, facts) if line.level else _unused(line) for line in group]
        else:
            made.append(_notice(group, customer, settings, as_of, own=own, charged=charged))
    return made, rest


def _grouped(desk: list[_Due], settings: DunningSettings) -> tuple[list[list[_Due]], list[_Due]]:
    """The lines of a desk by notice, the highest level first, and the credit notes that found no notice."""
    if len(desk) == 1 and desk[0].level > 0:
        return [desk], []
    groups: dict[tuple[int | None, int | None, bool], list[_Due]] = {}
    for line in desk:
        if line.level > 0:
            key = (
                line.part.item_id if settings.combine == "none" else None,
                line.level if settings.mixed_levels == "separate" else None,
                settings.levels[line.level - 1].channel == "phone",
            )
            groups.setdefault(key, []).append(line)
    # Two notices of a desk never share their highest level, unless every item has its own: then credits join none.
    made = sorted(groups.values(), key=lambda group: -max(line.level for line in group))
    favours = sorted((line for line in desk if line.level == 0), key=_line_order)
    if settings.combine == "none":
        return made, favours
    unused: list[_Due] = []
    for favour in favours:
        home = next((group for group in made if _asked(group) + favour.part.open > 0), None)
        (unused if home is None else home).append(favour)
    return made, unused


def _unworded(group: list[_Due], own: OwnTexts) -> Facts:
    """Which text is missing for the notice that a group would be; nothing where all are there."""
    if not own.missing:
        return ()
    level, language = max(line.level for line in group), group[0].language
    name = own.missing.get((level, language))
    return () if name is None else (("language", language), ("level", str(level)), ("text", name))


def _notice(
    group: list[_Due], customer: Customer, settings: DunningSettings, as_of: date, *, own: OwnTexts, charged: set[int]
) -> Notice:
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
            free=line.part.free,
        )
        for line in group
    )
    if settings.fee_scope == "per_item":
        items = tuple(replace(item, fee=own_fee(settings, item)) for item in items)
    notice = Notice(
        customer_no=customer.customer_no,
        branch=first.branch,
        level=highest,
        title=title_of(own, settings.preset, highest, first.language),
        language=first.language,
        channel=_channel(settings.levels[highest - 1].channel, customer),
        deadline=later(as_of, deadline_days(settings, highest)),
        currency=first.part.currency,
        items=items,
        fee=fee_of(settings, items),
    )
    if not bears(settings):
        return notice
    return with_claims(notice, [line.part for line in group], customer, settings, as_of, charged=charged)


def _channel(channel: Channel, customer: Customer) -> Channel:
    """A call stays a call. What is written goes by e-mail where the level or the customer says so and an address is
    known, else by post (X-14, F-16)."""
    if channel == "phone":
        return channel
    return "email" if customer.email and "email" in (channel, customer.dispatch) else "letter"


def _left(part: DunnablePart, reason: str, next_on: date | None = None, facts: Facts = ()) -> Undunned:
    return Undunned(part.item_id, part.invoice_no, part.part, reason, next_on, facts)


def _covered(lines: list[_Due], balance: int) -> list[Undunned]:
    """All the lines of an account or desk, whose credits with ``balance`` cover its claims."""
    currency = lines[0].part.currency
    claims = [line for line in lines if line.level > 0]
    claimed = _asked(claims)
    credit = balance + claimed - _asked(lines)
    facts = (("credit", plain(credit, currency)), ("currency", currency), ("claimed", plain(claimed, currency)))
    return [_left(line.part, "credit", None, facts) if line.level else _unused(line) for line in lines]


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
