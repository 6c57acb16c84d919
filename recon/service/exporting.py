"""Exporting to the tax adviser: the journal as DATEV takes it, every posting once (contract.md 7).

One file a month, kept in the books byte for byte with its SHA-256 and with the entries in it. What an export holds no
later one holds again; ``again`` writes a file that was made once anew, the same bytes, and the books say so.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from recon.ledger.chart import Chart, chart_of
from recon.ledger.datev import (
    MAX_AMOUNT,
    MAX_LINES,
    Client,
    DatevLine,
    Debtor,
    Period,
    debtors_file,
    periods,
    postings_file,
)
from recon.ledger.datev_lines import Booked, Side, debtor_account, lines_of
from recon.ledger.datev_text import fit, number
from recon.model.finding import Finding, error, has_errors, info, warning
from recon.model.ledger import Role
from recon.model.roles import Action
from recon.model.settings import Settings
from recon.service.answers import Refused
from recon.service.context import Context, reading, run, writing
from recon.service.writing_files import Files, placing
from recon.store import exports as store
from recon.store.closings import period_closed_until
from recon.store.export_tables import exports
from recon.store.ids import next_ids, read_id, shown_id
from recon.store.log import record
from recon.store.settings import settings_of

POSTINGS: Final = "datev"
DEBTORS: Final = "datev_debtors"
CURRENCY: Final = "EUR"


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was handed out. ``count`` lines that come to ``sum``; ``repeats`` names the export whose file it is
    again."""

    id: str
    kind: str
    file: str
    sha256: str
    first: date | None
    last: date | None
    count: int
    sum: int
    exported_on: date
    actor: str
    repeats: str | None


@dataclass(frozen=True, slots=True)
class ExportResult:
    """Files, what was left out because it was exported before (entries), items taken over that are not told (number
    and sum of their postings), and findings."""

    files: tuple[Exported, ...]
    before: int = 0
    openings: tuple[int, int] = (0, 0)
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class _Making:
    """What an export is made of, and what was found on the way."""

    client: Client
    chart: Chart
    lines: list[tuple[Period, list[DatevLine]]] = field(default_factory=list)
    people: dict[int, str] = field(default_factory=dict)
    invoices: set[str] = field(default_factory=set)
    openings: tuple[int, int] = (0, 0)
    findings: list[Finding] = field(default_factory=list)
    told: set[tuple[str, str]] = field(default_factory=set)

    def once(self, finding: Finding, key: str) -> None:
        """Tell a finding once for what it is about."""
        if (finding.code, key) not in self.told:
            self.told.add((finding.code, key))
            self.findings.append(finding)


def export_datev(
    context: Context, folder: Path, first: date, last: date, *, with_openings: bool = False
) -> ExportResult:
    """Write what was booked between two days and not exported yet: debtors that the adviser does not have, then the
    postings, one file a month. All of it or nothing.

    The files are written before the books say so: a run that was cut off between the two is repeated and ends the same.
    """
    with run(context, Action.EXPORT_BOOKS), placing() as place, writing(context) as connection:
        making = _read(connection, first, last, with_openings=with_openings)
        files = _make(connection, context, making)
        until = period_closed_until(connection)
        if files and (until is None or until < last):
            making.findings.append(warning("export-not-closed", "--to", date=last))
        if not context.dry_run:
            place(folder, _fresh(folder, [(file["file_name"], file["content"]) for file in files]))
        before = store.exported_before(connection, first, last) - sum(len(file["entries"]) for file in files)
        made = [row for file in files for row in store.load_exports(connection, file["id"])]
    return ExportResult(tuple(map(_exported, made)), before, making.openings, tuple(making.findings))


