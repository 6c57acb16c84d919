"""Books on paper: tables as lists of dicts, small enough to be right by looking at them, with a log made here by hand.

An item over 100.00 was taken over; 60.00 and 40.00 came by two bank lines (the second payment was taken back and booked
anew). Another item was collected and came back. The prepayment of the first was reminded of once.
"""

import copy
import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

from recon.ledger.audit_source import Row, Source
from recon.ledger.auditor import Audit, audit

Tables = dict[str, list[dict[str, Any]]]

SEALED: Final = {
    "statements": ("id", "account_id", "currency", "opening", "closing", "line_count", "booked_sum", "format"),
    "lines": ("id", "statement_id", "account_id", "parent_id", "amount", "currency", "status", "end_to_end_id",
              "return_reason"),
    "entries": ("id", "booked_on", "kind", "currency", "reverses_id"),
    "postings": ("id", "entry_id", "role", "account", "amount", "customer_id", "item_id"),
    "allocations": ("id", "run_id", "line_id", "item_id", "customer_id", "entry_id", "collection_id", "reverses_id",
                    "amount", "kind", "flags", "actor"),
    "exported_entries": ("id", "export_id", "entry_id"),
    "exported_customers": ("id", "export_id", "customer_id", "account"),
}  # fmt: skip
_TOLD: Final = ("kind", "period_from", "period_to", "file_name", "sha256", "count", "total", "repeats_id")
_HEAD: Final = ("id", "recorded_at", "as_of", "actor", "action", "subject", "before", "after", "reason", "program")
_DAY: Final = "2026-11-20"
_IBAN: Final = "DE89370400440532013000"
_COMPANY: Final = {
    "company": {"name": "Beispiel GmbH", "chart": "SKR03"},
    "accounts": [{"iban": _IBAN, "currency": "EUR"}],
    "branches": [],
}
_FILE: Final = b"invoice_no;customer_no;amount\nRE-1;10001;100,00\n"
_SHA: Final = hashlib.sha256(_FILE).hexdigest()


