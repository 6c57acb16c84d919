"""The letters of notices: what they say is kept when a notice is issued, and set from that whenever it is asked for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Final

from sqlalchemy import Connection

from recon.dunning.eligibility import holds
from recon.dunning.interest import stretches
from recon.dunning.letter import InterestNote, Known, Letter, Owed, Texts, letter_of, missing_of
from recon.dunning.presets import effective
from recon.dunning.wording import OwnTexts, facts_of, fill, wording_of
from recon.model.dunning import DunnablePart, Notice
from recon.model.finding import Finding, error, warning
from recon.model.items import Customer, CustomerType, PartKind
from recon.model.settings import Account, Settings
from recon.outside.letter import pdf
from recon.service.answers import Refused
from recon.service.dunnable import credits_of, open_accounts
from recon.service.girocodes import account_for
from recon.store import letters as store
from recon.store.dunning_texts import own_texts
from recon.store.ids import shown_id
from recon.store.log import Seal
from recon.store.masters import each_customer, lacks_address
from recon.store.tables import customers, items

# What is told on the telephone has no letter.
WRITTEN: Final = frozenset({"letter", "email"})
# Customers that are named where many have no address.
_NAMED: Final = 8
# Letters that are made and kept at once: all of a large run would take gigabytes.
_AT_ONCE: Final = 20_000


def freeze_letters(
    connection: Connection, as_of: date, settings: Settings, issued: Sequence[tuple[int, Notice]]
) -> list[Seal | None]:
    """Keep what the letters of notices say that are issued in this transaction, by their ids; the seals go into its
    record of the log. Called when the notices stand as issued."""
    written = [(number, notice) for number, notice in issued if notice.channel in WRITTEN]
    return [
        store.insert_letters(connection, letters_for(connection, as_of, settings, written[at : at + _AT_ONCE]), as_of)
        for at in range(0, len(written), _AT_ONCE)
    ]


def letters_for(
    connection: Connection, as_of: date, settings: Settings, wanted: Sequence[tuple[int, Notice]]
) -> list[tuple[int, Letter]]:
    """What the letters of notices say on a day, as the books, the texts and the settings are now."""
    if not wanted:
        return []
    ids = [number for number, _ in wanted]
    owners = store.customers_of_notices(ids)
    picked = (items.c.open_amount != 0) & items.c.customer_id.in_(owners)
    accounts = {customer.customer_no: parts for customer, parts in open_accounts(connection, as_of, picked)}
    people = {customer.customer_no: customer for customer in each_customer(connection, customers.c.id.in_(owners))}
    making = _Making(
        as_of, settings, own_texts(connection), {branch.code: branch.name for branch in settings.branches},
        store.known_items(connection, owners), store.elsewhere(connection, owners), credits_of(connection, owners),
    )  # fmt: skip
    runs = store.runs_of(connection, ids)
    return [
        (number, making.letter(number, runs[number], notice, people[notice.customer_no],
                               accounts.get(notice.customer_no, ())))
        for number, notice in wanted
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Making:
    """What the letters of one day are made of."""

    as_of: date
    settings: Settings
    own: OwnTexts
    branches: Mapping[str, str]
    known: Mapping[int, Known]
    elsewhere: Mapping[tuple[int, PartKind], Sequence[tuple[int, str]]]
    credit: Mapping[str, int]

    def letter(
        self, number: int, run: int, notice: Notice, customer: Customer, parts: Sequence[DunnablePart]
    ) -> Letter:  # fmt: skip
        """The letter of one notice."""
        others = {
            key: shown
            for part in parts
            for key in ((part.item_id, part.part),)
            for shown in [next((shown for other, shown in self.elsewhere.get(key, ()) if other != number), None)]
            if shown is not None
        }
        # Credit beside the items is kept in euros.
        credit = self.credit.get(notice.customer_no, 0) if notice.currency == "EUR" else 0
        owed = Owed(
            _held(parts, self.as_of), {part.item_id: self.known[part.item_id] for part in parts}, others, credit
        )
        account = account_for(notice.branch, self.settings)
        branch = self.branches.get(notice.branch or "", "")
        shown = (shown_id("notices", number), shown_id("dunning_runs", run))
        texts = self._texts(notice, customer, account, branch)
        return letter_of(
            notice, shown, self.as_of, company=self.settings.company, customer=customer, texts=texts, owed=owed,
            account=account, branch=branch, interest=self._interest(notice, customer),
        )  # fmt: skip

    def _interest(self, notice: Notice, customer: Customer) -> list[InterestNote]:
        """The rates and days behind the interest of each line (§ 288 BGB), as it was worked out."""
        whole = effective(self.settings.dunning)
        company = customer.type is CustomerType.COMPANY
        return [
            InterestNote(line.invoice_no, one.first, one.last, one.days, one.percent)
            for line in notice.items
            if line.interest and line.interest_since is not None
            for one in stretches(line.open, line.interest_since, self.as_of, company=company, own=whole.base_rates,
                                 day_count=whole.day_count)
        ]  # fmt: skip

    def _texts(self, notice: Notice, customer: Customer, account: Account | None, branch: str) -> Texts:
        wording = wording_of(self.own, self.settings.dunning.preset, notice.level, notice.language)
        if wording is None:
            # Such a notice is not made, and not issued (D-13).
            raise ValueError(f"no texts for level {notice.level} in {notice.language}")
        facts = facts_of(notice, self.as_of, name=customer.name, company=self.settings.company.name, account=account,
                         branch=branch)  # fmt: skip
        return Texts(*(fill(getattr(wording, field.name), facts) for field in fields(Texts)))


def _held(parts: Sequence[DunnablePart], as_of: date) -> list[DunnablePart]:
    """The parts, those held only as long as the hold lasts."""
    return [part if part.hold is None or holds(part.hold_until, as_of) else replace(part, hold=None) for part in parts]


def address_doubts(connection: Connection, made: Iterable[Notice]) -> tuple[Finding, ...]:
    """Whose letters the post could not deliver (F-24): told before notices are made, as those will be left out."""
    by_post = {notice.customer_no for notice in made if notice.channel == "letter"}
    if not by_post:
        return ()
    lacking = [
        customer.customer_no
        for customer in each_customer(connection, lacks_address())
        if customer.customer_no in by_post and missing_of(customer)
    ]
    if not lacking:
        return ()
    told = ", ".join(sorted(lacking)[:_NAMED])
    return (warning("letter-addresses-missing", "customers", count=len(lacking), numbers=told),)


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
