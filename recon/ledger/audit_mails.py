"""The auditor's reading of what notices say and how they go out by mail: own texts as the log has them, every mail with
the notices of one customer and run, its state by the decisions about it, no mail out after it was closed."""

from collections.abc import Iterator, Mapping
from typing import Final

from recon.ledger.audit_log import Event, History
from recon.ledger.audit_source import Checking, Row, Source, differs, shown_value
from recon.model.finding import Finding

_TEXT: Final = ("id", "level", "language", "field", "text", "since", "actor")
_MAIL: Final = ("id", "run_id", "customer_id", "status", "queued_on", "sent_on")
_NOTICE: Final = ("id", "run_id", "customer_id", "channel", "status", "issued_on", "dispatched_on")
# What may follow what, by a record of the log. Nothing follows a mail that was sent or cancelled.
_NEXT: Final[Mapping[str, frozenset[str]]] = {
    "queued": frozenset({"queued", "sending", "sent", "cancelled"}),
    "sending": frozenset({"sent", "queued", "failed", "uncertain"}),
    "failed": frozenset({"queued", "sent", "cancelled"}),
    "uncertain": frozenset({"queued", "sent", "cancelled"}),
    "sent": frozenset(),
    "cancelled": frozenset(),
}
_FIRST: Final = frozenset({"queued", "failed"})


def texts(source: Source, history: History) -> Checking:
    """Every own text is the last one that the log tells of its level, field and language, and none is missing."""
    wanted: dict[str, tuple[str, str, str]] = {}
    for event in history.of("text"):
        if event.after.get("origin") == "own":
            wanted[event.subject] = (str(event.after.get("text")), event.as_of, event.actor)
        else:
            wanted.pop(event.subject, None)
    count = 0
    for number, level, language, field, text, since, actor in source.rows("dunning_texts", _TEXT):
        count += 1
        expected = wanted.pop(f"{level} {field} {language}", None)
        if expected != (text, since, actor):
            shown = f"{source.shown('dunning_texts', number)}, {level} {field} {language}"
            yield differs("audit-text", shown, shown_value(_told(expected)), shown_value(_told((text, since, actor))))
    for subject, expected in wanted.items():
        yield differs("audit-text", subject, shown_value(_told(expected)), "-")
    return count


def mails(source: Source, history: History) -> Checking:
    """Every mail carries notices, all issued with it to its customer by mail, no notice is in two, and of a run with
    mails none is left out. Its state is where the log's records about it lead; what was sent is marked as out."""
    notices = {row[0]: row for row in source.rows("notices", _NOTICE)}
    carried: dict[int, list[int]] = {}
    for mail, notice in source.rows("outbox_notices", ("outbox_id", "notice_id"), by="outbox_id"):
        carried.setdefault(mail, []).append(notice)
    told: dict[str, list[Event]] = {}
    for event in history.of("mail"):
        told.setdefault(event.subject, []).append(event)
    runs: set[int] = set()
    seen: set[int] = set()
    count = 0
    for mail in source.rows("outbox", _MAIL):
        count += 1
        runs.add(mail[1])
        shown = source.shown("outbox", mail[0])
        own = [notices[number] for number in carried.get(mail[0], ()) if number in notices]
        yield from _carries(source, shown, mail, own, seen)
        yield from _stands(shown, mail, own, told.get(shown, []))
    for number, run, _, channel, status, issued_on, _ in notices.values():
        if run in runs and channel == "email" and issued_on is not None and status != "dropped" and number not in seen:
            yield differs("audit-mail-notice", source.shown("notices", number), "O…", "-")
    return count


def _carries(source: Source, shown: str, mail: Row, own: list[Row], seen: set[int]) -> Iterator[Finding]:
    if not own:
        yield differs("audit-mail-notice", shown, "N…", "-")
    for number, run, customer, channel, _, issued_on, _ in own:
        name = source.shown("notices", number)
        expected = (mail[1], mail[2], "email", mail[4])
        if (run, customer, channel, issued_on) != expected or number in seen:
            found = (run, customer, channel, issued_on)
            yield differs("audit-mail-notice", f"{shown}, {name}", shown_value(expected), shown_value(found))
        seen.add(number)


def _stands(shown: str, mail: Row, own: list[Row], events: list[Event]) -> Iterator[Finding]:
    _, _, _, status, _, sent_on = mail
    now = str(events[0].before.get("status")) if events else status
    if events and now not in _FIRST:
        yield differs("audit-mail-status", shown, " | ".join(sorted(_FIRST)), now)
    sent = None
    for event in events:
        before, after = str(event.before.get("status")), str(event.after.get("status"))
        if before != now or after not in _NEXT.get(before, frozenset()):
            yield differs("audit-mail-status", shown, now, f"{before} -> {after}")
        now, sent = after, event.as_of if after == "sent" else sent
    # The mail of notices that were all cancelled is cancelled with them, in their record.
    gone = status == "cancelled" and all(notice[4] == "cancelled" for notice in own)
    if (status != now and not (gone and now in _FIRST)) or (not events and status not in _FIRST and not gone):
        yield differs("audit-mail-status", shown, now if events else " | ".join(sorted(_FIRST)), status)
    if sent_on != sent:
        yield differs("audit-mail-sent", shown, sent or "-", sent_on or "-")
    for number, *_, state, _, dispatched_on in own:
        if status == "sent" and state == "issued" and (dispatched_on is None or dispatched_on > str(sent_on)):
            yield differs("audit-mail-sent", f"{shown}, N{number}", sent_on or "-", dispatched_on or "-")


def _told(values: tuple[str, str, str] | None) -> str:
    return "-" if values is None else " | ".join(values)
