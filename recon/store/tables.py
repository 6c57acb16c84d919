"""The tables of the books: the same on SQLite (STRICT) and PostgreSQL.

Money is BIGINT minor units, signed. Ids are handed out by ``recon.store.ids``. Columns named in ``CACHED`` repeat what
the journal says, for speed; ``opos verify`` recomputes them. Everything else of ``APPEND_ONLY`` is never updated, and
taken away only as a whole statement of which nothing is used (``recon.store.removing``). What the other tables come to
is stated by each record that changes them (``recon.store.digests``).
"""

from typing import Final

from sqlalchemy import Column, Index, LargeBinary, UniqueConstraint

import recon.store.dunning_tables
import recon.store.refund_tables  # noqa: F401 - its tables are part of the books
from recon.store.answer_tables import return_decisions, status_answers, status_reports
from recon.store.closing_tables import closings
from recon.store.complaint_tables import call_attempts, complaint_events, complaints, promises
from recon.store.describing import day as _day
from recon.store.describing import link as _link
from recon.store.describing import metadata as _metadata
from recon.store.describing import minor as _minor
from recon.store.describing import number as _number
from recon.store.describing import partly as _partly
from recon.store.describing import table as _table
from recon.store.describing import text as _text
from recon.store.export_tables import exported_customers, exported_entries
from recon.store.letter_tables import letters
from recon.store.pbs_tables import pbs_agreements  # noqa: F401 - part of the same books
from recon.store.text_tables import outbox  # noqa: F401 - part of the same books

metadata: Final = _metadata

companies = _table(
    "companies",
    _text("name", required=True),
    _text("creditor_id"),
    _text("chart", required=True),
    _text("settings", required=True),
)

accounts = _table(
    "accounts",
    _text("iban", required=True, unique=True),
    _text("bic"),
    _text("name"),
    _text("currency", required=True),
    _text("ledger_account"),
)

branches = _table(
    "branches",
    _text("code", required=True, unique=True),
    _text("name", required=True),
    _link("account_id", "accounts", required=False),
    _text("creditor_id_code"),
)

files = _table(
    "files",
    _text("sha256", required=True, unique=True),
    _text("name", required=True),
    _text("kind", required=True),
    _number("size"),
    Column("content", LargeBinary, nullable=False),
    _day("imported_on", required=True),
)

customers = _table(
    "customers",
    _text("customer_no", required=True, unique=True),
    _text("name", required=True),
    _text("type", required=True),
    _text("language", required=True),
    _text("email"),
    _text("street"),
    _text("postcode"),
    _text("town"),
    _text("country"),
    _link("branch_id", "branches", required=False),
    _text("iban"),
    _text("bic"),
    _number("payment_term_days", required=False),
    _number("dunning_days_1", required=False),
    _number("dunning_days_2", required=False),
    _number("dunning_days_3", required=False),
    _number("dunning_days_4", required=False),
    _text("dispatch", required=True),
    _day("dunning_block_until"),
    _text("dunning_block_reason"),
    _text("debtor_account"),
    # Called where a level of the procedure is a call.
    _text("phone"),
)

mandates = _table(
    "mandates",
    _text("mandate_id", required=True, unique=True),
    _link("customer_id", "customers"),
    _text("iban", required=True),
    _text("bic"),
    _text("account_holder"),
    _text("scheme", required=True),
    _text("kind", required=True),
    _day("signed_on"),
    _day("last_used_on"),
    _text("status", required=True),
    # What the debtor's bank was told before these books, by whoever collected then.
    _text("original_mandate_id"),
    _text("original_iban"),
    _text("original_creditor_id"),
    _text("original_creditor_name"),
    # The mandate ids that it once had, a JSON list: they stay its own.
    _text("former_ids"),
    _day("revoked_on"),
    Index("ix_mandates_customer_id", "customer_id"),
)

items = _table(
    "items",
    _text("invoice_no", required=True, unique=True),
    _link("customer_id", "customers"),
    _link("branch_id", "branches", required=False),
    _text("document_type", required=True),
    _minor("amount"),
    _minor("open_amount"),
    _text("currency", required=True),
    _day("issue_date"),
    _day("due_date", required=True),
    _text("payment_method", required=True),
    _text("mandate_ref"),
    _text("service_contract"),
    _text("creditor_reference"),
    _number("discount_percent", required=False),
    _day("discount_until"),
    _text("language"),
    _minor("paid_before"),
    Index("ix_items_customer_id", "customer_id"),
    _partly("ix_items_open", "id", where="open_amount <> 0"),
)

