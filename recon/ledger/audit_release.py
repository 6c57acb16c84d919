"""The auditor's reading of who let debit files out: where the settings ask for four eyes, no file was exported that
nobody but its maker has released. What the settings were at each moment follows from the log. And of who told customers
of their debits, and when.

That two names are two people is nothing that books can prove.
"""

from collections.abc import Iterator
from typing import Final

from recon.ledger.audit_log import Event, History
from recon.ledger.audit_source import Checking, Source, differs
from recon.model.finding import Finding

_FOUR_EYES: Final = "four_eyes"
# What of a debit is the same in a batch that takes the place of another.
_DEBIT: Final = ("item_id", "mandate_id", "due_date", "amount", "collection_date", "iban")


def releases(_source: Source, history: History) -> Checking:
    """Every export under four eyes comes after a release by another than the batch's maker; every release under four
    eyes is one. A release says what was released: the file that the batch was made with."""
    rule: object = None
    made: dict[str, Event] = {}
    released: dict[str, str] = {}
    for event in history.of("init", "settings", "collect", "release", "export"):
        batch = event.subject
        if event.action in {"init", "settings"}:
            collect = event.after.get("collect")
            rule = collect.get("release") if isinstance(collect, dict) else None
        elif event.action == "collect":
            made[batch] = event
        elif batch in made:
            yield from _let_out(event, made[batch], released, four_eyes=rule == _FOUR_EYES)
    return len(made)


def _let_out(event: Event, made: Event, released: dict[str, str], *, four_eyes: bool) -> Iterator[Finding]:
    """A release or an export, against who made the batch and who has released it so far."""
    batch = event.subject
    if event.action == "release":
        released[batch] = event.actor
        for name, expected in (("sha256", made.after.get("sha256")), ("created_by", made.actor)):
            if event.after.get(name) != expected:
                yield differs("audit-release", batch, expected, event.after.get(name), log=event.id)
    if four_eyes and released.get(batch, made.actor) == made.actor:
        yield differs("audit-four-eyes", batch, f"≠ {made.actor}", released.get(batch, "-"), log=event.id)


def announcements(source: Source, history: History) -> Checking:
    """Every announcement was made on the day, by whom and of a debit of the batch that its record says."""
    made = {event.id: event for event in history.of("announce")}
    seals = iter(history.seals.get("prenotifications", ()))
    seal = next(seals, None)
    batch_of = {row[0]: row[1] for row in source.rows("collections", ("id", "batch_id"))}
    count = 0
    columns = ("id", "collection_id", "announced_on", "actor")
    for number, debit, day, actor in source.rows("prenotifications", columns):
        count += 1
        while seal is not None and seal.last < number:
            seal = next(seals, None)
        event = None if seal is None else made.get(seal.record)
        if event is None:
            continue  # told by the check of the seals
        expected = (event.subject, event.as_of, event.actor)
        found = (source.shown("batches", batch_of.get(debit, 0)), day, actor)
        if found != expected:
            yield differs("audit-announcement", source.shown("prenotifications", number), ", ".join(expected),
                          ", ".join(map(str, found)))  # fmt: skip
    return count


def replacements(source: Source, _history: History) -> Checking:
    """A batch made in the place of another has some of its debits, as they were, and no other; the other is cancelled,
    and no third one took its place."""
    heads = {row[0]: row[1:] for row in source.rows("batches", ("id", "replaces_id", "status"))}
    replaced = {number: told[0] for number, told in heads.items() if told[0] is not None}
    wanted = {*replaced, *replaced.values()}
    debits: dict[int, set[tuple[object, ...]]] = {number: set() for number in wanted}
    for batch, *debit in source.rows("collections", ("batch_id", *_DEBIT)) if wanted else ():
        if batch in wanted:
            debits[batch].add(tuple(debit))
    taken: set[int] = set()
    for number, other in replaced.items():
        record = source.shown("batches", number)
        if other >= number or other in taken or heads.get(other, (None, None))[1] != "cancelled":
            yield differs("audit-replacement", record, "cancelled", source.shown("batches", other))
        taken.add(other)
        if not debits[number] < debits.get(other, set()):
            told = len(debits[number] - debits.get(other, set()))
            yield differs("audit-replacement", record, source.shown("batches", other), told)
    return len(replaced)
