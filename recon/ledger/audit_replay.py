"""What the log says, held against the tables: settings, files, runs and batches follow from its records.

The log is chained, so a row that says other than its record was changed past opos. What a record does not tell cannot
be replayed: see ``recon.ledger.auditor`` for the columns that this leaves open.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from recon.ledger.audit_log import Event, History, document
from recon.ledger.audit_source import Checking, Source, apart, differs, same_rows, shown_value, unlike
from recon.model.finding import Finding

_COMPANY: Final = ("name", "creditor_id", "chart")
_ACCOUNT: Final = ("iban", "bic", "name", "currency", "ledger_account")
_BRANCH: Final = ("code", "name", "account_id", "creditor_id_code")
_RUN: Final = ("id", "as_of", "actor")
_REJECTION: Final = ("id", "line_id", "rejected_on", "actor")
_BATCH: Final = ("message_id", "sha256", "count", "total", "created_on", "exported_on", "submitted_on", "status",
                 "created_by", "released_on", "released_by", "replaces_id")  # fmt: skip
_BANDS: Final = {"C": "certain", "H": "high", "M": "medium", "L": "low", "R": "return"}
# Tables whose rows are never taken away: their ids leave no gap.
_KEPT: Final = (
    "companies", "accounts", "branches", "files", "customers", "mandates", "items", "item_parts", "match_runs",
    "rejections", "batches", "batch_blocks", "collections", "dunning_runs", "notices", "notice_items", "holds",
    "findings", "refund_batches", "refunds",
    "pbs_agreements", "pbs_deliveries", "pbs_debits", "pbs_debit_items", "pbs_answers",
    "complaints", "complaint_events", "complaint_files", "call_attempts", "promises",
)  # fmt: skip


def ids(source: Source, _history: History) -> Checking:
    """The ids of every table that only grows run from 1 without a gap."""
    count = 0
    for table in _KEPT:
        for expected, (number,) in enumerate(source.rows(table, ("id",)), start=1):
            count += 1
            if number != expected:
                yield differs("audit-gap", source.shown(table, expected), expected, number, table=table)
                break
    return count


def settings(source: Source, history: History) -> Checking:
    """The settings in force, the company, the own accounts and the branches are those of the last record about them.

    Accounts and branches are never removed; books without accounts take those of the statements brought in.
    """
    last: Mapping[str, Any] = {}
    accounts: dict[str, Mapping[str, Any]] = {}
    branches: dict[str, Mapping[str, Any]] = {}
    for event in history.of("init", "settings", "import"):
        if event.action == "import":
            iban = event.after.get("account")
            if isinstance(iban, str) and iban not in accounts:
                accounts[iban] = {"iban": iban, "currency": _currency(source, history, event.subject)}
            continue
        if event.before != last:
            yield differs("audit-settings-before", f"log {event.id}", *apart(_json(last), _json(event.before)))
        last = event.after
        for account in _tables(last, "accounts"):
            accounts[str(account.get("iban"))] = account
        numbers = {iban: number for number, iban in enumerate(accounts, start=1)}
        for branch in _tables(last, "branches"):
            branches[str(branch.get("code"))] = {**branch, "account_id": numbers.get(str(branch.get("account")))}
    company = last.get("company")
    known = company if isinstance(company, dict) else {}
    wanted = [(1, *(known.get(name) for name in _COMPANY), _json(last))] if last else []
    columns = ("id", *_COMPANY, "settings")
    count = yield from same_rows(source, "companies", columns, wanted, source.rows("companies", columns))
    for table, names, rows in (("accounts", _ACCOUNT, accounts), ("branches", _BRANCH, branches)):
        told = [(number, *(row.get(name) for name in names)) for number, row in enumerate(rows.values(), start=1)]
        count += yield from same_rows(source, table, ("id", *names), told, source.rows(table, ("id", *names)))
    return count


def deliveries(source: Source, history: History) -> Checking:
    """Every file was brought in by the first record that names its hash, on that day, under that name; what was found
    in a file was found on a day when it was brought in."""
    first: dict[str, Event] = {}
    days: set[tuple[str, str]] = set()
    for event in history.of("import"):
        sha256 = str(event.after.get("sha256"))
        first.setdefault(sha256, event)
        days.add((sha256, event.as_of))
    columns = ("id", "sha256", "name", "imported_on")
    wanted = [
        (number, sha256, event.after.get("file", event.subject), event.as_of)
        for number, (sha256, event) in enumerate(first.items(), start=1)
    ]
    count = yield from same_rows(source, "files", columns, wanted, source.rows("files", columns))
    names: dict[int, str] = {}
    for number, sha256, kind in source.rows("files", ("id", "sha256", "kind")):
        names[number] = sha256
        known = _kinds(first[sha256]) if sha256 in first else {kind}
        if kind not in known:
            yield unlike(source.shown("files", number), "kind", " | ".join(sorted(known)), kind)
    for number, file, day, origin in source.rows("findings", ("id", "file_id", "found_on", "source")):
        if (names.get(file), day) not in days:
            yield unlike(
                source.shown("findings", number), "found_on", "-", f"{source.shown('files', file or 0)}, {day}"
            )
        if origin != "import":
            yield unlike(source.shown("findings", number), "source", "import", origin)
    return count


def runs(source: Source, history: History) -> Checking:
    """Every matching run and every rejection has its record; proposals are those of the last run, ranked from 1."""
    matched = list(history.of("match"))
    made = [(number_of(event.subject), event.as_of, event.actor) for event in matched]
    count = yield from same_rows(source, "match_runs", _RUN, made, source.rows("match_runs", _RUN))
    told = {number_of(event.subject): event.after for event in matched}
    for number, summary in source.rows("match_runs", ("id", "summary")):
        if document(summary) != told.get(number):
            yield unlike(source.shown("match_runs", number), "summary", _json(told.get(number)), summary)
    rejected = [
        (line, event.as_of, event.actor) for event in history.of("reject", "undo") for line in _said_no_to(event)
    ]
    wanted = [(number, *row) for number, row in enumerate(rejected, start=1)]
    count += yield from same_rows(source, "rejections", _REJECTION, wanted, source.rows("rejections", _REJECTION))
    yield from _proposals(source, max(told, default=0))
    return count


def batches(source: Source, history: History) -> Checking:
    """Every batch was made, released, exported, submitted and taken back as the log says."""
    made: dict[int, dict[str, Any]] = {}
    for event in history.of("collect", "release", "export", "submit", "cancel"):
        row = made.setdefault(number_of(event.subject), {})
        if event.action == "collect":
            row |= {name: event.after.get(name) for name in ("message_id", "sha256", "count")}
            row |= {"total": event.after.get("sum"), "created_on": event.as_of, "status": "created"}
            replaced = event.after.get("replaces")
            row |= {
                "created_by": event.actor,
                "replaces_id": number_of(replaced) if isinstance(replaced, str) else None,
            }
        elif event.action == "release":
            row |= {"released_on": event.as_of, "released_by": event.actor}
        elif event.action == "export":
            row |= {"exported_on": event.as_of, "status": "exported"}
        elif event.action == "submit":
            row |= {"submitted_on": event.as_of}
        else:
            row |= {"status": "cancelled"}
    wanted = [(number, *(row.get(name) for name in _BATCH)) for number, row in made.items()]
    columns = ("id", *_BATCH)
    return (yield from same_rows(source, "batches", columns, wanted, source.rows("batches", columns)))


def number_of(subject: str) -> int:
    """The number in a shown id, 0 where there is none: ``D7`` -> 7."""
    digits = subject[1:] if subject[:1].isalpha() else subject
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def count_of(told: Mapping[str, Any], name: str) -> int:
    """A count that a record tells, 0 where it tells none."""
    value = told.get(name)
    return value if isinstance(value, int) else 0


def _said_no_to(event: Event) -> list[object]:
    """The lines of which a record says that a person said no to something on them, once for each rejection."""
    if event.action == "undo":
        lines = event.after.get("lines")
        return lines if isinstance(lines, list) else []
    return [number_of(event.subject)] * count_of(event.after, "proposals")


def _proposals(source: Source, run: int) -> Iterator[Finding]:
    """Each matching run proposes anew for every line that waits, so all proposals are the last one's."""
    ranks: Counter[int] = Counter()
    columns = ("line_id", "id", "run_id", "rank", "match_class", "band")
    for line, number, made_by, rank, match_class, band in source.rows("proposals", columns, by="line_id"):
        ranks[line] += 1
        expected = (source.shown("match_runs", run), ranks[line], _BANDS.get(match_class[:1]))
        found = (source.shown("match_runs", made_by), rank, band)
        if found != expected:
            yield differs("audit-proposal", source.shown("proposals", number), _listed(expected), _listed(found))


def _kinds(event: Event) -> set[str]:
    """The kinds of file that a record may be about; later records say it outright."""
    told = event.after.get("kind")
    if isinstance(told, str):
        return {told}
    if "account" in event.after:
        return {"statement"}
    # Only items are booked when they come in.
    return {"items"} if event.booked else {"customers", "mandates", "items"}


def _currency(source: Source, history: History, subject: str) -> object:
    """The currency of the statement that a record is about; of one that was removed, what its removal says."""
    wanted = number_of(subject)
    told = next((row[1] for row in source.rows("statements", ("id", "currency")) if row[0] == wanted), None)
    gone = (removal.event.before for removal in history.removals if removal.event.subject == subject)
    return told or next((before.get("currency") for before in gone), None)


def _tables(told: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    rows = told.get(name)
    return (row for row in (rows if isinstance(rows, list) else ()) if isinstance(row, dict))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _listed(values: Iterable[object]) -> str:
    return ", ".join(shown_value(value) for value in values)