item_parts = _table(
    "item_parts",
    _link("item_id", "items"),
    _text("kind", required=True),
    _minor("amount"),
    _day("due_date", required=True),
    _number("dunning_level"),
    _day("last_notice_on"),
    _day("last_deadline"),
    UniqueConstraint("item_id", "kind"),
)

statements = _table(
    "statements",
    _link("file_id", "files"),
    _link("account_id", "accounts"),
    _text("fingerprint", required=True, unique=True),
    _text("format", required=True),
    _text("number"),
    _text("page"),
    _text("currency", required=True),
    _day("period_from"),
    _day("period_to"),
    _minor("opening", required=False),
    _minor("closing", required=False),
    _day("opening_date"),
    _day("closing_date"),
    _text("message_id"),
    _text("place", required=True),
    _number("line_count"),
    _minor("booked_sum"),
    Index("ix_statements_account_id", "account_id"),
)

lines = _table(
    "lines",
    _link("statement_id", "statements"),
    _link("account_id", "accounts"),
    _link("parent_id", "lines", required=False),
    _number("position"),
    _text("identity", required=True),
    _day("booking_date"),
    _day("value_date"),
    _minor("amount"),
    _text("currency", required=True),
    _text("status", required=True),
    _text("kind", required=True),
    _number("reversal"),
    _text("name"),
    _text("iban"),
    _text("bic"),
    _text("ultimate_name"),
    _text("remittance"),
    _text("creditor_reference"),
    _text("end_to_end_id"),
    _text("mandate_id"),
    _text("creditor_id"),
    _text("payment_information_id"),
    _text("message_id"),
    _text("bank_ref"),
    _text("customer_ref"),
    _text("gvc"),
    _text("bank_code"),
    _text("purpose"),
    _text("return_reason"),
    _minor("original_amount", required=False),
    _minor("charges", required=False),
    _text("booking_text"),
    _number("transactions", required=False),
    _text("raw", required=True),
    _text("place", required=True),
    _minor("open_amount"),
    _text("state", required=True),
    Index("ix_lines_statement_id", "statement_id"),
    _partly("ix_lines_parent_id", "parent_id", where="parent_id IS NOT NULL"),
    Index("ix_lines_state", "state"),
)

match_runs = _table(
    "match_runs",
    _day("as_of", required=True),
    _text("actor", required=True),
    _text("summary", required=True),
)

proposals = _table(
    "proposals",
    _link("line_id", "lines"),
    _link("run_id", "match_runs"),
    _number("rank"),
    _text("match_class", required=True),
    _text("band", required=True),
    _text("shares", required=True),
    _text("evidence", required=True),
    Index("ix_proposals_line_id", "line_id"),
)

rejections = _table(
    "rejections",
    _link("line_id", "lines"),
    _text("shares", required=True),
    _day("rejected_on", required=True),
    _text("actor", required=True),
    Index("ix_rejections_line_id", "line_id"),
)

entries = _table(
    "entries",
    _day("booked_on", required=True),
    _text("kind", required=True),
    _text("currency", required=True),
    _text("text", required=True),
    _link("reverses_id", "entries", required=False),
)

postings = _table(
    "postings",
    _link("entry_id", "entries"),
    _text("role", required=True),
    _text("account", required=True),
    _minor("amount"),
    _link("customer_id", "customers", required=False),
    _link("item_id", "items", required=False),
    Index("ix_postings_entry_id", "entry_id"),
    Index("ix_postings_item_id", "item_id"),
)

batches = _table(
    "batches",
    _link("branch_id", "branches", required=False),
    _link("account_id", "accounts"),
    _text("scheme", required=True),
    _text("message_id", required=True, unique=True),
    _text("file_name", required=True),
    _text("sha256", required=True),
    Column("content", LargeBinary, nullable=False),
    _day("collection_date", required=True),
    _number("count"),
    _minor("total"),
    _day("created_on", required=True),
    _text("status", required=True),
    _day("exported_on"),
    _day("submitted_on"),
    _text("created_by"),
    _day("released_on"),
    _text("released_by"),
    # The batch in whose place this one was made, without some of its debits.
    _link("replaces_id", "batches", required=False),
    # By when the bank must have the file, as the settings were when it was made.
    _day("submit_by"),
    _text("cut_off"),
    # What was changed in texts to fit the bank's characters and lengths: a JSON list of code and facts.
    _text("notes"),
)

