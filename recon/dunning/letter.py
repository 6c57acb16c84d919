"""What a dunning letter says (Mahnschreiben): worked out once, when its notice is issued, and kept as it is from then
on, so that the same letter can be set again whatever texts, names or settings have become (decision 28).

The statement (V-18) lists every overdue claim of the customer in the notice's currency with each receipt on it, what
counts for the customer beside them, and the balance, which is their sum. Claims that the notice does not ask for are
told as such: they stand on another notice, are being collected, disputed, held.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from recon.model.dunning import DunnablePart, Notice, NoticeItem
from recon.model.items import Customer, PartKind
from recon.model.settings import Account, Company
from recon.texts import catalogue
from sepa.girocode import MAX_TEXT, GiroCodeError, Transfer, payload
from sepa.identifiers import is_rf
from sepa.money import Language

# The layout that the kept data is for: one that wants other data is told apart by its number.
VERSION: Final = "1"
# A German postcode (F-06).
_POSTCODE_DIGITS: Final = 5

Key = tuple[int, PartKind]


@dataclass(frozen=True, slots=True)
class LetterLine:
    """A line of the list: ``amount``, ``paid`` and ``open`` of the item's part, minor units, below zero for a credit
    note; ``fee`` is the fee that this line alone bears, ``days`` are counted to the day of the letter."""

    invoice_no: str
    part: PartKind
    issued_on: date | None
    due_date: date
    days: int
    amount: int
    paid: int
    open: int
    level: int
    fee: int = 0
    interest: int = 0

    @property
    def due(self) -> int:
        """The amount due (Fälliger Betrag, A-14): what is open and the fee on it."""
        return self.open + self.fee


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A line of the statement: a ``claim`` or ``credit_note`` with its amount, under it what was received
    (``payment``, ``return`` …, below zero where it counts for the customer). ``remark`` says of a claim why the notice
    does not ask for it: the code of a text, ``notice`` is the other notice where it stands on one."""

    kind: str
    amount: int
    day: date | None = None
    invoice_no: str = ""
    part: PartKind = PartKind.TOTAL
    remark: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class InterestNote:
    """Days under one rate, both included, that a line bears interest for: ``percent`` in hundredths of a percent."""

    invoice_no: str
    first: date
    last: date
    days: int
    percent: int


@dataclass(frozen=True, slots=True)
class Letter:
    """All that a letter says. ``sender`` is name, street, town; ``address`` the lines of the window, ``missing`` what
    of it the post would need; texts are filled and plain. ``fee`` is without the lump sum; ``girocode`` the payload of
    the code, empty where none can be told; ``country`` is that of an address abroad."""

    notice: str
    run: str
    level: int
    language: str
    channel: str
    customer_no: str
    currency: str
    issued_on: date
    deadline: date
    title: str
    subject: str
    before: str
    after: str
    header: str
    footer: str
    sender: tuple[str, ...]
    contact: tuple[tuple[str, str], ...]
    branch: str
    address: tuple[str, ...]
    missing: tuple[str, ...]
    postcode: str
    lines: tuple[LetterLine, ...]
    fee: int
    lump_sum: int
    interest: int
    total: int
    statement: tuple[StatementLine, ...]
    balance: int
    holder: str = ""
    iban: str = ""
    bic: str = ""
    reference: str = ""
    remittance: str = ""
    girocode: str = ""
    interest_notes: tuple[InterestNote, ...] = ()
    country: str = ""

    @property
    def asked(self) -> int:
        """What is open of the lines together."""
        return sum(line.open for line in self.lines)


@dataclass(frozen=True, slots=True)
class Movement:
    """What has moved an item since it was taken over: ``amount`` as it changes what is owed."""

    day: date | None
    kind: str
    amount: int


@dataclass(frozen=True, slots=True)
class Known:
    """What the books say of an item beside its parts. ``before`` is what was paid of it before it was taken over."""

    issued_on: date | None = None
    reference: str | None = None
    before: int = 0
    movements: tuple[Movement, ...] = ()


