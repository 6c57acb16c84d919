"""Writing direct debits: CPU seconds, debits a second and peak memory of opos and its peers on the same debits; then
what it costs to collect from books.

Every writer runs in a process of its own that makes the debits one after the other and leaves a pain.008.001.08 file;
start of the interpreter and imports included. ``python -m bench.debits write|check COUNT FILE`` and ``python -m
bench.debits books FOLDER COUNT`` are such processes.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final, overload

from bench.debit_values import COLLECTED, IBANS, SIGNED, debit
from bench.measuring import Cost, measure
from bench.peers import python_with, versions
from sepa.debits import Block, Creditor, Debit, DebitFile
from sepa.mandate import Scheme, SequenceType
from sepa.pain008 import chunks

_VALUES: Final = Path(__file__).with_name("debit_values.py").read_text(encoding="utf-8")
_OURS: Final = (sys.executable, "-m", "bench.debits")
_OPOS: Final = (sys.executable, "-c", "from cli import main; main()")
_DAY: Final = "2026-11-20"
_CREDITOR: Final = Creditor("Beispiel GmbH", "DE98ZZZ09999999999", "DE89370400440532013000", "COBADEFFXXX")
# sepaxml and sepapy come from one root and are told the same; without what they would check or clean by the way.
_PEER: Final = """
import sys
from {module} import {name} as Writer
writer = Writer(
    {{"name": "Beispiel GmbH", "IBAN": "DE89370400440532013000", "BIC": "COBADEFFXXX", "batch": True,
      "creditor_id": "DE98ZZZ09999999999", "currency": "EUR", "instrument": "CORE", "msg_id": "OPOS-20261120-0001"}},
    schema="pain.008.001.08", clean=False,
)
for number in range(int(sys.argv[1])):
    name, iban, bic, cents, mandate, text, end = debit(number)
    payment = {{"name": name, "IBAN": iban, "amount": cents, "type": "RCUR", "collection_date": COLLECTED,
               "mandate_id": mandate, "mandate_date": SIGNED, "description": text, "endtoend_id": end}}
    writer.add_payment(payment if bic is None else {{**payment, "BIC": bic}})
written = writer.export(validate=False)
with open(sys.argv[2], "wb") as out:
    out.write(written)
print(written.count(b"<DrctDbtTxInf>"))
"""
_PEERS: Final = {"sepaxml": ("sepaxml", "SepaDD"), "sepapy": ("sepapy", "SepaDebit")}
_COMPANY: Final = b"""
[company]
name = "Beispiel GmbH"
creditor_id = "DE98ZZZ09999999999"
[[accounts]]
iban = "DE89370400440532013000"
bic = "COBADEFFXXX"
"""


class Stream(Sequence[Debit]):
    """Debits that are made when they are asked for: no more of them are in memory than are being written."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, at: int) -> Debit: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Debit]: ...
    def __getitem__(self, at: int | slice) -> Debit | Sequence[Debit]:
        if isinstance(at, slice):
            return [_debit(number) for number in range(*at.indices(self.size))]
        if at >= self.size:
            raise IndexError(at)
        return _debit(at)


class Known(Block):
    """A block whose sum is known before its debits are made, as a query gives it."""

    __slots__ = ()

    @property
    def sum(self) -> int:
        """What they add up to, from the values alone."""
        return sum(debit(number)[3] for number in range(len(self.debits)))


def _debit(number: int) -> Debit:
    name, iban, bic, cents, mandate, text, end = debit(number)
    return Debit(number, "", "", COLLECTED, cents, name, iban, mandate, SIGNED, text, bic, end_to_end_id=end)


def write_file(count: int, path: Path) -> None:
    """So many debits in one block, from values that come one by one."""
    block = Known(_CREDITOR, COLLECTED, SequenceType.RCUR, Stream(count), payment_information_id="OPOS-20261120-0001-1")
    file = DebitFile("OPOS-20261120-0001", None, Scheme.CORE, (block,))
    with path.open("wb") as out:
        out.writelines(chunks(file, COLLECTED - timedelta(days=11)))


def check_file(path: Path) -> None:
    """Against the schema and our rules, as before every release."""
    from sepa.pain008_check import validate

    with path.open("rb") as stream:
        problems = validate(stream)
    assert problems == (), problems[:3]


def run(folder: Path, sizes: Sequence[int], environments: Path) -> None:
    """Measure every writer in turn, one table for each number of debits; then the books."""
    pythons = {"sepaxml": Path(sys.executable), "sepapy": python_with("sepapy", environments)}
    for count in sizes:
        runs = 5 if count <= 10_000 else 3
        path = folder / f"{count}.xml"
        costs = {
            "opos": measure([*_OURS, "write", str(count), path], runs),
            "opos, schema and rules": measure([*_OURS, "check", str(count), path], runs),
        }
        size = path.stat().st_size / 1e6
        for name, (module, writer) in _PEERS.items():
            python = pythons[name]
            if python is not None:
                program = _VALUES + _PEER.format(module=module, name=writer)
                costs[f"{name} {_version(name)}"] = measure([python, "-c", program, str(count), path], runs)
        path.unlink()
        print(f"\npain.008.001.08, {count:,} debits, {size:.1f} MB, median of {runs}\n")
        _table(costs, count)
        if count == max(sizes):
            _aims(costs)
    for count in sizes:
        _collect(folder, count)


def _version(name: str) -> str:
    if name in versions():
        return versions()[name]
    from importlib.metadata import version

    return version(name)