batch_blocks = _table(
    "batch_blocks",
    _link("batch_id", "batches"),
    _text("payment_information_id", required=True, unique=True),
    _text("sequence", required=True),
    _day("collection_date", required=True),
    _text("account", required=True),
    _text("creditor_id", required=True),
    _number("count"),
    _minor("total"),
    _text("creditor_name"),
)

collections = _table(
    "collections",
    _link("batch_id", "batches"),
    _link("block_id", "batch_blocks"),
    _link("item_id", "items"),
    _link("mandate_id", "mandates"),
    _minor("amount"),
    _day("due_date", required=True),
    _day("collection_date", required=True),
    _text("end_to_end_id", required=True, unique=True),
    _text("iban", required=True),
    _number("amendment"),
    _number("attempt"),
    _text("status", required=True),
    # The mandate id that the bank was told; the mandate may have another since.
    _text("mandate_ref"),
    UniqueConstraint("item_id", "mandate_id", "due_date", "attempt"),
    Index("ix_collections_mandate_id", "mandate_id"),
    # Promise 7: at most one live debit for what is due of an item on a day, whatever crashes or is repeated.
    _partly("ix_collections_live", "item_id", "due_date", where="status IN ('created', 'exported')", unique=True),
)

# A debit that the customer was told of, by a text of this SHA-256 (Vorabankündigung).
prenotifications = _table(
    "prenotifications",
    _link("collection_id", "collections"),
    _day("announced_on", required=True),
    _text("channel", required=True),
    _text("actor", required=True),
    _text("sha256", required=True),
    Index("ix_prenotifications_collection_id", "collection_id"),
)

allocations = _table(
    "allocations",
    _link("run_id", "match_runs", required=False),
    _link("line_id", "lines", required=False),
    _link("item_id", "items", required=False),
    _link("customer_id", "customers", required=False),
    _link("entry_id", "entries"),
    _link("collection_id", "collections", required=False),
    _link("reverses_id", "allocations", required=False),
    _minor("amount"),
    _text("kind", required=True),
    _text("match_class", required=True),
    _text("band", required=True),
    _text("flags", required=True),
    _text("evidence", required=True),
    _day("booked_on", required=True),
    _text("actor", required=True),
    Index("ix_allocations_line_id", "line_id"),
    Index("ix_allocations_item_id", "item_id"),
    Index("ix_allocations_reverses_id", "reverses_id"),
)

holds = _table(
    "holds",
    _link("item_id", "items"),
    _text("kind", required=True),
    _text("scope", required=True),
    _text("reason", required=True),
    _day("since", required=True),
    _day("until"),
    _day("lifted_on"),
    _text("actor", required=True),
    Index("ix_holds_item_id", "item_id"),
)

findings = _table(
    "findings",
    _link("file_id", "files", required=False),
    _text("source", required=True),
    _text("code", required=True),
    _text("severity", required=True),
    _text("place", required=True),
    _text("facts", required=True),
    _day("found_on", required=True),
)

log = _table(
    "log",
    _text("recorded_at", required=True),
    _day("as_of", required=True),
    _text("actor", required=True),
    _text("action", required=True),
    _text("subject", required=True),
    _text("before"),
    _text("after"),
    _text("reason"),
    _text("program", required=True),
    _text("previous_hash", required=True),
    _text("hash", required=True, unique=True),
    # What the tables that the record has changed come to. Part of the hash where it says something: older ones do not.
    _text("tables"),
    # Few, and asked for whenever an id is handed out (``recon.store.removing``).
    _partly("ix_log_removals", "id", where="action = 'remove'"),
)

# What each table whose rows may change comes to now; the last record of the log about it says the same.
digests = _table(
    "digests",
    _text("table_name", required=True, unique=True),
    _number("row_count"),
    _text("sum", required=True),
)

# Columns that repeat what the journal and the notices say. Updated with them, recomputed by `opos verify`.
CACHED: Final[dict[str, frozenset[str]]] = {
    "items": frozenset({"open_amount"}),
    "item_parts": frozenset({"dunning_level", "last_notice_on", "last_deadline"}),
    "lines": frozenset({"open_amount", "state"}),
}
# Tables whose rows are sealed into the log when they are written: never updated (but for CACHED); whole statements are
# taken away by a record of the log, nothing else ever.
APPEND_ONLY: Final = (
    statements, lines, entries, postings, allocations, closings, exported_entries, exported_customers,
    status_reports, status_answers, return_decisions, prenotifications, letters, complaints, complaint_events,
    call_attempts, promises,
)  # fmt: skip
