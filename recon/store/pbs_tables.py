"""The tables of Betalingsservice (PBS): agreements of customers, deliveries, what is in them, and the answers."""

from sqlalchemy import Column, Index, LargeBinary, UniqueConstraint

from recon.store.describing import day, link, minor, number, partly, table, text

pbs_agreements = table(
    "pbs_agreements",
    link("customer_id", "customers"),
    text("payer_no", required=True),
    text("agreement_no", required=True),
    text("debtor_group", required=True),
    text("status", required=True),
    day("since"),
    day("ended_on"),
    text("ended_by"),
    partly("ix_pbs_agreements_active", "customer_id", where="status = 'active'", unique=True),
    partly("ix_pbs_agreements_payer", "payer_no", "debtor_group", where="status = 'active'", unique=True),
)

pbs_deliveries = table(
    "pbs_deliveries",
    text("delivery_no", required=True, unique=True),
    text("file_name", required=True),
    text("sha256", required=True),
    Column("content", LargeBinary, nullable=False),
    day("first_day", required=True),
    number("count"),
    minor("total"),
    number("text_lines"),
    day("created_on", required=True),
    text("status", required=True),
    day("exported_on"),
    day("submitted_on"),
    text("created_by", required=True),
)

pbs_debits = table(
    "pbs_debits",
    link("delivery_id", "pbs_deliveries"),
    link("agreement_id", "pbs_agreements"),
    text("reference", required=True, unique=True),
    day("collect_on", required=True),
    minor("amount"),
    text("status", required=True),
    Index("ix_pbs_debits_delivery_id", "delivery_id"),
    # The operator takes one collection of a debtor a day.
    partly("ix_pbs_debits_live", "agreement_id", "collect_on", where="status IN ('created', 'exported')", unique=True),
)

pbs_debit_items = table(
    "pbs_debit_items",
    link("debit_id", "pbs_debits"),
    link("item_id", "items"),
    day("due_date", required=True),
    minor("amount"),
    text("status", required=True),
    UniqueConstraint("debit_id", "item_id", "due_date"),
    Index("ix_pbs_debit_items_item_id", "item_id"),
    # Promise 7: what is due of an item on a day is delivered once, until the operator says that it was not paid.
    partly("ix_pbs_debit_items_live", "item_id", "due_date",
           where="status IN ('created', 'exported', 'completed')", unique=True),
)  # fmt: skip

pbs_answers = table(
    "pbs_answers",
    link("file_id", "files"),
    number("record"),
    link("debit_id", "pbs_debits"),
    text("code", required=True),
    minor("amount"),
    minor("paid"),
    day("paid_on"),
    day("booked_on"),
    UniqueConstraint("file_id", "record"),
    Index("ix_pbs_answers_debit_id", "debit_id"),
)
