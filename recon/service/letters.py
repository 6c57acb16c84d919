"""The letters of notices: what they say is kept when a notice is issued, and set from that whenever it is asked for."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from recon.dunning.letter import InterestNote, Known, Letter, Owed, Texts, letter_of
from recon.dunning.wording import OwnTexts, facts_of, fill, wording_of
from recon.model.dunning import DunnablePart, Notice
from recon.model.finding import error
from recon.model.items import Customer, PartKind
from recon.model.settings import Account, Settings
from recon.outside.letter import pdf
from recon.service.answers import Refused
from recon.service.dunnable import credits_of, open_parts
from recon.service.girocodes import account_of
from recon.store import letters as store
from recon.store.dunning_tables import notices
from recon.store.dunning_texts import own_texts
from recon.store.ids import shown_id
from recon.store.log import Seal
from recon.store.masters import all_customers
from recon.store.tables import items

# What is told on the telephone has no letter.
WRITTEN = frozenset({"letter", "email"})


def freeze_letters(
    connection: Connection, as_of: date, settings: Settings, issued: Sequence[tuple[int, Notice]]
) -> Seal | None:
    """Keep what the letters of notices say that are issued in this transaction, by their ids; the seal goes into its
    record of the log. Called when the notices stand as issued."""
    written = [(number, notice) for number, notice in issued if notice.channel in WRITTEN]
    return store.insert_letters(connection, letters_for(connection, as_of, settings, written), as_of)


def letters_for(
    connection: Connection, as_of: date, settings: Settings, wanted: Sequence[tuple[int, Notice]]
) -> list[tuple[int, Letter]]:
    """What the letters of notices say on a day, as the books, the texts and the settings are now."""
    if not wanted:
        return []
    ids = [number for number, _ in wanted]
    owners = store.customers_of_notices(ids)
    people = all_customers(connection)
    parts: dict[str, list[DunnablePart]] = {}
    for part in open_parts(connection, as_of, (items.c.open_amount != 0) & items.c.customer_id.in_(owners), people):
        parts.setdefault(part.customer_no, []).append(part)
    known = store.known_items(connection, owners)
    others = store.elsewhere(connection, owners)
    credit, own = credits_of(connection), own_texts(connection)
    runs = dict(connection.execute(select(notices.c.id, notices.c.run_id).where(notices.c.id.in_(ids)).execution_options()).tuples()) if len(ids) <= 500 else _runs(connection, ids)
    branches = {branch.code: branch.name for branch in settings.branches}
    found = []
    for number, notice in wanted:
        customer = people[notice.customer_no]
        owed = _owed(number, notice, parts.get(notice.customer_no, ()), known, others, credit)
        account = account_of(notice.branch, settings)
        branch = branches.get(notice.branch or "", "")
        texts = _texts(notice, as_of, settings, own, customer, account, branch)
        shown = (shown_id("notices", number), shown_id("dunning_runs", runs[number]))
        found.append((number, letter_of(notice, shown, as_of, settings.company, customer, texts, owed,
                                        account=account, branch=branch, interest=_interest(notice, as_of))))  # fmt: skip
    return found


def pdf_of(connection: Connection, notice_id: int) -> bytes:
    """The PDF of an issued notice, from what was kept: the same bytes whenever it is asked for. Raises Refused where
    the notice has no letter."""
    for number, content, digest in store.letters_of(connection, [notice_id]):
        return pdf(read_letter(number, content, digest))
    raise Refused(error("letter-missing", shown_id("notices", notice_id), notice=shown_id("notices", notice_id)))


def read_letter(notice_id: int, content: str, digest: str) -> Letter:
    """A kept letter. Raises Refused where it is not what was kept: it must not go out."""
    if store.sha256(content) != digest:
        shown = shown_id("notices", notice_id)
        raise Refused(error("letter-damaged", shown, notice=shown))
    return store.decoded(content)