@dataclass(frozen=True, slots=True)
class Owed:
    """What a customer owes on the day of a letter: his open parts, and of each item what the books know. ``elsewhere``
    are the notices that other parts stand on (their ids as shown), ``credit`` what he has beside all items."""

    parts: Sequence[DunnablePart]
    known: Mapping[int, Known]
    elsewhere: Mapping[Key, str] = field(default_factory=dict)
    credit: int = 0


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a letter, filled."""

    subject: str
    before: str
    after: str
    header: str
    footer: str


def letter_of(
    notice: Notice, shown: tuple[str, str], on: date, *, company: Company, customer: Customer, texts: Texts,
    owed: Owed, account: Account | None, branch: str = "", interest: Sequence[InterestNote] = (),
) -> Letter:  # fmt: skip
    """The letter of a notice issued ``on`` a day; ``shown`` are the ids of notice and run as people see them."""
    lines = tuple(_lines(notice, owed, on))
    statement = tuple(_statement(notice, owed, on))
    name, run = shown
    reference, text = remittance(notice, owed.known, name)
    return Letter(
        notice=name, run=run, level=notice.level, language=notice.language, channel=notice.channel,
        customer_no=notice.customer_no, currency=notice.currency, issued_on=on, deadline=notice.deadline,
        title=notice.title, subject=texts.subject, before=texts.before, after=texts.after, header=texts.header,
        footer=texts.footer, sender=tuple(_sender(company)), contact=tuple(_contact(company)), branch=branch,
        address=tuple(address_of(customer, company.country, notice.language)), missing=missing_of(customer),
        postcode=(customer.postcode or "").strip(), lines=lines, fee=notice.fee - notice.lump_sum,
        lump_sum=notice.lump_sum, interest=notice.interest, total=notice.total, statement=statement,
        balance=sum(line.amount for line in statement), holder="" if account is None else company.name,
        iban="" if account is None else account.iban, bic="" if account is None else account.bic or "",
        reference=reference, remittance=text, girocode=_girocode(notice, company, account, reference, text),
        interest_notes=tuple(interest), country=_abroad(customer, company.country),
    )  # fmt: skip


def address_of(customer: Customer, home: str, language: str) -> Iterator[str]:
    """The lines of the address: the customer's own, never a dispatch address (F-24). Abroad the country stands in the
    last line in capitals, German or English (Universal Postal Union)."""
    town = " ".join(part for part in (_bare(customer.postcode), _bare(customer.town)) if part)
    yield from filter(None, (_bare(customer.name), _bare(customer.street), town))
    country = _abroad(customer, home)
    if country:
        yield country_name(country, "de" if language == "de" else "en").upper()


def _abroad(customer: Customer, home: str) -> str:
    country = _bare(customer.country).upper()
    return "" if country == home.upper() else country


def country_name(code: str, language: Language) -> str:
    """The name of a country by its ISO 3166 code; the code itself where it is none of those known."""
    known = catalogue("countries").get(code.upper())
    return code if known is None else known[language]


def missing_of(customer: Customer) -> tuple[str, ...]:
    """What the post would need of an address and does not find (F-05, F-06)."""
    found = [name for name in ("name", "street", "postcode", "town") if not _bare(getattr(customer, name))]
    postcode = _bare(customer.postcode)
    german = (_bare(customer.country) or "DE").upper() == "DE"
    if postcode and german and not (postcode.isascii() and postcode.isdigit() and len(postcode) == _POSTCODE_DIGITS):
        found.append("postcode")
    return tuple(found)


def remittance(notice: Notice, known: Mapping[int, Known], name: str) -> tuple[str, str]:
    """What a payment of the notice shall quote: the item's RF reference where it asks for one item that has one, else
    a text: invoice numbers, customer and notice; where they are too many, only the last two. One of them is empty."""
    claims = [line for line in notice.items if line.level > 0]
    ids = {line.item_id for line in claims}
    if len(ids) == 1:
        own = known.get(claims[0].item_id, Known()).reference or ""
        if is_rf(own):
            return own, ""
    numbers = dict.fromkeys(line.invoice_no for line in claims)
    for told in ([*numbers, notice.customer_no, name], [notice.customer_no, name]):
        text = " ".join(told)
        if len(text) <= MAX_TEXT and text.isprintable():
            return "", text
    return "", name


def _girocode(notice: Notice, company: Company, account: Account | None, reference: str, text: str) -> str:
    """The payload for all that the notice asks for; none where the standard cannot tell it (another currency, a long
    name): account and text stand on the letter all the same."""
    if account is None or notice.currency != "EUR":
        return ""
    transfer = Transfer(name=company.name, iban=account.iban, bic=account.bic, amount=notice.total,
                        reference=reference, text=text)  # fmt: skip
    try:
        return payload(transfer)
    except GiroCodeError:
        return ""


def _lines(notice: Notice, owed: Owed, on: date) -> Iterator[LetterLine]:
    parts = {(part.item_id, part.part): part for part in owed.parts}
    alone = len(notice.items) == 1
    for item in notice.items:
        part = parts.get((item.item_id, item.part))
        amount = item.open if part is None else part.amount
        known = owed.known.get(item.item_id, Known())
        yield LetterLine(
            invoice_no=item.invoice_no, part=item.part, issued_on=known.issued_on, due_date=item.due_date,
            days=max((on - item.due_date).days, 0), amount=amount, paid=amount - item.open, open=item.open,
            level=item.level, fee=_own_fee(item, notice, alone=alone), interest=item.interest,
        )  # fmt: skip


def _own_fee(item: NoticeItem, notice: Notice, *, alone: bool) -> int:
    """The fee of a line: its own, or the notice's where it is the only one."""
    return item.fee or (notice.fee - notice.lump_sum if alone else 0)