def tables() -> Tables:
    """Books in which everything is right; the log comes with ``sealed``."""
    return {
        "companies": [_row(1, name="Beispiel GmbH", creditor_id=None, chart="SKR03", settings=_json(_COMPANY))],
        "accounts": [_row(1, iban=_IBAN, bic=None, name=None, currency="EUR", ledger_account=None)],
        "branches": [],
        "files": [_row(1, sha256=_SHA, name="items.csv", kind="items", size=len(_FILE), content=zlib.compress(_FILE),
                       imported_on=_DAY)],
        "customers": [_row(1, customer_no="10001", name="Max Muster")],
        "mandates": [_row(1, mandate_id="M-1", customer_id=1, status="active", former_ids=None,
                          original_mandate_id=None, original_iban=None, original_creditor_id=None,
                          original_creditor_name=None)],
        "items": [_item(1, 10000, 0), _item(2, 5000, 5000)],
        "item_parts": [
            _part(1, 1, "prepayment", 4000, "2026-10-01", level=1, on="2026-10-20", until="2026-10-30"),
            _part(2, 1, "remainder", 6000, "2026-11-01"),
            _part(3, 2, "total", 5000, "2026-11-01"),
        ],
        "statements": [_row(1, account_id=1, currency="EUR", opening=1000, closing=11000, line_count=4,
                            booked_sum=10000, format="mt940")],
        "lines": [_line(1, 6000), _line(2, 4000), _line(3, 5000), _line(4, -5000, state="returned")],
        "match_runs": [_row(1, as_of=_DAY, actor="anna", summary='{"lines":4,"booked":4}')],
        "proposals": [], "rejections": [], "holds": [], "findings": [], "closings": [],
        "entries": [
            _entry(1, "take_over"), _entry(2), _entry(3), _entry(4, "undo", reverses=3), _entry(5), _entry(6),
            _entry(7),
        ],
        "postings": _postings(
            (1, "customer", 10000, 1, 1), (1, "customer", 5000, 1, 2), (1, "opening", -15000, None, None),
            (2, "bank", 6000, None, None), (2, "customer", -6000, 1, 1),
            (3, "bank", 4000, None, None), (3, "customer", -3500, 1, 1), (3, "dunning_fee", -500, 1, None),
            (4, "bank", -4000, None, None), (4, "customer", 3500, 1, 1), (4, "dunning_fee", 500, 1, None),
            (5, "bank", 4000, None, None), (5, "customer", -4000, 1, 1),
            (6, "bank", 5000, None, None), (6, "customer", -5000, 1, 2),
            (7, "bank", -5000, None, None), (7, "customer", 5000, 1, 2),
        ),
        "allocations": [
            _share(1, 2, 1, 1, 6000), _share(2, 3, 2, 1, 3500), _share(3, 3, 2, 1, 500, kind="dunning_fee"),
            _share(4, 4, 2, 1, -3500, reverses=2), _share(5, 4, 2, 1, -500, kind="dunning_fee", reverses=3),
            _share(6, 5, 2, 1, 4000), _share(7, 6, 3, 2, 5000, kind="collection", collection=1),
            _share(8, 7, 4, 2, -5000, kind="return", collection=1),
        ],
        "batches": [_row(1, message_id="OPOS-1", sha256=hashlib.sha256(PAIN).hexdigest(), content=PAIN, count=1,
                         total=5000, scheme="CORE", collection_date="2026-11-16", status="exported", branch_id=None,
                         account_id=1, created_on=_DAY, exported_on=_DAY, submitted_on=None,
                         created_by="anna", released_on=None, released_by=None, replaces_id=None,
                         file_name="SDD_CORE_2026-11-16_DE89-3000_OPOS-1.xml")],
        "batch_blocks": [_row(1, batch_id=1, payment_information_id="OPOS-1-1", sequence="RCUR", account=_IBAN,
                              collection_date="2026-11-16", creditor_id="DE98ZZZ09999999999", count=1, total=5000,
                              creditor_name="Beispiel GmbH")],
        "collections": [_row(1, batch_id=1, block_id=1, item_id=2, mandate_id=1, amount=5000, due_date="2026-11-01",
                             collection_date="2026-11-16", end_to_end_id="E-1", iban="DE44370501980000010002",
                             amendment=0, attempt=1, status="returned", mandate_ref="M-1")],
        "dunning_runs": [_row(1, as_of="2026-10-20", settings_hash="5e77", status="issued", last_allocation=8)],
        "notices": [_row(1, run_id=1, customer_id=1, status="issued", level=1, fee=500, interest=20, total=4520,
                         currency="EUR", issued_on="2026-10-20", deadline="2026-10-30", reason=None,
                         dispatched_on="2026-10-21", lump_sum=0, title="Zahlungserinnerung", language="de",
                         channel="letter")],
        "notice_items": [_row(1, notice_id=1, item_id=1, part="prepayment", due_date="2026-10-01", days_overdue=19,
                              open_amount=4000, level=1, fee=0, status="issued", frozen_amount=4000, reason=None,
                              interest=20, interest_since="2026-10-02", lump_sum=0)],
        "refund_batches": [], "refunds": [],
        "exports": [
            _export(1, "datev_debtors", DEBTORS, "stamm.csv"), _export(2, "datev", POSTINGS, "buchungen.csv"),
            {**_export(3, "datev", POSTINGS, "buchungen.csv"), "content": None, "repeats_id": 2},
        ],
        "exported_entries": [_row(1, export_id=2, entry_id=2), _row(2, export_id=2, entry_id=3)],
        "exported_customers": [_row(1, export_id=1, customer_id=1, account="10001")],
    }  # fmt: skip