def again(context: Context, folder: Path, name: str) -> ExportResult:
    """Write the file of an export once more, byte for byte, and say so in the books."""
    with run(context, Action.EXPORT_BOOKS), placing() as place, writing(context) as connection:
        number_ = read_id("exports", name)
        rows = [] if number_ is None else store.load_exports(connection, number_)
        if not rows:
            raise Refused(error("export-unknown", name, export=name))
        origin = rows[0] if rows[0].repeats_id is None else store.load_exports(connection, rows[0].repeats_id)[0]
        content = store.bytes_of(connection, origin.id)
        if hashlib.sha256(content).hexdigest() != origin.sha256:
            raise Refused(error("export-damaged", shown_id("exports", origin.id), expected=origin.sha256))
        if not context.dry_run:
            place(folder, _fresh(folder, [(origin.file_name, content)]))
        row = {
            "kind": origin.kind, "period_from": origin.period_from, "period_to": origin.period_to,
            "file_name": origin.file_name, "sha256": origin.sha256, "content": None, "count": origin.count,
            "total": origin.total, "repeats_id": origin.id,
        }  # fmt: skip
        kept = _keep(connection, context, next(next_ids(connection, exports)), row)
        made = store.load_exports(connection, kept["id"])
    shown = shown_id("exports", origin.id)
    return ExportResult(tuple(map(_exported, made)), findings=(info("export-again", origin.file_name, export=shown),))


def exports_in_books(context: Context) -> list[Exported]:
    """All exports, oldest first."""
    with reading(context, Action.READ) as connection:
        return list(map(_exported, store.load_exports(connection)))


def _read(connection: Connection, first: date, last: date, *, with_openings: bool) -> _Making:
    """Everything that is to go out. Raises Refused with all that stands against it."""
    settings = settings_of(connection)
    client = _client(settings)
    making = _Making(client, chart_of(settings))
    for period in periods(first, last, client.settings.fiscal_year_start):
        lines = [
            line
            for entry in _entries(connection, making, period, with_openings=with_openings)
            for line in _told(making, entry)
        ]
        if lines:
            making.lines.append((period, lines))
    _see_namesakes(connection, making)
    _see_numbers(connection, making)
    if has_errors(making.findings):
        raise Refused(*making.findings)
    return making


def _client(settings: Settings) -> Client:
    missing = [
        error("datev-setting-missing", f"datev.{key}", key=f"datev.{key}", lowest=lowest, highest=highest)
        for key, value, lowest, highest in (
            ("consultant", settings.datev.consultant, 1001, 9_999_999), ("client", settings.datev.client, 1, 99_999),
        )
        if value is None
    ]  # fmt: skip
    if missing:
        raise Refused(*missing)
    return Client(settings.datev, settings.company.chart)


def _entries(connection: Connection, making: _Making, period: Period, *, with_openings: bool) -> Iterator[Booked]:
    """The entries of a period as DATEV shall have them."""
    heads = store.pending(connection, period.first, period.last)
    if not heads:
        return
    sides = store.sides_of(connection, period.first, period.last)
    references = store.references_of(connection, period.first, period.last)
    for head in heads:
        own = sides[head.id]
        if head.kind == store.TAKE_OVER and not with_openings:
            count, total = making.openings
            items = [row for row in own if row[0] == Role.CUSTOMER]
            making.openings = (count + len(items), total + sum(row[2] for row in items))
        elif head.currency != CURRENCY:
            shown = shown_id("entries", head.id)
            making.findings.append(warning("datev-currency", shown, entry=shown, currency=head.currency))
        else:
            booked = tuple(_side(making, row) for row in own)
            yield Booked(head.id, head.day, head.text, booked, references.get(head.id), head.reverses_id is not None)


def _side(making: _Making, row: Any) -> Side:
    role, account, amount, customer, customer_no, given, invoice = row
    length = making.client.settings.account_length
    if role != Role.CUSTOMER:
        if len(account) != length:
            making.once(error("datev-account-length", account, account=account, length=length), account)
        return Side(Role(role), account, amount, customer_no)
    if customer_no is None:
        # Booked on the collective account without a customer: nothing that opos books today.
        making.once(error("datev-debtor-missing", "-", customer="-", digits=length + 1), "-")
        return Side(Role.CUSTOMER, account, amount)
    own = debtor_account(customer_no, given, length)
    if own is None:
        making.once(error("datev-debtor-missing", customer_no, customer=customer_no, digits=length + 1), customer_no)
        own = account
    making.people[customer] = own
    if invoice is not None:
        making.invoices.add(invoice)
    return Side(Role.CUSTOMER, own, amount, customer_no, invoice)


