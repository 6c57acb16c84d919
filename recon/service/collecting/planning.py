"""What would be collected, and what not and why."""

from datetime import date

from sqlalchemy import Connection

from recon.model.finding import error
from recon.model.roles import Action
from recon.service.answers import Refused
from recon.service.claims import creditors_of, due_claims
from recon.service.collecting.batches import Batch, BatchBlock, CollectResult
from recon.service.context import Context, reading
from recon.store.settings import settings_of
from sepa.collection import plan
from sepa.debits import Block, CollectionError, Plan, PlannedFile, Rules


def preview(
    context: Context, *, due_until: date, branch: str | None = None, collection_date: date | None = None
) -> CollectResult:
    """What ``create`` would do; writes nothing."""
    with reading(context, Action.READ) as connection:
        made = planned(connection, context.stamp.as_of, due_until, branch, collection_date)
    return collected(made, tuple(_planned(file) for file in made.files))


def planned(
    connection: Connection, as_of: date, due_until: date, branch: str | None, collection_date: date | None
) -> Plan:
    """The plan for what is due. Raises Refused for a branch that there is not and a day that is no bank day."""
    settings = settings_of(connection)
    if branch is not None and branch not in {entry.code for entry in settings.branches}:
        raise Refused(error("branch-unknown", "--branch", branch=branch))
    creditors = creditors_of(settings)
    collect = settings.collect
    rules = Rules(
        group_by_branch=collect.group_by_branch,
        service_contracts_apart=collect.service_contracts_apart,
        prenotification_days=collect.prenotification_days,
        lead_days=collect.lead_days,
        collection_date=collection_date,
    )
    claims = [claim for claim in due_claims(connection, as_of, due_until) if branch in {None, claim.branch}]
    try:
        return plan(claims, creditors.get, rules, as_of)
    except CollectionError as fault:
        raise Refused(error(fault.reason, "--collection-date", date=fault.text)) from fault


def collected(made: Plan, found: tuple[Batch, ...]) -> CollectResult:
    """The batches of a plan with what the plan says beside them."""
    due = (sum(total.count for total in made.due), sum(total.sum for total in made.due if total.currency == "EUR"))
    return CollectResult(found, made.excluded, due, made.notes)


def _planned(file: PlannedFile) -> Batch:
    return Batch(
        id=None,
        branch=file.branch,
        scheme=str(file.scheme),
        collection_date=file.collection_date,
        count=file.count,
        sum=file.sum,
        blocks=tuple(_planned_block(block) for block in file.blocks),
        status="planned",
    )


def _planned_block(block: Block) -> BatchBlock:
    return BatchBlock(None, str(block.sequence), block.creditor.iban, block.creditor.creditor_id,
                      block.collection_date, block.count, block.sum)  # fmt: skip