def _table(costs: dict[str, Cost | str], count: int) -> None:
    ours = costs["opos"]
    checked = costs["opos, schema and rules"]
    print("| writer | CPU s | debits/s | peak MiB | opos is faster by | with both checks |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, cost in costs.items():
        if isinstance(cost, str):
            print(f"| {name} | {cost} | | | | |")
            continue
        told = "" if cost.said == str(count) else f" (wrote {cost.said})"
        ratios = [
            f"{cost.cpu / base.cpu:.1f}" if isinstance(base, Cost) and not name.startswith("opos") else ""
            for base in (ours, checked)
        ]
        speed = f"{cost.cpu:.2f} | {count / cost.cpu:,.0f} | {cost.mib:.0f}"
        print(f"| {name}{told} | {speed} | {ratios[0]} | {ratios[1]} |", flush=True)


def _aims(costs: dict[str, Cost | str]) -> None:
    ours, checked = costs["opos"], costs["opos, schema and rules"]
    peer = next(cost for name, cost in costs.items() if name.startswith("sepaxml"))
    if isinstance(ours, str) or isinstance(checked, str) or isinstance(peer, str):
        return
    print("\n| aim | measured | |\n|---|---:|---|")
    for aim, found, reached in (
        ("5 times sepaxml", f"{peer.cpu / ours.cpu:.1f}", peer.cpu >= 5 * ours.cpu),
        ("peak under 100 MB", f"{_mb(ours):.0f} MB", _mb(ours) < 100),
        ("schema and rules checked: 1.5 times sepaxml", f"{peer.cpu / checked.cpu:.1f}", peer.cpu >= 1.5 * checked.cpu),
        ("the same: peak under 130 MB", f"{_mb(checked):.0f} MB", _mb(checked) < 130),
    ):
        print(f"| {aim} | {found} | {'reached' if reached else 'not reached'} |")


def _mb(cost: Cost) -> float:
    return cost.mib * 1.048576


def _collect(folder: Path, count: int) -> None:
    """``opos collect create`` and ``export`` on books with so many due items, each under a mandate of its own."""
    place = folder / f"collect-{count}"
    made = measure([*_OURS, "books", place, str(count)], 1)
    assert not isinstance(made, str), made
    given = ("--books", place / "opos.db", "--as-of", _DAY, "collect")
    create = measure([*_OPOS, *given, "create", "--due-until", COLLECTED.isoformat(), "--json"], 1)
    export = measure([*_OPOS, *given, "export", "--out", place / "out", "--json"], 1)
    print(f"\ncollecting {count:,} items from books on SQLite\n")
    print("| command | CPU s | peak MiB |\n|---|---:|---:|")
    for name, cost in (("create", create), ("export", export)):
        print(f"| {name} | {cost if isinstance(cost, str) else f'{cost.cpu:.1f} | {cost.mib:.0f}'} |")
    if not isinstance(create, str) and not isinstance(export, str) and count >= 100_000:
        both = create.cpu + export.cpu
        print(f"\ncreate and export in 30 s of CPU: {both:.1f}, {'reached' if both <= 30 else 'not reached'}")


def fill(folder: Path, count: int) -> None:
    """New books with so many customers, each with a mandate and an item that is due."""
    from bench.books import STAMP
    from recon.model.roles import Action
    from recon.service.context import open_context, run, writing
    from recon.service.setting_up import init
    from recon.store import tables
    from recon.store.digests import add
    from recon.store.log import record

    folder.mkdir()
    path = str(folder / "opos.db")
    init(path, STAMP, (_COMPANY, "company.toml"))
    context = open_context(path, STAMP)
    everything = range(1, count + 1)
    issued = COLLECTED - timedelta(days=29)
    with run(context, Action.IMPORT_ITEMS), writing(context) as connection:
        add(connection, tables.customers, (
            {"id": at, "customer_no": str(10_000 + at), "name": debit(at)[0], "type": "company", "language": "de",
             "dispatch": "post"}
            for at in everything
        ))  # fmt: skip
        add(connection, tables.mandates, (
            {"id": at, "mandate_id": f"M-{at}-1", "customer_id": at, "iban": IBANS[at % 1000], "scheme": "CORE",
             "kind": "recurrent", "signed_on": SIGNED, "status": "active"}
            for at in everything
        ))  # fmt: skip
        add(connection, tables.items, (
            {"id": at, "invoice_no": f"RE-{at:08}", "customer_id": at, "document_type": "invoice",
             "amount": debit(at)[3], "open_amount": debit(at)[3], "currency": "EUR", "issue_date": issued,
             "due_date": COLLECTED, "payment_method": "direct_debit", "paid_before": 0}
            for at in everything
        ))  # fmt: skip
        add(connection, tables.item_parts, (
            {"id": at, "item_id": at, "kind": "total", "amount": debit(at)[3], "due_date": COLLECTED,
             "dunning_level": 0}
            for at in everything
        ))  # fmt: skip
        record(connection, STAMP, "bench", "books")
    context.books.engine.dispose()


def main() -> None:
    """One process that is measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.debits")
    parser.add_argument("task", choices=("write", "check", "books"))
    parser.add_argument("given", nargs=2)
    task, (first, second) = vars(parser.parse_args()).values()
    if task == "books":
        fill(Path(first), int(second))
        return
    write_file(int(first), Path(second))
    if task == "check":
        check_file(Path(second))
    print(first)


if __name__ == "__main__":
    main()
