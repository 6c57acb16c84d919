"""What would be collected, and what not and why."""

from datetime import date

from sqlalchemy import Connection

from recon.model.finding import error
from recon.model.roles import Action
from recon.model.settings import Settings
from recon.service.answers import Refused
from recon.service.claims import creditors_of, due_claims, hand_in_until, rules_of
from recon.service.collecting.batches import Batch, BatchBlock, CollectResult
from recon.service.context import Context, reading
from recon.service.pausing import without_collector
from recon.store.settings import settings_of
from sepa.collection import plan
from sepa.debits import Block, CollectionError, Plan, PlannedFile, Rules


def preview(
    context: Context,
    *,
    due_until: date,
    branch: str | None = None,
    collection_date: date | None = None,
    at: str | None = None,
) -> CollectResult:
    """What ``create`` would do; writes nothing. ``at`` (``HH:MM``) is when the files will be handed in."""
    with reading(context, Action.READ) as connection, without_collector():
        settings = settings_of(connection)
        rules = rules_of(settings, collection_date, at)
        made = planned(connection, settings, rules, context.stamp.as_of, due_until=due_until, branch=branch)
    return collected(made, tuple(_planned(file, settings) for file in made.files), settings)


def planned(
    connection: Connection, settings: Settings, rules: Rules, as_of: date, *, due_until: date, branch: str | None
) -> Plan:
    """The plan for what is due. Raises Refused for a branch that there is not and a day that is no bank day."""
    if branch is not None and branch not in {entry.code for entry in settings.branches}:
        raise Refused(error("branch-unknown", "--branch", branch=branch))
    creditors = creditors_of(settings)
    due = due_claims(connection, as_of, due_until, announce_undated=settings.collect.announce_undated)
    claims = [claim for claim in due if branch in {None, claim.branch}]
    try:
        return plan(claims, creditors.get, rules, as_of)
    except CollectionError as fault:
        raise Refused(error(fault.reason, "--collection-date", date=fault.text, next=fault.instead)) from fault


def collected(made: Plan, found: tuple[Batch, ...], settings: Settings) -> CollectResult:
    """The batches of a plan with what the plan says beside them."""
    due = (sum(total.count for total in made.due), sum(total.sum for total in made.due if total.currency == "EUR"))
    return CollectResult(found, made.excluded, due, made.notes, settings.collect.release == "four_eyes")


def _planned(file: PlannedFile, settings: Settings) -> Batch:
    submit_by, cut_off = hand_in_until(settings, file.blocks[0].creditor.iban, file.collection_date)
    return Batch(
        id=None,
        branch=file.branch,
        scheme=str(file.scheme),
        collection_date=file.collection_date,
        count=file.count,
        sum=file.sum,
        blocks=tuple(_planned_block(block) for block in file.blocks),
        status="planned",
        submit_by=submit_by,
        cut_off=cut_off,
    )


def _planned_block(block: Block) -> BatchBlock:
    return BatchBlock(None, str(block.sequence), block.creditor.iban, block.creditor.creditor_id,
                      block.collection_date, block.count, block.sum)  # fmt: skip
