"""The auditor's reading of deliveries to Betalingsservice: the log, the frozen file, the debits in it, and the answers.

Files are read with code of its own: what the operator was told, and what he has said, must be what the books say.
"""

import hashlib
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from recon.ledger.audit_log import History
from recon.ledger.audit_replay import number_of
from recon.ledger.audit_source import Checking, Row, Source, differs, same_rows, side_by_side
from recon.model.finding import Finding

_DELIVERY: Final = ("sha256", "count", "total", "created_on", "created_by", "exported_on", "submitted_on",
                    "status")  # fmt: skip
_LIVE: Final = ("created", "exported", "completed")
_OUTCOME: Final = {"0236": "completed", "0237": "declined", "0238": "cancelled", "0239": "charged_back"}
_RECORD: Final = 128


def deliveries(source: Source, history: History) -> Checking:
    """Every delivery was made, exported, submitted and taken back as the log says; its file is the one made, and tells
    the debits that the books have."""
    made: dict[int, dict[str, Any]] = {}
    for event in history.of("pbs-create", "pbs-export", "pbs-submit", "pbs-cancel"):
        row = made.setdefault(number_of(event.subject), {})
        if event.action == "pbs-create":
            row |= {"sha256": event.after.get("sha256"), "count": event.after.get("count"),
                    "total": event.after.get("sum"), "created_on": event.as_of, "created_by": event.actor,
                    "status": "created"}  # fmt: skip
        elif event.action == "pbs-export":
            row |= {"exported_on": event.as_of, "status": "exported"}
        elif event.action == "pbs-submit":
            row |= {"submitted_on": event.as_of}
        else:
            row |= {"status": "cancelled"}
    wanted = [(number, *(row.get(name) for name in _DELIVERY)) for number, row in made.items()]
    columns = ("id", *_DELIVERY)
    count = yield from same_rows(source, "pbs_deliveries", columns, wanted, source.rows("pbs_deliveries", columns))
    payer_of = {row[0]: row[1] for row in source.rows("pbs_agreements", ("id", "payer_no"))}
    for number, (heads, debits) in side_by_side(
        source.rows("pbs_deliveries", ("id", "delivery_no", "file_name", "sha256", "content", "first_day", "count",
                                       "total", "text_lines", "created_on")),
        source.rows("pbs_debits", ("delivery_id", "reference", "agreement_id", "collect_on", "amount"),
                    by="delivery_id"),
    ):  # fmt: skip
        if not heads:
            continue
        record = source.shown("pbs_deliveries", number)
        _, delivery_no, name, sha256, content, first_day, told, total, lines, created = heads[0]
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            yield differs("audit-pbs-file", record, sha256, found)
            continue
        days = sorted(debit[3] for debit in debits)
        head = (delivery_no, name, told, total, lines, first_day)
        shape = (f"{number:010d}", f"PBS_0601_{created}_{number:010d}.lst", *_sums(content), days[0] if days else "-")
        if head != shape:
            yield differs("audit-pbs-file", record, _listed(shape), _listed(head))
        rows = {debit[1]: (payer_of.get(debit[2]), debit[3], debit[4]) for debit in debits}
        yield from _debits(record, _told(content), rows)
    return count