def sealed(books: Tables, *more: tuple[str, str, dict[str, Any], str]) -> Tables:
    """The books with the log that fits them: a forger's, if the rows are wrong. ``more`` are records at its end:
    action, subject, what it says, day."""
    records = [
        ("init", "company", _COMPANY, "2026-10-01"),
        ("import", "items.csv", {"sha256": _SHA, "new": 4, "changes": [], "rows": _rows(books, *SEALED)}, _DAY),
        ("dunning-run", "D1", {"notices": 1, "settings": "5e77"}, "2026-10-20"),
        ("dunning-issue", "D1", {"issued": 1, "dropped": 0}, "2026-10-20"),
        ("match", "M1", {"lines": 4, "booked": 4}, _DAY),
        ("collect", "B1", {"message_id": "OPOS-1", "sha256": books["batches"][0]["sha256"], "count": 1, "sum": 5000},
         _DAY),
        ("export", "B1", {}, _DAY),
        *(("datev", f"X{number}", {name: row[name] for name in _TOLD}, _DAY)
          for number, row in enumerate(books["exports"], start=1)),
        *more,
    ]  # fmt: skip
    log: list[dict[str, Any]] = []
    for number, (action, subject, after, day) in enumerate(records, start=1):
        values = (number, "2026-11-20T09:00:00+00:00", day, "anna", action, subject, None, _json(after), None, "0.1.0")
        log.append(chained(dict(zip(_HEAD, values, strict=True)), log[-1]["hash"] if log else "0" * 64))
    return {**books, "log": log}


def chained(record: dict[str, Any], previous: str) -> dict[str, Any]:
    """A record of the log with the hashes it must have."""
    bare = {**{name: record[name] for name in _HEAD}, "previous_hash": previous}
    return {**bare, "hash": hashlib.sha256(_json(bare).encode()).hexdigest(), "tables": None}


def changed(table: str, number: int, **values: Any) -> Tables:
    """The books with one row changed; the log not made yet."""
    books = copy.deepcopy(tables())
    next(row for row in books[table] if row["id"] == number).update(values)
    return books


def audited(books: Tables) -> Audit:
    """What the auditor says of books on paper."""

    def rows(table: str, columns: Sequence[str], by: str = "id") -> Iterator[Row]:
        found = sorted(
            (row for row in books.get(table, []) if row[by] is not None), key=lambda row: (row[by], row["id"])
        )
        return iter([tuple(row[name] for name in columns) for row in found])

    columns = {name: frozenset(found[0] if found else ()) for name, found in books.items()}
    letters = {"lines": "L", "notices": "N"}
    return audit(Source(rows, columns, SEALED, {}, lambda: iter(books.get("dangling", [])), letters))  # type: ignore[arg-type]


def codes(found: Audit) -> set[str]:
    """The codes of its findings."""
    return {finding.code for finding in found.findings}


def _rows(books: Tables, *names: str) -> list[dict[str, Any]]:
    seals = []
    for name in names:
        told = hashlib.sha256()
        for row in books[name]:
            told.update(_json([row[column] for column in SEALED[name]]).encode() + b"\n")
        ids = [row["id"] for row in books[name]]
        seals.append({"table": name, "first": ids[0], "last": ids[-1], "digest": told.hexdigest()})
    return seals


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _row(number: int, **values: Any) -> dict[str, Any]:
    return {"id": number, **values}


def _item(number: int, amount: int, left: int) -> dict[str, Any]:
    return _row(number, invoice_no=f"RE-{number}", amount=amount, paid_before=0, open_amount=left, customer_id=1,
                currency="EUR", document_type="invoice", due_date="2026-11-01", payment_method="transfer")  # fmt: skip


