"""Rows straight from the driver: what the driver says goes the way of all that the database says."""

from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, insert, select
from sqlalchemy.exc import DatabaseError

from recon.store.rows import rows_of


def test_a_damaged_page_is_met_while_rows_are_fetched(tmp_path: Path) -> None:
    """SQLite reads a page when its rows are fetched; the fault is the one that a query raises, so it is answered."""
    path = tmp_path / "rows.db"
    engine = create_engine(f"sqlite:///{path}")
    table = Table("rows", MetaData(), Column("id", Integer, primary_key=True), Column("text", String))
    table.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(table), [{"id": number, "text": "x" * 200} for number in range(20_000)])
        assert len(list(rows_of(connection, select(table)))) == 20_000
    engine.dispose()
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 & ~4095
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    with engine.connect() as connection, pytest.raises(DatabaseError, match="malformed"):
        list(rows_of(connection, select(table).order_by(table.c.id)))
    engine.dispose()