def _told(making: _Making, entry: Booked) -> list[DatevLine]:
    """The lines of an entry, with what had to be changed in its text."""
    shown = shown_id("entries", entry.id)
    for found, used in fit(entry.text, len(entry.text)).replaced:
        making.once(warning("datev-character", shown, text=found, value=used), found)
    clearing = making.chart.number(Role.TRANSIT)
    general = making.client.settings.storno == "general_reversal"
    lines = lines_of(entry, clearing, general_reversal=general)
    if len(lines) > MAX_LINES:
        making.findings.append(error("datev-entry-too-large", shown, entry=shown, count=len(lines), limit=MAX_LINES))
    if any(line.amount > MAX_AMOUNT for line in lines):
        making.findings.append(error("datev-amount", shown, entry=shown))
    return lines


def _see_namesakes(connection: Connection, making: _Making) -> None:
    """Two customers never share an account."""
    length = making.client.settings.account_length
    owner: dict[str, str] = {}
    for customer_no, given in store.namesakes(connection, set(making.people.values())):
        account = debtor_account(customer_no, given, length)
        if account is None:
            continue
        other = owner.setdefault(account, customer_no)
        if other != customer_no:
            making.once(error("datev-debtor-twice", customer_no, account=account, first=other, second=customer_no),
                        account)  # fmt: skip


def _see_numbers(connection: Connection, making: _Making) -> None:
    """Invoice numbers as DATEV takes them: a changed one is told; one that becomes another's is refused."""
    changed = {invoice: number(invoice) for invoice in making.invoices if number(invoice) != invoice}
    for invoice, used in sorted(changed.items()):
        making.findings.append(warning("datev-number", invoice, invoice=invoice, number=used))
    used_by = {number(invoice): invoice for invoice in sorted(making.invoices)}
    for other in store.invoice_numbers(connection):
        used = number(other)
        first = used_by.get(used)
        if first is not None and first != other:
            making.once(error("datev-number-twice", other, invoice=first, item=other, number=used), used)


def _make(connection: Connection, context: Context, making: _Making) -> list[dict[str, Any]]:
    """Make the files and keep them: debtors first, as the adviser reads them first."""
    if not making.lines:
        return []
    ids = next_ids(connection, exports)
    made = [*_make_debtors(connection, context, making, ids)]
    counts: dict[tuple[int, int], int] = {}
    for period, lines in making.lines:
        month = (period.first.year, period.first.month)
        for some in _portions(lines):
            counts.setdefault(month, store.number_of_exports(connection, POSTINGS, period.first))
            counts[month] += 1
            export_id = next(ids)
            content = postings_file(some, making.client, period, context.stamp.as_of, shown_id("exports", export_id))
            row = {
                "kind": POSTINGS, "period_from": period.first, "period_to": period.last, "content": content,
                "file_name": f"EXTF_Buchungsstapel_{period.first:%Y-%m}_{counts[month]:03d}.csv",
                "count": len(some), "total": sum(line.amount for line in some), "repeats_id": None,
            }  # fmt: skip
            held = tuple(dict.fromkeys(line.entry for line in some))
            made.append(_keep(connection, context, export_id, row, held=held))
    return made


