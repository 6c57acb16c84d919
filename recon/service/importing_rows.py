"""What a file of customers, mandates or items changes, gathered row by row, and written at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, bindparam, update

from recon.model.finding import Finding
from recon.store.digests import add
from recon.store.masters import changed


@dataclass(frozen=True, slots=True)
class RecordCounts:
    """How many records were new, changed and already the same."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0


NO_RECORDS: Final = RecordCounts()


@dataclass(slots=True)
class Changes:
    """What a file changes, gathered row by row: rows to insert, rows to update, how many stay as they are, and the
    differences for the log; ``findings`` that refuse nothing."""

    inserts: list[dict[str, Any]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    unchanged: int = 0
    moved: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def counts(self) -> RecordCounts:
        """The counts for the user."""
        return RecordCounts(len(self.inserts), len(self.updates), self.unchanged)

    def add(
        self,
        old: Mapping[str, Any] | None,
        row: dict[str, Any],
        fresh: Mapping[str, Any],
        ids: Iterator[int],
        *,
        also: bool = False,
    ) -> int | None:
        """Sort a row in; the id it has if it is new or changed. What the file does not say leaves the books as is.
        ``also`` says that something beside the row has changed."""
        if old is None:
            defaults = {name: value for name, value in fresh.items() if row.get(name) is None}
            self.inserts.append({"id": next(ids), **row, **defaults})
            return int(self.inserts[-1]["id"])
        said = {name: value for name, value in row.items() if value is not None}
        before, after = changed(old, said)
        if not after and not also:
            self.unchanged += 1
            return None
        self.moved.append({"id": old["id"], "before": before, "after": after})
        self.updates.append({**old, **said})
        return int(old["id"])


class NotTaken(Exception):  # noqa: N818 - rolls the transaction back, is never seen outside the room
    """What stands against a file."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__()
        self.findings = tuple(findings)


def put_rows(connection: Connection, table: Any, changes: Changes) -> None:
    """Write what was gathered for a table."""
    if changes.inserts:
        add(connection, table, changes.inserts)
    if changes.updates:
        names = [name for name in changes.updates[0] if name not in {"id", "open_amount"}]
        statement = (
            update(table)
            .where(table.c.id == bindparam("key"))
            .values({name: bindparam(f"new_{name}") for name in names})
        )
        rows = [{"key": row["id"], **{f"new_{name}": row[name] for name in names}} for row in changes.updates]
        connection.execute(statement, rows)
