"""One real JSON document of every command, on the books of the demo company."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from docs.running import stage

# The demo's last day; then decisions on top, each shown once.
_OPOS: Final = "opos --books demo/opos.db --as-of 2026-11-25"
COMMANDS: Final = (
    "settings show", "settings log",
    "import fixtures/bank/2026-11-20.sta", "read fixtures/bank/2026-11-20.sta",
    "statements list", "statements gaps", "statements show S1",
    "statements remove S7 --reason \"wrong file\" --dry-run",
    "lines list --status proposed", "items list --status partly_paid", "allocations list",
    "items reference RE-2026-0793 --store --dry-run", "items girocode RE-2026-0793",
    "match", "match explain L22", "match confirm L22 --dry-run", "match reject L26 --dry-run",
    "match undo --last --dry-run", "match payers 10023", "match backtest",
    "mandates list --customer 10007", "mandates show M-10007-1",
    "mandates add --mandate-id M-2 --customer 10007 --iban DE02120300000000202051 --signed-on 2026-11-24 --dry-run",
    "mandates amend M-10002-1 --iban DE02120300000000202051 --dry-run",
    "mandates suspend M-10002-1 --reason Rückfrage --dry-run",
    "mandates release M-10007-1 --reason \"Kunde bestätigt\" --dry-run",
    "mandates revoke M-10002-1 --reason \"Schreiben vom 24.11.2026\" --dry-run",
    "collect preview --due-until 2026-12-02", "collect list", "collect show B2", "collect announce B1 --all",
    "collect release B1 --dry-run",
    "collect submitted B1 --dry-run", "returns list",
    "returns retry L65 --on 2026-12-15 --dry-run", "returns close L66 --reason \"pays by transfer\" --dry-run",
    "close day DE89370400440532013000", "close day DE27370501980000012345", "close period --until 2026-11-24",
    "close list", "close show C1", "close reopen C3 --reason \"statement came late\" --dry-run",
    "dunning preview", "dunning run", "dunning list", "dunning show D3",
    "dunning drop D3 RE-2026-0801 --reason \"calls today\" --dry-run", "dunning paid", "dunning explain RE-2026-0892",
    "dunning procedure --customer 10017", "dunning days list --customer 10017",
    "dunning days apply --customer 10017 --dry-run",
    "dunning block RE-2026-0892 --reason Rückfrage --dry-run", "dunning blocks", "dunning proposals",
    "dunning block --customer 10019 --reason Stundung --until 2026-12-31 --dry-run",
    "dunning promise RE-2026-0892 --until 2026-12-04 --amount 20,00 --dry-run",
    "complaints open RE-2026-0892 --reason \"falsche Menge\" --received-at \"2026-11-25 10:20\"",
    "complaints acknowledge K1 --at \"2026-11-25 11:00\"",
    "complaints statement K1 --text \"Geliefert wurden zwei Stück.\"",
    "complaints evidence K1 fixtures/items.csv --type delivery_note", "complaints list", "complaints show K1",
    "complaints files K1 --out answer", "complaints resolve K1 --outcome rejected --reason \"Menge stimmt\"",
    "dunning letters D2 --out post --dry-run",
    "texts list", "texts show 2 --language en",
    "texts set 2 subject --language de --text \"{title}: {total}\" --dry-run",
    "texts reset 2 subject --dry-run", "texts preview 2 --language en --customer 10007", "texts export texts.toml",
    "texts apply texts.toml --dry-run",
    "mail list --status queued", "mail show O1", "mail retry O1 --reason \"talked to him\" --dry-run",
    "mail cancel O1 --reason \"goes by post\" --dry-run", "mail sent O1 --reason \"sent by hand\" --dry-run",
    "report aging", "report aging --items", "report open-items", "report unmatched", "report account 10019",
    "report manual", "report dunning", "report fees", "report refunds --older-than 2026-11-25", "credits list",
    "credits apply 10055 --dry-run", "report returns", "report journal", "report reconciliation", "report settlement",
    "export datev --from 2026-11-01 --to 2026-11-30 --out adviser", "export list",
    "export journal --from 2026-11-01 --to 2026-11-30 --out journal",
    "match confirm L27", "refunds propose", "refunds create", "refunds list", "refunds release R1",
    "refunds cancel R1 --dry-run", "refunds export --out refunds R1", "refunds rejected R1 --reason AC04 --dry-run",
    "refunds submitted R1", "log list --action match", "verify",
)  # fmt: skip
# A company with Danish customers (fixtures/danish), on books of its own.
_DANSK: Final = "opos --books danish.db --as-of 2026-11-19"
DANISH: Final = (
    "import fixtures/danish/0603.lst", "pbs agreements", "pbs agree 4714 --agreement 100000058 --dry-run",
    "pbs preview --due-until 2026-11-30", "pbs create --due-until 2026-11-30", "pbs export --out danish",
    "pbs cancel P1 --dry-run", "pbs submitted P1", "import fixtures/danish/0602.lst", "pbs list", "pbs payments",
)  # fmt: skip
# A company that reminds by telephone at last (fixtures/telephone).
_PHONE: Final = "opos --books telephone.db --as-of 2026-10-19"
TELEPHONE: Final = (
    "dunning calls", "dunning calls record N3 --at \"2026-10-19 10:00\" --outcome promise --promise-until 2026-10-23",
    "dunning promises",
)  # fmt: skip
# The real time stands in the log only, and the hashes that hold it; here it would make the page another one every day.
_STILL: Final = {
    "recorded_at": "2026-11-25T08:15:00+00:00", "hash": "6f70…", "head": "6f70…", "log_head": "6f70…",
}  # fmt: skip
# Files in which the real time stands too.
_RECORDED: Final = {**_STILL, "sha256": "6f70…"}
# How many entries of a list are shown.
SHOWN: Final = 1


def documents() -> Iterator[tuple[str, str]]:
    """Commands, as a person would type them, with their documents."""
    with stage() as place:
        place.run("opos demo demo | tail -1")
        yield "opos init", _cut(place.read("opos --books new.db init --company fixtures/company.toml --json"))
        for command in COMMANDS:
            yield (
                f"opos {command}",
                _cut(
                    place.read(f"{_OPOS} {command} --json"),
                    _RECORDED if command.startswith("export journal") else _STILL,
                ),
            )


def danish_documents() -> Iterator[tuple[str, str]]:
    """The commands of Betalingsservice with their documents."""
    with stage() as place:
        place.run("opos --books danish.db init --company fixtures/danish/company.toml")
        place.run(f"{_DANSK} import fixtures/danish/customers.csv fixtures/danish/items.csv")
        for command in DANISH:
            yield f"opos {command}", _cut(place.read(f"{_DANSK} {command} --json"))
    with stage() as place:
        place.run("opos --books telephone.db init --company fixtures/telephone/company.toml")
        place.run(f"{_PHONE} import fixtures/telephone/customers.csv fixtures/telephone/items.csv --as-of 2026-10-02")
        for number, day in enumerate(("2026-10-04", "2026-10-11", "2026-10-18"), start=1):
            place.run(f"{_PHONE} dunning run --customer 4801 --as-of {day}")
            place.run(f"{_PHONE} dunning issue D{number} --as-of {day}")
        for command in TELEPHONE:
            yield f"opos {command}", _cut(place.read(f"{_PHONE} {command} --json"))


def _cut(text: str, still: Mapping[str, str] = _STILL) -> str:
    return json.dumps(_shorter(json.loads(text), still), ensure_ascii=False, indent=1)


def _shorter(value: Any, still: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: still[key] if key in still else _shorter(one, still) for key, one in value.items()}
    if isinstance(value, list) and len(value) > SHOWN:
        return [*(_shorter(one, still) for one in value[:SHOWN]), "…"]
    return [_shorter(one, still) for one in value] if isinstance(value, list) else value