def _make_debtors(
    connection: Connection, context: Context, making: _Making, ids: Iterator[int]
) -> Iterator[dict[str, Any]]:
    """The customers that the adviser does not have yet; none where he has all."""
    sent = store.customers_sent(connection)
    fresh = [(customer, account) for customer, account in sorted(making.people.items())
             if (customer, account) not in sent]  # fmt: skip
    if not fresh:
        return
    export_id = next(ids)
    rows = store.customers_of(connection, [customer for customer, _ in fresh])
    debtors = [_debtor(making, row, account) for row, (_, account) in zip(rows, fresh, strict=True)]
    name = shown_id("exports", export_id)
    content = debtors_file(debtors, making.client, context.stamp.as_of, name, making.lines[0][0].year_start)
    file_name = f"EXTF_DebKred_Stamm_{store.number_of_exports(connection, DEBTORS, None) + 1:03d}.csv"
    row = {"kind": DEBTORS, "period_from": None, "period_to": None, "content": content, "file_name": file_name,
           "count": len(fresh), "total": 0, "repeats_id": None}  # fmt: skip
    yield _keep(connection, context, export_id, row, people=fresh)


def _debtor(making: _Making, row: Any, account: str) -> Debtor:
    for text in (row.name, row.street, row.town):
        for found, used in fit(text or "", 200).replaced:
            making.once(warning("datev-character", row.customer_no, text=found, value=used), found)
    for text, limit in ((row.name, 50), (row.street, 36), (row.town, 30)):
        if fit(text or "", limit).cut:
            making.once(warning("datev-cut", row.customer_no, text=text, limit=limit), text)
    return Debtor(account, row.customer_no, row.name, row.type == "company", row.language, row.street, row.postcode,
                  row.town, row.country, row.email, row.iban, row.bic, row.payment_term_days)  # fmt: skip


def _portions(lines: Sequence[DatevLine]) -> Iterator[list[DatevLine]]:
    """Lines in files of at most as many as DATEV takes; an entry stays together."""
    some: list[DatevLine] = []
    whole: list[DatevLine] = []
    for line in chain(lines, [None]):
        if whole and (line is None or line.entry != whole[0].entry):
            if len(some) + len(whole) > MAX_LINES:
                yield some
                some = []
            some += whole
            whole = []
        if line is not None:
            whole.append(line)
    if some:
        yield some


def _keep(
    connection: Connection,
    context: Context,
    export_id: int,
    row: Mapping[str, Any],
    *,
    held: Sequence[int] = (),
    people: Sequence[tuple[int, str]] = (),
) -> dict[str, Any]:
    """Keep an export in the books and say so in the log."""
    stamp = context.stamp
    sha256 = row.get("sha256") or hashlib.sha256(row["content"]).hexdigest()
    kept = {**row, "id": export_id, "sha256": sha256, "exported_on": stamp.as_of, "actor": stamp.actor}
    store.insert_export(connection, kept)
    seals = store.insert_exported(connection, export_id, held, people)
    after = {
        "kind": kept["kind"], "file_name": kept["file_name"], "sha256": sha256, "count": kept["count"],
        "total": kept["total"], "period_from": kept["period_from"], "period_to": kept["period_to"],
        "repeats_id": kept["repeats_id"],
    }  # fmt: skip
    record(connection, stamp, "datev", shown_id("exports", export_id), after=after, seals=seals)
    return {**kept, "entries": held}


def _fresh(folder: Path, files: Files) -> Files:
    """The files that are to be written: one that is there already with the same bytes is left as it is, a different one
    of the same name is never overwritten: it may be of other books. Raises Refused."""
    fresh = []
    for name, content in files:
        try:
            found = (folder / name).read_bytes()
        except OSError:
            # Not there, or not to be read: then writing says why.
            fresh.append((name, content))
            continue
        if found != content:
            raise Refused(error("export-file-differs", str(folder / name), file=name))
    return fresh


def _exported(row: Any) -> Exported:
    return Exported(
        id=shown_id("exports", row.id),
        kind=row.kind,
        file=row.file_name,
        sha256=row.sha256,
        first=row.period_from,
        last=row.period_to,
        count=row.count,
        sum=row.total,
        exported_on=row.exported_on,
        actor=row.actor,
        repeats=None if row.repeats_id is None else shown_id("exports", row.repeats_id),
    )