def _statement(notice: Notice, owed: Owed, on: date) -> Iterator[StatementLine]:
    here = {(line.item_id, line.part) for line in notice.items}
    of_item: dict[int, list[DunnablePart]] = {}
    for part in owed.parts:
        if part.currency == notice.currency and part.open and (part.due_date < on or part.open < 0
                                                               or (part.item_id, part.part) in here):  # fmt: skip
            of_item.setdefault(part.item_id, []).append(part)
    for parts in sorted(
        of_item.values(), key=lambda parts: (parts[0].open < 0, parts[0].due_date, parts[0].invoice_no)
    ):
        yield from _of_item(parts, here, owed)
    if owed.credit:
        yield StatementLine("balance_credit", -owed.credit)


def _of_item(parts: list[DunnablePart], here: Collection[Key], owed: Owed) -> Iterator[StatementLine]:
    """The claims of an item and what was received on it. Receipts go to the part that is due first: where one is paid
    by them already, it stands here with them all the same, so that the sum is what is open."""
    known = owed.known.get(parts[0].item_id, Known())
    received = [*_before(known), *known.movements]
    left = sum(part.open for part in parts) - sum(one.amount for one in received) - sum(part.amount for part in parts)
    first = parts[0]
    if left:
        # What falls due later, or was due first and is paid: the part of the receipts that is not about these claims.
        yield StatementLine("other_part", left, known.issued_on, first.invoice_no)
    for part in sorted(parts, key=lambda part: part.due_date):
        kind = "credit_note" if part.amount < 0 else "claim"
        remark, notice = _remark(part, here, owed)
        yield StatementLine(kind, part.amount, part.due_date, part.invoice_no, part.part, remark, notice)
    for one in received:
        yield StatementLine(one.kind, one.amount, one.day, first.invoice_no)


def _before(known: Known) -> Iterable[Movement]:
    return [Movement(None, "before", -known.before)] if known.before else []


def _remark(part: DunnablePart, here: Collection[Key], owed: Owed) -> tuple[str, str]:
    key = (part.item_id, part.part)
    if key in here:
        return "", ""
    if part.hold is not None:
        return part.hold, ""
    if key in owed.elsewhere:
        return "notice", owed.elsewhere[key]
    return ("", "") if part.open < 0 else ("not_here", "")


def _sender(company: Company) -> Iterator[str]:
    town = " ".join(part for part in (company.postcode, company.town) if part)
    yield from (part for part in (company.name, company.street, town) if part)


def _contact(company: Company) -> Iterator[tuple[str, str]]:
    yield from ((name, value) for name, value in (("phone", company.phone), ("email", company.email)) if value)


def _bare(text: str | None) -> str:
    """A field of a file on one line."""
    return " ".join((text or "").split())
