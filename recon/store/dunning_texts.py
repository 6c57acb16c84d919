"""A company's own texts of notices in its books."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from recon.dunning.wording import OwnTexts, own_texts_of
from recon.store.ids import next_ids
from recon.store.text_tables import dunning_texts

# Level, language, field.
Key = tuple[int, str, str]


def own_texts(connection: Connection) -> OwnTexts:
    """All own texts, and which are missing."""
    return own_texts_of({key: row.text for key, row in text_rows(connection).items()})


def text_rows(connection: Connection) -> dict[Key, Any]:
    """The rows of the own texts."""
    rows = connection.execute(select(dunning_texts).order_by(dunning_texts.c.id))
    return {(row.level, row.language, row.field): row for row in rows}


def put_text(connection: Connection, key: Key, text: str, since: date, actor: str) -> None:
    """Keep an own text, in place of the one before."""
    values = {"text": text, "since": since, "actor": actor}
    changed = connection.execute(update(dunning_texts).where(*_at(key)).values(**values)).rowcount
    if not changed:
        level, language, name = key
        row = {"id": next(next_ids(connection, dunning_texts)), "level": level, "language": language, "field": name}
        connection.execute(insert(dunning_texts), [{**row, **values}])


def drop_text(connection: Connection, key: Key) -> None:
    """Go back to the built-in text."""
    connection.execute(delete(dunning_texts).where(*_at(key)))


def _at(key: Key) -> tuple[Any, ...]:
    level, language, name = key
    return dunning_texts.c.level == level, dunning_texts.c.language == language, dunning_texts.c.field == name