def debits(source: Source, _history: History) -> Checking:
    """Every debit is what its answers say, else as its delivery; its amount is that of the items in it; nothing of an
    item is on its way twice."""
    status_of = {row[0]: row[1] for row in source.rows("pbs_deliveries", ("id", "status"))}
    live: set[tuple[int, str]] = set()
    count = 0
    for number, (heads, parts, answers) in side_by_side(
        source.rows("pbs_debits", ("id", "delivery_id", "amount", "status")),
        source.rows("pbs_debit_items", ("debit_id", "item_id", "due_date", "amount", "status"), by="debit_id"),
        source.rows("pbs_answers", ("debit_id", "id", "code"), by="debit_id"),
    ):
        if not heads:
            continue
        count += 1
        _, delivery, amount, status = heads[0]
        record = source.shown("pbs_debits", number)
        said = [_OUTCOME.get(answer[2], "-") for answer in sorted(answers, key=lambda row: int(row[1]))]
        expected = said[-1] if said else status_of.get(delivery, "-")
        if {status, *(part[4] for part in parts)} != {expected}:
            yield differs("audit-pbs-status", record, expected, _listed((status, *(part[4] for part in parts))))
        if amount != sum(part[3] for part in parts):
            yield differs("audit-pbs-amount", record, sum(part[3] for part in parts), amount)
        for _, item, due, _, state in parts:
            if state in _LIVE and (item, due) in live:
                yield differs("audit-pbs-twice", record, 1, 2, item=source.shown("items", item))
            if state in _LIVE:
                live.add((item, due))
    return count


def answers(source: Source, _history: History) -> Checking:
    """Every answer stands in the operator's file as the books have it."""
    reference_of = {row[0]: row[1] for row in source.rows("pbs_debits", ("id", "reference"))}
    files = {
        row[0]: _records(row[2]) for row in source.rows("files", ("id", "kind", "content")) if row[1] == "pbs"
    }  # fmt: skip
    count = 0
    for number, file, place, debit, code, amount, paid, paid_on, booked_on in source.rows(
        "pbs_answers", ("id", "file_id", "record", "debit_id", "code", "amount", "paid", "paid_on", "booked_on")
    ):
        count += 1
        records = files.get(file, [])
        told = _answer(records[place - 1]) if 0 < place <= len(records) else ()
        row = (code, amount, reference_of.get(debit), paid, paid_on, booked_on)
        if told != row:
            yield differs("audit-pbs-answer", source.shown("pbs_answers", number), _listed(told), _listed(row))
    return count


def _debits(record: str, told: Mapping[str, Row], rows: Mapping[str, Row]) -> Iterator[Finding]:
    for reference in sorted(told.keys() | rows.keys()):
        if told.get(reference, ()) != rows.get(reference, ()):
            yield differs("audit-pbs-debit", record, _listed(told.get(reference, ())),
                          _listed(rows.get(reference, ())), reference=reference)  # fmt: skip


def _told(content: bytes) -> dict[str, Row]:
    """The collections of a delivery by their reference: payer, day, øre."""
    found: dict[str, Row] = {}
    for line in content.decode("latin-1").split("\r\n"):
        if line.startswith("BS042"):
            day = f"{line[55:59]}-{line[53:55]}-{line[51:53]}"
            found[line[73:103].strip()] = (line[27:42].lstrip("0"), day, _whole(line[60:73]))
    return found


def _sums(content: bytes) -> tuple[int | None, int | None, int | None]:
    """Count, sum and text lines, as the last record tells them."""
    last = content.decode("latin-1").rstrip("\r\n").rsplit("\r\n", 1)[-1]
    return _whole(last[31:42]), _whole(last[42:57]), _whole(last[57:68])


def _answer(line: str) -> Row:
    code = line[13:17]
    if code == "0238":
        return code, _whole(line[56:69]), line[69:99].strip(), 0, None, None
    return (code, _whole(line[56:69]), line[69:99].strip(), _whole(line[115:128]), _day(line[103:109]),
            _day(line[109:115]))  # fmt: skip


def _records(content: bytes) -> list[str]:
    """The records of a file of the operator; nothing of one that does not inflate."""
    try:
        text = zlib.decompress(content).decode("latin-1")
    except zlib.error:
        return []
    if "\n" not in text and "\r" not in text:
        return [text[at : at + _RECORD] for at in range(0, len(text), _RECORD)]
    return [line for line in text.splitlines() if line.strip(" \x1a")]


def _day(text: str) -> str | None:
    return None if not text.strip("0 ") else f"20{text[4:]}-{text[2:4]}-{text[:2]}"


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _listed(values: tuple[Any, ...]) -> str:
    return ", ".join("-" if value is None else str(value) for value in values) or "-"
