"""``opos dunning procedure`` and ``opos dunning days``: which rules hold for whom, and who set them."""

from collections.abc import Callable
from typing import Any

import click

from recon.commands.call import Call, called
from recon.commands.output import Column, print_document, print_list, print_rows, print_table, print_tried
from recon.service.dunnable import Scope
from recon.texts import term
from sepa.money import plain

_LEVELS = (
    Column("level", "dunning_level", "number"),
    Column("days", "days", "number"),
    Column("days_origin", "days_by"),
    Column("anchor", "counted_from"),
    Column("fee", "fee", "amount"),
    Column("deadline_days", "deadline_days", "number"),
    Column("min_amount", "least_amount", "amount"),
    Column("interest", "bears_interest"),
    Column("channel", "channel"),
    Column("origin", "level_origin"),
)
_RULES = (Column("rule", "setting"), Column("value", "rule_value"), Column("origin", "days_by"))
_DAYS = (
    Column("customer", "customer"),
    Column("name", "name"),
    Column("branch", "branch"),
    Column("level", "dunning_level", "number"),
    Column("days", "days", "number"),
    Column("origin", "days_by"),
)
_TAKEN = (
    Column("customer", "customer"),
    Column("name", "name"),
    Column("branch", "branch"),
    Column("level", "dunning_level", "number"),
    Column("before", "own_days", "number"),
    Column("after", "after", "number"),
    Column("origin", "days_by"),
)
_VALUES = {
    "inclusive": "rule_boundary_inclusive", "strict": "rule_boundary_strict",
    "none": "rule_due_shift_none", "next_bank_day": "rule_due_shift_next_bank_day",
}  # fmt: skip
_NAMES = ("boundary", "min_gap_days", "repeat_last", "max_repeats", "due_shift")


def _of(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--branch", metavar="CODE", help="For this branch"),
        click.option("--customer", metavar="NO", help="For this customer"),
    ):
        function = option(function)
    return function


@click.command("procedure")
@_of
@called(sheets=True)
def procedure(call: Call, customer: str | None, branch: str | None) -> None:
    """Show the levels in force, for all or for one customer or branch, and who set them."""
    from recon.service import dunning as service

    found = service.procedure_of(call.context(), Scope(branch, customer))
    levels = [_level(one) for one in found.levels]
    if call.as_json:
        rules = [{"rule": name, "value": getattr(found, name), "origin": found.origin(name)} for name in _NAMES]
        print_document({"command": "dunning procedure", "customer": customer, "branch": branch, "levels": levels,
                        "rules": rules, "countries": list(found.countries)})  # fmt: skip
        return
    if not call.for_people:
        cells = [{**row, "interest": str(row["interest"]).lower()} for row in levels]
        print_rows(call, "list_levels", cells, _LEVELS)
        return
    if not levels:
        click.echo(term("no_levels", call.lang))
        return
    print_table([_told(row, call) for row in levels], _LEVELS, call.lang)
    click.echo(f"\n{term('dunning_rules', call.lang)}")
    rules = [
        {"rule": term(f"rule_{name}", call.lang), "value": _value(getattr(found, name), call),
         "origin": term(f"origin_{found.origin(name)}", call.lang)}
        for name in _NAMES if name != "max_repeats" or found.repeat_last
    ]  # fmt: skip
    print_table(rules, _RULES, call.lang)


@click.group("days")
def days() -> None:
    """The dunning days of customers: own ones, or those of branch and company."""


@days.command("list")
@_of
@click.option("--own", is_flag=True, help="Only customers with days of their own")
@called(sheets=True)
def list_days(call: Call, customer: str | None, branch: str | None, *, own: bool) -> None:
    """List the days of each customer and level, and who set them."""
    from recon.service import dunning as service

    rows = [
        {**_person(one.customer), "level": level.number, "days": level.after_days, "origin": level.days_from}
        for one in service.list_days(call.context(), Scope(branch, customer), own=own)
        for level in one.levels
    ]
    if call.for_people:
        rows = [{**row, "origin": term(f"origin_{row['origin']}", call.lang)} for row in rows]
    print_list(call, {"command": "dunning days", "days": rows}, "days", _DAYS)


@days.command("apply")
@_of
@click.option("--was", metavar="DAYS", help="Also replace own days that are these, level by level: 10,10,10")
@called(dry_run=True)
def apply_days(call: Call, customer: str | None, branch: str | None, was: str | None) -> None:
    """Give customers the days of their branch, else of the company, as their own; own days stay. Try it first with
    --dry-run: it shows what would change."""
    from recon.service import dunning as service

    found = service.apply_days(call.context(), Scope(branch, customer), _days_of(was))
    rows: list[dict[str, Any]] = [
        {**_person(one.customer), "level": one.level, "before": one.before, "after": one.after, "origin": one.origin}
        for one in found
    ]
    if call.as_json:
        print_document({"command": "dunning days apply", "dry_run": call.dry_run, "changes": rows})
        return
    if call.for_people:
        rows = [{**row, "origin": term(f"origin_{row['origin']}", call.lang)} for row in rows]
    print_rows(call, "list_days_taken", rows, _TAKEN)
    if call.for_people:
        people = len({one.customer.id for one in found})
        text = term("days_taken" if found else "days_not_taken", call.lang)
        click.echo(f"\n{text.replace('{count}', str(len(found))).replace('{customers}', str(people))}")
        print_tried(call)


def _days_of(typed: str | None) -> tuple[int, ...]:
    if typed is None:
        return ()
    pieces = [piece.strip() for piece in typed.split(",")]
    if not all(piece.isascii() and piece.isdigit() and len(piece) <= len("366") for piece in pieces):
        raise click.BadParameter("whole numbers, one for each level: 10,10,10", param_hint="--was")
    return tuple(int(piece) for piece in pieces)


def _person(customer: Any) -> dict[str, Any]:
    return {"customer": customer.customer_no, "name": customer.name, "branch": customer.branch}


def _level(one: Any) -> dict[str, Any]:
    return {
        "level": one.number, "days": one.after_days, "days_origin": one.days_from, "anchor": one.anchor,
        "fee": plain(one.fee), "deadline_days": one.deadline_days, "min_amount": plain(one.min_amount),
        "interest": one.interest, "channel": one.channel, "origin": one.origin,
    }  # fmt: skip


def _told(row: dict[str, Any], call: Call) -> dict[str, Any]:
    return {
        **row,
        "days_origin": term(f"origin_{row['days_origin']}", call.lang),
        "anchor": term(f"anchor_{row['anchor']}", call.lang),
        "interest": term("answer_yes" if row["interest"] else "answer_no", call.lang),
        "channel": term(row["channel"], call.lang),
        "origin": term(f"origin_{row['origin']}", call.lang),
    }


def _value(value: Any, call: Call) -> str:
    if isinstance(value, bool):
        return term("answer_yes" if value else "answer_no", call.lang)
    if value is None:
        return term("rule_no_limit", call.lang)
    return term(_VALUES[value], call.lang) if isinstance(value, str) else str(value)
