"""Golden files: one day of one account, written by us as MT940, camt.053.001.02 and camt.053.001.08.

They hold every kind of line and every field of ``opos read``. ``*.json`` is what the reader says of them; to renew it
after a wanted change, run with OPOS_RENEW_GOLDEN=1 and read the difference before committing it.
"""

import json
import os
from dataclasses import fields
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from recon.model.statement import Line, LineKind, Statement
from recon.statements import read

HERE = Path(__file__).parent
FILES = sorted(path.name for path in HERE.iterdir() if path.suffix in (".sta", ".xml"))
# What only one of the formats can say: the ISO code, the message, the details, and the source text itself.
ONE_FORMAT_ONLY = {"bank_code", "message_id", "details", "raw", "where"}


def plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    if isinstance(value, Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return value


def statements(name: str) -> list[Statement]:
    with (HERE / name).open("rb") as stream:
        found = list(read(stream, name))
    assert all(isinstance(one, Statement) for one in found)
    return [one for one in found if isinstance(one, Statement)]


@pytest.mark.parametrize("name", FILES)
def test_file_reads_as_the_golden_json_says(name: str) -> None:
    told = json.dumps([plain(one) for one in statements(name)], indent=1, ensure_ascii=False) + "\n"
    golden = HERE / f"{name}.json"
    if os.environ.get("OPOS_RENEW_GOLDEN") == "1":
        golden.write_text(told, encoding="utf-8")
    assert told == golden.read_text(encoding="utf-8")


def test_golden_files_use_every_field_and_kind_of_a_line() -> None:
    lines = [line for name in FILES for one in statements(name) for line in one.lines]
    lines += [detail for line in lines for detail in line.details]
    empty = {name for name in Line.__struct_fields__ if not any(getattr(line, name) for line in lines)}
    assert not empty
    assert {line.kind for line in lines} == set(LineKind)


@pytest.mark.parametrize("version", ["02", "08"])
def test_same_day_in_both_formats_gives_the_same_lines(version: str) -> None:
    ours, theirs = statements("day.sta")[0].lines, statements(f"day_camt053_{version}.xml")[0].lines
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        for name in (field for field in Line.__struct_fields__ if field not in ONE_FORMAT_ONLY):
            mine, its = getattr(one, name), getattr(other, name)
            if name == "remittance" and one.kind is LineKind.BATCH:
                mine = None  # "ANZAHL 2": camt counts in a field of its own
            assert mine == its, (one.bank_ref, name)
