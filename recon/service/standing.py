"""What people have said and decided about one item, for whoever asks why it is or is not dunned."""

from dataclasses import dataclass

from recon.model.roles import Action
from recon.service.blocks import Block, blocks_of
from recon.service.care import item_named
from recon.service.complaints import Complaint, complaints_of
from recon.service.context import Context, reading
from recon.service.promises import PromiseEntry, entries
from recon.store.complaint_tables import promises


@dataclass(frozen=True, slots=True)
class Standing:
    """The complaints and promises of an item, all of them, and what holds it back on the day."""

    complaints: tuple[Complaint, ...]
    promises: tuple[PromiseEntry, ...]
    blocks: tuple[Block, ...]


def standing_of(context: Context, invoice_no: str) -> Standing:
    """What was said of an item until the day. Raises Refused."""
    with reading(context, Action.READ) as connection:
        item, as_of = item_named(connection, invoice_no), context.stamp.as_of
        return Standing(
            tuple(one for one in complaints_of(connection, item.id, as_of) if one.opened_on <= as_of),
            tuple(entries(connection, as_of, promises.c.item_id == item.id)),
            tuple(blocks_of(connection, item.id, as_of)),
        )