def _part(
    number: int, item: int, kind: str, amount: int, due: str, *, level: int = 0, on: str | None = None,
    until: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    return _row(number, item_id=item, kind=kind, amount=amount, due_date=due, dunning_level=level, last_notice_on=on,
                last_deadline=until)  # fmt: skip


def _line(number: int, amount: int, state: str = "matched") -> dict[str, Any]:
    return _row(number, statement_id=1, account_id=1, parent_id=None, amount=amount, currency="EUR", status="booked",
                end_to_end_id=None, return_reason="AM04" if amount < 0 else None, open_amount=0,
                state=state)  # fmt: skip


def _entry(number: int, kind: str = "bank", reverses: int | None = None) -> dict[str, Any]:
    return _row(number, booked_on=_DAY, kind=kind, currency="EUR", reverses_id=reverses)


def _postings(*sides: tuple[int, str, int, int | None, int | None]) -> list[dict[str, Any]]:
    return [
        _row(
            number,
            entry_id=entry,
            role=role,
            account=_ACCOUNTS[role],
            amount=amount,
            customer_id=customer,
            item_id=item,
        )
        for number, (entry, role, amount, customer, item) in enumerate(sides, start=1)
    ]


def _export(number: int, kind: str, content: bytes, name: str) -> dict[str, Any]:
    """A file that was handed out; the postings in it come to 100.00."""
    total, count = (10000, 3) if kind == "datev" else (0, 1)
    first, last = ("2026-11-01", "2026-11-30") if kind == "datev" else (None, None)
    return _row(number, kind=kind, period_from=first, period_to=last, file_name=name, content=content, count=count,
                sha256=hashlib.sha256(content).hexdigest(), total=total, exported_on=_DAY, actor="anna",
                repeats_id=None)  # fmt: skip


def _extf(*rows: dict[int, str]) -> bytes:
    """A file of DATEV's form, as far as the auditor reads it: places and what stands there."""
    head = {13: "4"}
    told = [";".join(row.get(place, "") for place in range(125)) for row in (head, {}, *rows)]
    return "".join(f"{line}\r\n" for line in told).encode("cp1252")


def _share(
    number: int, entry: int, line: int, item: int, amount: int, *, kind: str = "payment",
    collection: int | None = None, reverses: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    return _row(number, run_id=1, line_id=line, item_id=item, customer_id=1, entry_id=entry, collection_id=collection,
                reverses_id=reverses, amount=amount, kind=kind, flags="[]", actor="anna")  # fmt: skip


_ACCOUNTS: Final = {"bank": "1200", "customer": "1400", "opening": "9008", "dunning_fee": "2700"}
POSTINGS: Final = _extf(
    {0: "60,00", 1: '"S"', 6: "1200", 7: "10001"}, {0: "35,00", 1: '"S"', 6: "1200", 7: "10001"},
    {0: "5,00", 1: '"H"', 6: "2700", 7: "1200"},
)  # fmt: skip
DEBTORS: Final = _extf({0: "10001"})
PAIN: Final = f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.008.001.08"><CstmrDrctDbtInitn>
<GrpHdr><MsgId>OPOS-1</MsgId><NbOfTxs>1</NbOfTxs><CtrlSum>50.00</CtrlSum></GrpHdr>
<PmtInf><PmtInfId>OPOS-1-1</PmtInfId><NbOfTxs>1</NbOfTxs><CtrlSum>50.00</CtrlSum>
<PmtTpInf><LclInstrm><Cd>CORE</Cd></LclInstrm><SeqTp>RCUR</SeqTp></PmtTpInf><ReqdColltnDt>2026-11-16</ReqdColltnDt>
<Cdtr><Nm>Beispiel GmbH</Nm></Cdtr><CdtrAcct><Id><IBAN>{_IBAN}</IBAN></Id></CdtrAcct>
<CdtrSchmeId><Id><PrvtId><Othr><Id>DE98ZZZ09999999999</Id></Othr></PrvtId></Id></CdtrSchmeId>
<DrctDbtTxInf><PmtId><EndToEndId>E-1</EndToEndId></PmtId><InstdAmt Ccy="EUR">50.00</InstdAmt>
<DrctDbtTx><MndtRltdInf><MndtId>M-1</MndtId></MndtRltdInf></DrctDbtTx>
<DbtrAcct><Id><IBAN>DE44370501980000010002</IBAN></Id></DbtrAcct></DrctDbtTxInf>
</PmtInf></CstmrDrctDbtInitn></Document>""".encode()
