"""The demo company: its whole story, day by day, with the same use cases that everybody has."""

import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from recon.model.finding import error
from recon.service import collecting, setting_up
from recon.service import dunning as reminding
from recon.service.answers import Refused
from recon.service.collecting import CollectResult
from recon.service.context import Context, open_context
from recon.service.dunnable import Scope
from recon.service.dunning import DunningResult
from recon.service.importing import FileResult, collect_sources, import_sources
from recon.service.matching import MatchResult, match_all
from recon.store.log import Stamp
from sepa.money import Language

FIXTURES: Final = Path(__file__).resolve().parents[2] / "fixtures"

START: Final = date(2026, 10, 20)
SECOND_NOTICES: Final = date(2026, 11, 4)
COLLECTING: Final = date(2026, 11, 20)
DUE_UNTIL: Final = date(2026, 11, 25)
BANK_ANSWERS: Final = date(2026, 11, 24)
LAST_DAY: Final = date(2026, 11, 25)

Result = list[FileResult] | DunningResult | MatchResult | CollectResult


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the story: its name, its day, the command that does it, and what came of it."""

    name: str
    day: date
    command: str
    result: Result


def play(books: str, stamp: Stamp, out: Path, sheets: Language | None = None) -> Iterator[Step]:
    """Play the story on new books; debit files go into ``out``, with control sheets in the language ``sheets``. Each
    step is done before it is told."""
    _see_fixtures()
    company = FIXTURES / "company.toml"
    setting_up.init(books, replace(stamp, as_of=START), (company.read_bytes(), company.name))
    context = open_context(books, stamp)
    try:
        yield from _steps(context, out, sheets)
    finally:
        context.books.close()


def _steps(context: Context, out: Path, sheets: Language | None) -> Iterator[Step]:
    yield _import(context, START, "customers.csv", "mandates.csv", "items.csv")
    for day in (START, SECOND_NOTICES):
        today = _on(context, day)
        made = reminding.freeze(today, Scope())
        issued = reminding.issue(today, made.run or "")
        yield Step("dunning", day, f"opos dunning run && opos dunning issue {made.run}", issued)
    yield _import(context, COLLECTING, "bank/2026-11-19.sta", "bank/2026-11-20.sta")
    yield Step("match", COLLECTING, "opos match", match_all(_on(context, COLLECTING)))
    today = _on(context, COLLECTING)
    created = collecting.create(today, due_until=DUE_UNTIL)
    exported = collecting.export(today, out, sheets=sheets)
    told = replace(created, batches=exported.batches)
    command = f"opos collect create --due-until {DUE_UNTIL} && opos collect export --out {out.name}"
    yield Step("collect", COLLECTING, command, told)
    yield _import(context, BANK_ANSWERS, "bank/camt053_2026-11-23_24.zip")
    yield Step("match", BANK_ANSWERS, "opos match", match_all(_on(context, BANK_ANSWERS)))
    preview = reminding.preview(_on(context, LAST_DAY), Scope())
    yield Step("preview", LAST_DAY, "opos dunning preview", preview)


def fill_books(books: str, stamp: Stamp) -> None:
    """Fill new books with the demo company, as at the end of its story. The debit files stay in the books."""
    with tempfile.TemporaryDirectory() as folder:
        for _ in play(books, stamp, Path(folder)):
            pass


def _import(context: Context, day: date, *names: str) -> Step:
    sources = collect_sources([str(FIXTURES / name) for name in names], io.BytesIO())
    shown = [replace(source, name=f"fixtures/{name}") for source, name in zip(sources, names, strict=True)]
    results = import_sources(_on(context, day), shown)
    return Step("import", day, "opos import " + " ".join(f"fixtures/{name}" for name in names), results)


def _on(context: Context, day: date) -> Context:
    return replace(context, stamp=replace(context.stamp, as_of=day))


def _see_fixtures() -> None:
    if not (FIXTURES / "company.toml").is_file():
        raise Refused(error("demo-missing", "fixtures"))
