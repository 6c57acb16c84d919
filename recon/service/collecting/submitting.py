"""Saying that the bank has been given a batch's file."""

from recon.model.roles import Action
from recon.service.collecting.batches import CollectResult, chosen, refuse, shown_batches
from recon.service.context import Context, run, writing
from recon.store.batches import set_batch_status
from recon.store.ids import shown_id
from recon.store.log import record


def submitted(context: Context, batch: str) -> CollectResult:
    """Say that the bank has been given a batch's file: from now on it cannot be cancelled here."""
    with run(context, Action.SUBMIT_DEBITS), writing(context) as connection:
        row = chosen(connection, [batch], lambda _row: True)[0]
        refuse([row], lambda row: row.status != "exported", "batch-not-exported")
        if row.submitted_on is None:
            set_batch_status(connection, row.id, row.status, submitted_on=context.stamp.as_of)
            record(connection, context.stamp, "submit", shown_id("batches", row.id))
        found = shown_batches(connection, [row.id])
    return CollectResult(found)
