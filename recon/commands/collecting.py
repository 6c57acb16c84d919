"""``opos collect``."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import click

from recon.commands.call import DAY, TIME, Call, called, leave
from recon.commands.collect_output import print_announcements, print_collect, print_debits, print_next
from recon.service.answers import Exit


@click.group("collect")
def collect() -> None:
    """SEPA direct debits: what is due becomes one file per branch."""


def _window(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--fail-on", type=click.Choice(["excluded"]), help="Leave with 5 when something is excluded"),
        click.option(
            "--at", type=TIME, metavar="HH:MM", help="When the files will be handed in, for the bank's cut-off"
        ),
        click.option("--collection-date", type=DAY, metavar="DATE", help="Collect everything on this bank day"),
        click.option("--branch", metavar="CODE", help="Only this branch"),
        click.option("--due-until", type=DAY, metavar="DATE", required=True, help="Items due until this day"),
    ):
        function = option(function)
    return function


@collect.command("preview")
@_window
@called(sheets=True)
def preview(
    call: Call,
    *,
    due_until: date,
    branch: str | None,
    collection_date: date | None,
    at: str | None,
    fail_on: str | None,
) -> None:
    """Show what would be collected, and what not and why. Writes nothing."""
    from recon.service import collecting

    result = collecting.preview(
        call.context(), due_until=due_until, branch=branch, collection_date=collection_date, at=at
    )
    print_collect(call, result)
    print_next(call, result)
    if fail_on and result.excluded:
        leave(Exit.CONDITION)


@collect.command("create")
@_window
@called(dry_run=True)
def create(
    call: Call,
    *,
    due_until: date,
    branch: str | None,
    collection_date: date | None,
    at: str | None,
    fail_on: str | None,
) -> None:
    """Make the batches: one file per branch, checked against the schema and the rules of the banks."""
    from recon.service import collecting

    result = collecting.create(
        call.context(), due_until=due_until, branch=branch, collection_date=collection_date, at=at
    )
    print_collect(call, result)
    print_next(call, result)
    if fail_on and result.excluded:
        leave(Exit.CONDITION)


@collect.command("announce")
@click.option("--out", metavar="DIR", help="Write the texts into this folder and keep that they were announced today")
@click.option("--all", "everything", is_flag=True, help="Every debit, also those whom their invoice announces")
@click.argument("batches", nargs=-1)
@called(dry_run=True, sheets=True)
def announce(call: Call, out: str | None, batches: Sequence[str], *, everything: bool) -> None:
    """List the customers who must be told of debits of BATCHES (default: all not exported) before they come, and with
    --out write a letter or mail text for each: debits presented again, and by setting items without a day of issue."""
    from recon.service import collecting

    if out is None:
        result = collecting.announcements(call.context(), batches, everything=everything)
    else:
        result = collecting.announce(call.context(), Path(out), batches, everything=everything)
    print_announcements(call, result, written=out is not None)


@collect.command("release")
@click.argument("batches", nargs=-1, required=True)
@called(dry_run=True)
def release(call: Call, batches: Sequence[str]) -> None:
    """Release BATCHES for export; where the settings ask for four eyes, by somebody else than who created them."""
    from recon.service import collecting

    result = collecting.release(call.context(), batches)
    print_collect(call, result)
    print_next(call, result)


@collect.command("export")
@click.option("--out", required=True, metavar="DIR", help="Folder for the files; it is made if it is not there")
@click.argument("batches", nargs=-1)
@called(dry_run=True)
def export(call: Call, out: str, batches: Sequence[str]) -> None:
    """Write the files of BATCHES (default: all that the bank has not been given), each with its control sheet as PDF
    and CSV and its checksum beside it. The same bytes every time."""
    from recon.service import collecting

    result = collecting.export(call.context(), Path(out), batches, sheets=call.lang)
    print_collect(call, result)
    print_next(call, result)


@collect.command("cancel")
@click.option("--item", "items", multiple=True, metavar="INVOICE", help="Only this invoice; may be given several times")
@click.argument("batch")
@called(dry_run=True)
def cancel(call: Call, batch: str, items: Sequence[str]) -> None:
    """Take BATCH back before the bank gets it; its items are free again. With --item only those are: a new batch takes
    the place of the old one, with all other debits as they were."""
    from recon.service import collecting

    result = collecting.cancel(call.context(), batch, items)
    print_collect(call, result, notes=False)
    print_next(call, result)


@collect.command("submitted")
@click.argument("batch")
@called(dry_run=True)
def submitted(call: Call, batch: str) -> None:
    """Say that the bank has been given the file of BATCH."""
    from recon.service import collecting

    print_collect(call, collecting.submitted(call.context(), batch), notes=False)


@collect.command("show")
@click.argument("batch")
@called(sheets=True)
def show(call: Call, batch: str) -> None:
    """Show the debits of BATCH: whose, how much, under which mandate, what the file says, and how far each is."""
    from recon.service import collecting

    print_debits(call, collecting.show(call.context(), batch))


@collect.command("list")
@called(sheets=True)
def list_batches(call: Call) -> None:
    """List the batches, oldest first."""
    from recon.service import collecting

    print_collect(call, collecting.batches_in_books(call.context()), notes=False)
