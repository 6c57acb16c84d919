"""The auditor's reading of the bank's answers (pain.002) and of what was decided on debits that came back.

A collection is rejected because an answer to its own batch says so, once, and nothing of it stays booked; a decision is
about a return or an answer, and stands in the log as it was made.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from recon.ledger.audit_log import Event, History
from recon.ledger.audit_source import Checking, Row, Source, differs, money, same_rows, unlike
from recon.model.finding import Finding

_REPORT: Final = ("id", "file_id", "batch_id", "original_message_id", "imported_on", "actor")
_ANSWER: Final = ("id", "report_id", "level", "block_id", "collection_id", "end_to_end_id", "status", "outcome",
                  "problem", "currency", "amount")  # fmt: skip
_DECISION: Final = ("id", "kind", "allocation_id", "answer_id", "earliest_on", "reason", "decided_on", "actor")
_OUTCOMES: Final = frozenset({"rejected", "noted", "repeated", "unclear"})
_KINDS: Final = {"return-retry": "retry", "return-close": "close"}


def answers(source: Source, history: History) -> Checking:
    """Every report came with its file and is about the batch with its message id; every answer is about a debit of that
    batch, by its end-to-end id; a debit is rejected once, and its money is booked nowhere."""
    of_file = {row[0]: (row[1], row[2]) for row in source.rows("files", ("id", "sha256", "kind"))}
    imports = {str(event.after.get("sha256")): event for event in reversed([*history.of("import")])}
    message_of = {row[1]: row[0] for row in source.rows("batches", ("id", "message_id"))}
    reports: dict[int, Row] = {}
    for row in source.rows("status_reports", _REPORT):
        reports[row[0]] = row
        yield from _report(row, of_file, imports, message_of)
    if not reports:
        return 0
    blocks = {row[0]: row[1] for row in source.rows("batch_blocks", ("id", "batch_id"))}
    debits = {row[0]: row[1:] for row in source.rows("collections", ("id", "batch_id", "block_id", "end_to_end_id",
                                                                     "amount"))}  # fmt: skip
    rejected: Counter[int] = Counter()
    count = 0
    for row in source.rows("status_answers", _ANSWER):
        count += 1
        yield from _answer(source, row, reports.get(row[1]), blocks, debits)
        if row[7] == "rejected" and row[4] is not None:
            rejected[row[4]] += 1
    for number, times in rejected.items():
        if times > 1:
            yield differs("audit-answer", source.shown("collections", number), 1, times)
    left: Counter[int] = Counter()
    for number, amount, line, kind in source.rows("allocations", ("collection_id", "amount", "line_id", "kind"),
                                                  by="collection_id"):  # fmt: skip
        if number in rejected and line is None and kind == "collection":
            left[number] += amount
    for number, amount in left.items():
        if amount:
            yield differs("audit-answer", source.shown("collections", number), money(0), money(amount))
    return count


def decisions(source: Source, history: History) -> Checking:
    """Every decision stands in the log, and is about a return that was booked or an answer that asks for one."""
    returns = {row[0] for row in source.rows("allocations", ("id", "kind", "reverses_id"))
               if row[1] == "return" and row[2] is None}  # fmt: skip
    asking = {row[0]: row[1] for row in source.rows("status_answers", ("id", "outcome"))}
    wanted = [
        (number, _KINDS[event.action], event.after.get("allocation"), event.after.get("answer"),
         event.after.get("earliest_on"), event.reason, event.as_of, event.actor)
        for number, event in enumerate(history.of(*_KINDS), start=1)
    ]  # fmt: skip
    found = list(source.rows("return_decisions", _DECISION))
    for number, kind, allocation, answer, earliest_on, reason, decided_on, _ in found:
        record = source.shown("return_decisions", number)
        if (allocation is None) == (answer is None) or (allocation is not None and allocation not in returns):
            yield differs("audit-decision", record, "return", allocation or answer or "-")
        fitting = {"rejected"} if kind == "retry" else {"rejected", "unclear"}
        if answer is not None and asking.get(answer) not in fitting:
            yield differs("audit-decision", record, " | ".join(sorted(fitting)), asking.get(answer, "-"))
        if (earliest_on is not None and (kind != "retry" or earliest_on <= decided_on)) or (
            kind == "close" and not (reason or "").strip()
        ):
            yield differs("audit-decision", record, "reason" if kind == "close" else decided_on, earliest_on or "-")
    return (yield from same_rows(source, "return_decisions", _DECISION, wanted, found))


def rejected_collections(source: Source) -> frozenset[int]:
    """The collections that an answer has rejected."""
    columns = ("collection_id", "outcome")
    return frozenset(row[0] for row in source.rows("status_answers", columns, by="collection_id")
                     if row[1] == "rejected")  # fmt: skip


def _report(
    row: Row, of_file: Mapping[int, Any], imports: Mapping[str, Event], message_of: Mapping[str, int]
) -> Iterator[Finding]:
    number, file, batch, message, day, actor = row
    record = f"status_reports {number}"
    sha256, kind = of_file.get(file, ("-", "-"))
    event = imports.get(sha256)
    if kind != "status":
        yield unlike(record, "file_id", "status", kind)
    if message_of.get(message) != batch:
        yield unlike(record, "batch_id", message_of.get(message), batch)
    if event is None or (event.as_of, event.actor) != (day, actor):
        told = "-" if event is None else f"{event.as_of}, {event.actor}"
        yield unlike(record, "imported_on", told, f"{day}, {actor}")


def _answer(
    source: Source, row: Row, report: Row | None, blocks: Mapping[int, int], debits: Mapping[int, Row]
) -> Iterator[Finding]:
    number, _, level, block, collection, end_to_end_id, status, outcome, problem, currency, amount = row
    record = source.shown("status_answers", number)
    batch = None if report is None else report[2]
    if level not in {"group", "block", "transaction"} or outcome not in _OUTCOMES:
        yield differs("audit-answer", record, " | ".join(sorted(_OUTCOMES)), f"{level}, {outcome}")
    if block is not None and blocks.get(block) != batch:
        yield unlike(record, "block_id", batch, blocks.get(block))
    if outcome == "unclear" and problem is None:
        yield unlike(record, "problem", "status-…", problem)
    if outcome == "rejected" and status != "RJCT":
        yield unlike(record, "status", "RJCT", status)
    if collection is None:
        return
    own = debits.get(collection, (None, None, None, None))
    if own[:3] != (batch, block, end_to_end_id):
        yield unlike(record, "collection_id", f"{batch}, {block}, {end_to_end_id}", ", ".join(map(str, own[:3])))
    if outcome == "rejected" and (currency not in {None, "EUR"} or amount not in {None, own[3]}):
        yield unlike(record, "amount", own[3], amount)
