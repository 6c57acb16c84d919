"""What the log says of people's decisions, held against the tables: dunning runs and their notices, holds, and changes
of customers, mandates and items."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from recon.ledger.audit_log import Event, History, changes_of
from recon.ledger.audit_mandates import mandate_names
from recon.ledger.audit_replay import count_of, number_of
from recon.ledger.audit_source import UNSAID, Checking, Row, Source, differs, same_rows, unlike, why_returned
from recon.model.finding import Finding
from sepa.returns import return_reason

_HOLD: Final = ("id", "item_id", "kind", "scope", "reason", "since", "until", "actor")
_MASTERS: Final = ("customers", "mandates", "items")
# What people do with whole customers.
_BLOCKING: Final = ("customer-block", "customer-unblock")
# What people do with mandates; what returns bring is ``mandate``.
# Dunning days taken over by customers: told change by change, as an import tells them.
_DAYS: Final = "dunning-days"
_BY_PEOPLE: Final = ("mandate-add", "mandate-amend", "mandate-revoke", "mandate-suspend", "mandate-release")


def dunning(source: Source, history: History) -> Checking:
    """Every dunning run was frozen, issued and cancelled as the log says, with as many notices of each kind."""
    events: dict[tuple[str, int], Event] = {}
    for event in history.of("dunning-run", "dunning-issue", "dunning-cancel", "dunning-drop"):
        events[f"{event.action} {'N' if event.subject[:1] == 'N' else 'D'}", number_of(event.subject)] = event
    counts: dict[str, Counter[int]] = {name: Counter() for name in ("notices", "issued", "dropped", "standing")}
    count = 0
    columns = ("id", "run_id", "status", "issued_on", "reason")
    for notice in source.rows("notices", columns):
        _, run, status, issued_on, _ = notice
        counts["notices"][run] += 1
        counts["issued"][run] += issued_on is not None
        counts["dropped"][run] += status == "dropped"
        counts["standing"][run] += status in {"draft", "issued"}
        yield from _notice(source, notice, events)
    wanted, found = [], []
    for row in source.rows("dunning_runs", ("id", "as_of", "settings_hash", "status")):
        count += 1
        found.append(row)
        # A run without notices that stand is cancelled without a record.
        if row[3] == "cancelled" and not counts["standing"][row[0]]:
            found[-1] = (*row[:3], _run_status(row[0], events))
    for (name, number), event in events.items():
        if name == "dunning-run D":
            wanted.append((number, event.as_of, event.after.get("settings"), _run_status(number, events)))
        if name == "dunning-cancel N":
            continue
        for told, counter in counts.items():
            if told in event.after and count_of(event.after, told) != counter[number]:
                yield unlike(source.shown("dunning_runs", number), told, count_of(event.after, told), counter[number])
    count_runs = yield from same_rows(source, "dunning_runs", ("id", "as_of", "settings_hash", "status"), wanted, found)
    return max(count, count_runs)


def holds(source: Source, history: History) -> Checking:
    """Every block was set and lifted by a record; every dispute follows from a return or a rejection that the debtor
    asked for. What stems from complaints and promises is held against these (``audit_complaints``)."""
    names = {event.subject for event in history.of("block", "unblock")}
    item_of = {name: number for number, name in source.rows("items", ("id", "invoice_no")) if name in names}
    found = list(source.rows("holds", (*_HOLD, "lifted_on")))
    complained = {row[0] for row in source.rows("complaints", ("hold_id",))}
    replaced = {row[0] for row in source.rows("promises", ("replaces_id",)) if row[0] is not None}
    promised = {row[1]: row[0] in replaced for row in source.rows("promises", ("id", "hold_id"))}
    blocked: list[Row] = [
        (item_of.get(event.subject), "blocked", told.get("scope"), reason, event.as_of, told.get("until"), event.actor)
        for event in history.of("block", "unblock")
        for reason, told in _held(event)
    ]
    disputed = [row for _, row in sorted(_disputes(source, history), key=lambda told: told[0])]
    for wanted, own in (
        (blocked, [row[:8] for row in found if row[2] != "disputed" and row[0] not in promised]),
        (disputed, [row[:8] for row in found if row[2] == "disputed" and row[0] not in complained]),
    ):
        ids = [row[0] for row in own] + [len(found) + 1] * (len(wanted) - len(own))
        told = [(number, *row) for number, row in zip(ids, wanted, strict=False)]
        yield from same_rows(source, "holds", _HOLD, told, own)
    by_others = complained | {number for number, is_replaced in promised.items() if is_replaced}
    lifted = Counter((row[1], row[8]) for row in found if row[8] is not None and row[0] not in by_others)
    logged = Counter[tuple[int | None, str]]()
    for event in history.of("unblock"):
        logged[item_of.get(event.subject), event.as_of] += count_of(event.after, "lifted")
    for item, day in sorted(lifted.keys() | logged.keys(), key=str):
        if lifted[item, day] != logged[item, day]:
            told_of = f"{logged[item, day]} ({day})"
            yield unlike(source.shown("items", item or 0), "holds.lifted_on", told_of, f"{lifted[item, day]} ({day})")
    return len(found)


def _held(event: Event) -> Iterator[tuple[object, Mapping[str, Any]]]:
    """What a record says was held: a block; of a block lifted in one scope only, what was kept in the other."""
    if event.action == "block":
        yield event.reason, event.after
        return
    kept = event.after.get("kept")
    for one in kept if isinstance(kept, list) else ():
        if isinstance(one, dict):
            yield one.get("reason"), one


def masters(source: Source, history: History) -> Checking:
    """Customers, mandates and items: as many as were brought in or claimed, and every change that was recorded stands.

    What a record was brought in with and never changed since is in the kept files, not in the log.
    """
    kinds = {row[0]: row[1] for row in source.rows("files", ("sha256", "kind"))}
    mandate_of = {name: number for number, names in mandate_names(source) for name in names}
    changed: dict[tuple[str, int], dict[str, Any]] = {}
    brought = sum(1 for _ in history.of("return-charge"))
    customer_of = _customers_of(source, history)
    for event in history.of("import", _DAYS, "mandate", *_BY_PEOPLE, *_BLOCKING):
        if "account" in event.after:
            continue
        if event.action in _BLOCKING:
            changed.setdefault(("customers", customer_of.get(event.subject, 0)), {}).update(event.after)
            continue
        brought += event.action == "mandate-add"
        if event.action == "import":
            brought += count_of(event.after, "new") + sum("new" in change for change in changes_of(event))
        for table, number, after in _moved(event, kinds, mandate_of):
            if table in _MASTERS and after.keys() <= source.columns[table]:
                changed.setdefault((table, number), {}).update(after)
            else:
                yield unlike(f"log {event.id}", "kind", ", ".join(sorted(after)), table)
    count = 0
    for table in _MASTERS:
        columns = sorted({name for (place, _), row in changed.items() if place == table for name in row})
        for row in source.rows(table, ("id", *columns)):
            count += 1
            told = changed.get((table, row[0]), {})
            for column, value in zip(columns, row[1:], strict=True):
                if column in told and told[column] != value:
                    yield unlike(source.shown(table, row[0]), column, told[column], value)
    if count != brought:
        yield differs("audit-masters", "customers, mandates, items", brought, count)
    return count


def _customers_of(source: Source, history: History) -> dict[str, int]:
    """The ids of the customers that blocks were about."""
    wanted = {event.subject for event in history.of(*_BLOCKING)}
    return {name: number for number, name in source.rows("customers", ("id", "customer_no")) if name in wanted}


def _moved(
    event: Event, kinds: Mapping[str, str], mandate_of: Mapping[str, int]
) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    """What a record changed of customers, mandates and items: table, id, columns."""
    if event.action not in {"import", _DAYS}:
        yield "mandates", mandate_of.get(event.subject, 0), event.after
        return
    table = str(event.after.get("kind", kinds.get(str(event.after.get("sha256")))))
    for change in changes_of(event):
        number, after = change.get("id"), change.get("after")
        if isinstance(number, int) and isinstance(after, dict):
            yield table, number, after


def _notice(source: Source, notice: Row, events: dict[tuple[str, int], Event]) -> Iterator[Finding]:
    """A notice against the records of its run and its own."""
    number, run, status, issued_on, reason = notice
    issue, own, whole, thinned = (
        events.get(key)
        for key in (("dunning-issue D", run), ("dunning-cancel N", number), ("dunning-cancel D", run),
                    ("dunning-drop D", run))
    )  # fmt: skip
    if issued_on is not None and (issue is None or issue.as_of != issued_on):
        yield unlike(source.shown("notices", number), "issued_on", issue.as_of if issue else None, issued_on)
    cancelled = own or whole
    fitting = {"cancelled"} if own or whole else {"issued"} if issue else {"draft"}
    # What a person takes out of a draft and what is paid before it is issued is dropped.
    if not own and (issue or thinned):
        fitting |= {"dropped"}
    if status not in fitting:
        yield unlike(source.shown("notices", number), "status", " | ".join(sorted(fitting)), status)
    told = cancelled.reason if cancelled and status == "cancelled" else None
    if reason != told:
        yield unlike(source.shown("notices", number), "reason", told, reason)


def _run_status(number: int, events: dict[tuple[str, int], Event]) -> str:
    if ("dunning-cancel D", number) in events:
        return "cancelled"
    return "issued" if ("dunning-issue D", number) in events else "draft"


def _disputes(source: Source, history: History) -> Iterator[tuple[tuple[int, int], Row]]:
    """The holds that returns and rejections bring: one for each debit that the debtor objected to, with its place: the
    record that has written it, and the id."""
    why = why_returned(source)
    days = {row[0]: row[1] for row in source.rows("match_runs", ("id", "as_of"))}
    columns = ("id", "line_id", "item_id", "collection_id", "reverses_id", "kind", "run_id", "actor")
    for number, line, item, collection, reverses, kind, run, actor in source.rows("allocations", columns):
        if kind != "return" or None in {item, collection} or reverses is not None:
            continue
        reason = return_reason(why(line, collection))
        if reason and reason.disputed:
            since = UNSAID if run is None else days.get(run)
            hold = (item, "disputed", "dunning", reason.code, since, None, actor)
            yield (_record_of(history, "allocations", number), number), hold
    reports = {row[0]: row[1:] for row in source.rows("status_reports", ("id", "imported_on", "actor"))}
    items = {row[0]: row[1] for row in source.rows("collections", ("id", "item_id"))} if reports else {}
    told = ("id", "report_id", "collection_id", "outcome", "reason", "proprietary")
    for number, report, collection, outcome, code, own in source.rows("status_answers", told):
        reason = return_reason(code or own)
        if outcome == "rejected" and collection is not None and reason and reason.disputed:
            since, actor = reports.get(report, (None, None))
            hold = (items.get(collection), "disputed", "dunning", reason.code, since, None, actor)
            yield (_record_of(history, "status_answers", number), number), hold


def _record_of(history: History, table: str, number: int) -> int:
    """The record of the log that has written a row."""
    return next((seal.record for seal in history.seals.get(table, ()) if seal.first <= number <= seal.last), 0)
