"""The auditor's reading of letters: every written notice that was issued has one, with the hash that was kept, and it
says what the notice says."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from recon.ledger.audit_log import History, document
from recon.ledger.audit_source import Checking, Row, Source, differs, shown_value, side_by_side
from recon.model.finding import Finding

_WRITTEN: Final = frozenset({"letter", "email"})
_OUT: Final = frozenset({"issued", "cancelled"})
_SAME: Final = ("level", "title", "language", "channel", "deadline", "currency", "interest", "total", "issued_on")
_NOTICE: Final = ("id", "run_id", "customer_id", "status", "fee", "lump_sum", *_SAME)
_LETTER: Final = ("notice_id", "id", "content", "sha256", "made_on")
_LINE: Final = ("notice_id", "item_id", "part", "open_amount", "level", "status")


def letters(source: Source, history: History) -> Checking:
    """Each letter beside its notice. Notices that an earlier version has issued have none."""
    since = min((seal.record for seal in history.seals.get("letters", ())), default=None)
    issued = {event.subject: event.id for event in history.of("dunning-issue")}
    customers = {row[0]: row[1] for row in source.rows("customers", ("id", "customer_no"))}
    invoices: dict[int, str] = {}
    count = 0
    for number, (heads, kept, lines) in side_by_side(
        source.rows("notices", _NOTICE),
        source.rows("letters", _LETTER, by="notice_id"),
        source.rows("notice_items", _LINE, by="notice_id"),
    ):
        record = source.shown("notices", number)
        count += len(kept)
        for extra in kept[1:] if heads else kept:
            yield differs("audit-letter-missing", source.shown("letters", extra[1]), "-", record)
        if not heads:
            continue
        notice = dict(zip(_NOTICE, heads[0], strict=True))
        run = issued.get(source.shown("dunning_runs", notice["run_id"]))
        out = notice["status"] in _OUT and notice["issued_on"] is not None and notice["channel"] in _WRITTEN
        needed = out and since is not None and run is not None and run >= since
        if not kept:
            if needed:
                yield differs("audit-letter-missing", record, record, "-")
            continue
        if not out:
            yield differs("audit-letter-missing", source.shown("letters", kept[0][1]), "-", record)
        if not invoices:
            invoices.update((row[0], row[1]) for row in source.rows("items", ("id", "invoice_no")))
        yield from _letter(source, record, notice, kept[0], customers)
        if notice["status"] == "issued":
            yield from _lines(record, document(kept[0][2]), lines, invoices)
    return count


def _letter(
    source: Source, record: str, notice: Mapping[str, Any], kept: Row, customers: Mapping[int, str]
) -> Iterator[Finding]:
    """The letter as a whole: its hash, its head, and that its sums come to its total."""
    content, sha256, made_on = kept[2:5]
    found = hashlib.sha256((content or "").encode()).hexdigest()
    if found != sha256:
        yield differs("audit-letter-hash", record, shown_value(sha256), found)
    told = document(content)
    wanted = {
        "notice": record, "run": source.shown("dunning_runs", notice["run_id"]),
        "customer_no": customers.get(notice["customer_id"]), **{name: notice[name] for name in _SAME},
        "fee": notice["fee"] - (notice["lump_sum"] or 0), "lump_sum": notice["lump_sum"] or 0,
    }  # fmt: skip
    for name, value in wanted.items():
        if told.get(name) != value:
            yield differs("audit-letter-differs", record, shown_value(value), shown_value(told.get(name)), column=name)
    if made_on != notice["issued_on"]:
        yield differs("audit-letter-differs", record, shown_value(notice["issued_on"]), shown_value(made_on),
                      column="made_on")  # fmt: skip
    for name, wanted_sum, list_, key in (
        ("total", told.get("total"), "lines", "open"), ("balance", told.get("balance"), "statement", "amount"),
    ):  # fmt: skip
        total = sum(_amount(one, key) for one in told.get(list_) or ())
        if name == "total":
            total += sum(_amount(told, one) for one in ("fee", "lump_sum", "interest"))
        if total != wanted_sum:
            yield differs("audit-letter-differs", record, total, shown_value(wanted_sum), column=name)


def _lines(
    record: str, told: Mapping[str, Any], lines: list[Row], invoices: Mapping[int, str]
) -> Iterator[Finding]:  # fmt: skip
    """The lines of the letter are those of the notice, each with its amount and level."""
    wanted = sorted((invoices.get(line[1], "?"), line[2], line[3], line[4]) for line in lines if line[5] == "issued")
    found = sorted(
        (str(line.get("invoice_no")), str(line.get("part")), _amount(line, "open"), _amount(line, "level"))
        for line in told.get("lines") or ()
        if isinstance(line, dict)
    )
    if wanted != found:
        yield differs("audit-letter-differs", record, shown_value(wanted), shown_value(found), column="lines")


def _amount(told: Any, name: str) -> int:
    value = told.get(name) if isinstance(told, dict) else None
    return value if isinstance(value, int) else 0
