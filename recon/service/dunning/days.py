"""Whose dunning days hold for a customer, and taking over the days of a branch or the company as his own (X-09)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, true, update

from recon.dunning.procedure import Level, Procedure, resolve
from recon.model.finding import error
from recon.model.items import Customer
from recon.model.roles import Action
from recon.model.settings import Settings
from recon.service.answers import Refused
from recon.service.context import Context, reading, run, writing
from recon.service.dunnable import Scope
from recon.store.log import record
from recon.store.masters import each_customer
from recon.store.settings import settings_of
from recon.store.tables import branches, customers


@dataclass(frozen=True, slots=True)
class Days:
    """The days of each level as they hold for a customer at his branch, each with who set them."""

    customer: Customer
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """Days that a customer takes over as his own for a level: ``before`` are his own so far, ``origin`` says whose the
    new ones are."""

    customer: Customer
    level: int
    before: int | None
    after: int
    origin: str


def procedure_of(context: Context, scope: Scope) -> Procedure:
    """The procedure for a customer, a branch, or the company as a whole, each value with who set it. Raises Refused for
    an unknown one."""
    with reading(context, Action.READ) as connection:
        settings = settings_of(connection)
        code, own = scope.branch, _nothing()
        if scope.customer is not None:
            customer = next(each_customer(connection, customers.c.customer_no == scope.customer), None)
            if customer is None:
                raise Refused(error("customer-unknown", "--customer", customer=scope.customer))
            code, own = scope.branch or customer.branch, customer.dunning_days
        _see_branch(settings, scope.branch)
        return resolve(settings.dunning, _branch_days(settings, code), own)


def list_days(context: Context, scope: Scope, *, own: bool = False) -> list[Days]:
    """The days of each customer, by number; with ``own`` only of those who have days of their own."""
    with reading(context, Action.READ) as connection:
        settings = settings_of(connection)
        return [
            Days(one, resolve(settings.dunning, _branch_days(settings, one.branch), one.dunning_days).levels)
            for one in _people(connection, settings, scope)
            if not own or any(days is not None for days in one.dunning_days)
        ]


def apply_days(context: Context, scope: Scope, was: Sequence[int] = ()) -> list[Taken]:
    """Give customers the days of their branch, else of the company, as their own.

    Levels for which a customer has none are filled. Own days stay, except where they are those of ``was``, level by
    level: the branch's days of before, that were copied then.
    """
    with run(context, Action.SET_DUNNING_DAYS), writing(context) as connection:
        settings = settings_of(connection)
        found = []
        for one in list(_people(connection, settings, scope)):
            levels = resolve(settings.dunning, _branch_days(settings, one.branch), _nothing()).levels
            taken = list(_taken(one, levels, was))
            if taken:
                values = {f"dunning_days_{each.level}": each.after for each in taken}
                connection.execute(update(customers).where(customers.c.id == one.id).values(values))
                found += taken
        if found:
            record(connection, context.stamp, "dunning-days", "customers",
                   after={"kind": "customers", "changes": _changes(found)})  # fmt: skip
        return found


def _taken(customer: Customer, levels: Sequence[Level], was: Sequence[int]) -> Iterator[Taken]:
    for level in levels:
        place = level.number - 1
        before = customer.dunning_days[place]
        replaced = before is None or (place < len(was) and before == was[place])
        if replaced and before != level.after_days:
            yield Taken(customer, level.number, before, level.after_days, level.days_from)


def _changes(found: Sequence[Taken]) -> list[dict[str, object]]:
    of_customer: dict[int, list[Taken]] = {}
    for one in found:
        of_customer.setdefault(one.customer.id, []).append(one)
    return [
        {"id": number, "before": {f"dunning_days_{one.level}": one.before for one in own},
         "after": {f"dunning_days_{one.level}": one.after for one in own}}
        for number, own in of_customer.items()
    ]  # fmt: skip


def _people(connection: Connection, settings: Settings, scope: Scope) -> Iterator[Customer]:
    _see_branch(settings, scope.branch)
    wanted: ColumnElement[bool] = true()
    if scope.branch is not None:
        wanted &= branches.c.code == scope.branch
    if scope.customer is not None:
        wanted &= customers.c.customer_no == scope.customer
    found = sorted(each_customer(connection, wanted), key=lambda one: one.customer_no)
    if scope.customer is not None and not found:
        raise Refused(error("customer-unknown", "--customer", customer=scope.customer))
    return iter(found)


def _see_branch(settings: Settings, code: str | None) -> None:
    if code is not None and all(branch.code != code for branch in settings.branches):
        raise Refused(error("branch-unknown", "--branch", branch=code))


def _branch_days(settings: Settings, code: str | None) -> tuple[int, ...]:
    return next((branch.dunning_days for branch in settings.branches if branch.code == code), ())


def _nothing() -> tuple[int | None, int | None, int | None, int | None]:
    return None, None, None, None
