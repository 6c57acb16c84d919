"""The tables of refunds: files of credit transfers, and the transfers in them."""

from sqlalchemy import Column, Index, LargeBinary

from recon.store.describing import day, link, minor, number, partly, table, text

refund_batches = table(
    "refund_batches",
    link("account_id", "accounts"),
    text("message_id", required=True, unique=True),
    text("payment_information_id", required=True, unique=True),
    text("file_name", required=True),
    text("sha256", required=True),
    Column("content", LargeBinary, nullable=False),
    day("execution_date", required=True),
    number("count"),
    minor("total"),
    day("created_on", required=True),
    text("created_by", required=True),
    text("status", required=True),
    day("released_on"),
    text("released_by"),
    day("exported_on"),
    day("submitted_on"),
)

# Each takes from one credit: an overpayment (its allocation) or an item of which less than nothing is open.
refunds = table(
    "refunds",
    link("batch_id", "refund_batches"),
    link("customer_id", "customers"),
    link("allocation_id", "allocations", required=False),
    link("item_id", "items", required=False),
    minor("amount"),
    text("end_to_end_id", required=True, unique=True),
    text("iban", required=True),
    text("bic"),
    text("name", required=True),
    text("remittance", required=True),
    text("account_of", required=True),
    text("reason"),
    text("status", required=True),
    text("returned_for"),
    Index("ix_refunds_batch_id", "batch_id"),
    # A credit is on its way back in one refund at most, whatever crashes or is repeated.
    partly("ix_refunds_live_allocation", "allocation_id", where="status IN ('created', 'exported')", unique=True),
    partly("ix_refunds_live_item", "item_id", where="status IN ('created', 'exported')", unique=True),
)
