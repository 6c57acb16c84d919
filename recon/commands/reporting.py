"""``opos report``."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import click

from recon.commands.account_reports import account, manual
from recon.commands.call import DAY, Call, called
from recon.commands.output import Column, Row, iso, print_findings, print_rows, print_streamed
from recon.commands.returning import RETURNS, return_document
from recon.texts import term
from sepa.money import plain

_PARTS = (
    Column("invoice_no", "invoice_no"),
    Column("customer_no", "customer"),
    Column("name", "name"),
    Column("branch", "branch"),
    Column("issue_date", "issue_date", "date"),
    Column("due_date", "due_date", "date"),
    Column("part", "part", "term"),
    Column("amount", "amount", "amount"),
    Column("open", "open_amount", "amount"),
    Column("currency", "currency"),
    Column("days_overdue", "days_overdue", "number"),
    Column("dunning_level", "dunning_level", "number", machine=False),
    Column("last_notice_on", "last_notice_on", "date", machine=False),
    Column("blocked_until", "blocked_until", "date", machine=False),
)
_BUCKETS = (
    Column("not_due", "bucket_not_due", "amount"),
    Column("days_1_30", "bucket_1_30", "amount"),
    Column("days_31_60", "bucket_31_60", "amount"),
    Column("days_61_90", "bucket_61_90", "amount"),
    Column("days_over_90", "bucket_over_90", "amount"),
    Column("credit", "credit", "amount"),
    Column("total", "total", "amount"),
    Column("currency", "currency"),
)
_SHARE = Column("share", "share", "percent", machine=False)
_AGEING = (Column("customer_no", "customer"), Column("name", "name"), *_BUCKETS, _SHARE)
_AGEING_ITEMS = (
    Column("invoice_no", "invoice_no"),
    Column("customer_no", "customer"),
    Column("name", "name"),
    Column("branch", "branch"),
    Column("due_date", "due_date", "date"),
    Column("days_overdue", "days_overdue", "number"),
    *_BUCKETS,
    Column("share", "share", "percent"),
)
_UNMATCHED = (
    Column("id", "id"),
    Column("booking_date", "booking_date", "date"),
    Column("age", "age", "number"),
    Column("amount", "amount", "amount"),
    Column("open", "open_amount", "amount"),
    Column("currency", "currency"),
    Column("name", "counterparty"),
    Column("remittance", "remittance"),
    Column("class", "class"),
    Column("band", "band", "term"),
    Column("next_text", "next_step", machine=False),
)
_RECONCILIATION = (
    Column("account", "account"),
    Column("statement", "statement"),
    Column("on", "to", "date"),
    Column("opening", "opening", "amount", machine=False),
    Column("in", "incoming", "amount", machine=False),
    Column("out", "outgoing", "amount", machine=False),
    Column("bank", "bank_balance", "amount"),
    Column("ledger", "ledger_balance", "amount"),
    Column("open_lines", "open_lines", "number"),
    Column("open_sum", "open_sum", "amount"),
    Column("difference", "difference", "amount"),
    Column("currency", "currency"),
)
_BY_DAY = (
    Column("account", "account"),
    Column("day", "day", "date"),
    Column("statement_of_day", "statement"),
    *(Column(column.key, column.title, column.kind) for column in _RECONCILIATION[3:]),
)
_SETTLEMENT = (
    Column("kind", "allocation_kind", "term"),
    Column("count", "count", "number"),
    Column("sum", "sum", "amount"),
    Column("currency", "currency"),
)
_NOTICES = (
    Column("id", "id"),
    Column("issued_on", "issued_on", "date"),
    Column("customer", "customer"),
    Column("branch", "branch"),
    Column("title", "notice_title"),
    Column("items", "items"),
    Column("fee", "fee", "amount"),
    Column("total", "total", "amount"),
    Column("deadline", "deadline", "date"),
)


@click.group("report")
def report() -> None:
    """Reports, as of any day (--as-of)."""


report.add_command(account)
report.add_command(manual)


def _with(*options: Callable[..., Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


_PERIOD = (
    click.option("--from", "first", type=DAY, metavar="DATE", help="First day [the beginning]"),
    click.option("--to", "last", type=DAY, metavar="DATE", help="Last day [--as-of]"),
)
_KNOWN = click.option(
    "--as-known", "known", is_flag=True, help="Only what was in the books at the end of that day, not what came later"
)
_NARROW = (
    click.option("--branch", metavar="CODE", help="Only this branch"),
    click.option("--customer", metavar="NO", help="Only this customer"),
    click.option("--later-clearing", "later", is_flag=True, help="Less what settled these items after that day"),
    _KNOWN,
)


@report.command("aging")
@click.option("--items", "by_item", is_flag=True, help="A row for each item instead of each customer")
@_with(*_NARROW)
@called(sheets=True)
def aging(call: Call, *, by_item: bool, **look: Any) -> None:
    """What customers owe by days overdue, largest first; the total is the balance of all customers' accounts."""
    from recon.service.reporting import BUCKET_NAMES, Look, ageing, ageing_by_item

    found = (ageing_by_item if by_item else ageing)(call.context(), Look(**look))
    rows = (
        {
            **_owner(row, by_item=by_item),
            **{name: plain(amount, row.currency) for name, amount in zip(BUCKET_NAMES, row.buckets, strict=True)},
            "credit": plain(row.credit, row.currency),
            "total": plain(row.total, row.currency),
            "currency": row.currency,
            "share": _percent(row.share),
        }
        for row in found
    )
    columns = _AGEING_ITEMS if by_item else _AGEING
    _print(call, "aging", rows, columns, (*BUCKET_NAMES, "credit", "total"))


@report.command("open-items")
@_with(*_NARROW)
@called(sheets=True)
def open_items(call: Call, **look: Any) -> None:
    """What was open on the day, part by part, with due dates and dunning levels as they stood."""
    from recon.service.reporting import Look, open_on

    rows = (
        {
            "invoice_no": part.invoice_no, "customer_no": part.customer_no, "name": part.name, "branch": part.branch,
            "issue_date": iso(part.issue_date), "due_date": iso(part.due_date), "part": part.part,
            "amount": plain(part.amount, part.currency), "open": plain(part.open, part.currency),
            "currency": part.currency, "days_overdue": max(part.days, 0), "dunning_level": part.level,
            "last_notice_on": iso(part.last_notice_on), "blocked": part.blocked,
            "blocked_until": iso(part.blocked_until),
        }
        for part in open_on(call.context(), Look(**look))
    )  # fmt: skip
    _print(call, "open-items", rows, _PARTS, ("amount", "open"))


@report.command("unmatched")
@_with(_KNOWN)
@called(sheets=True)
def unmatched(call: Call, *, known: bool) -> None:
    """The bank lines that were open at the end of the day, with their age, what was found and the next step."""
    from recon.service import reporting

    rows = [
        {
            "id": line.id, "account": line.account, "booking_date": iso(line.booking_date), "age": line.age,
            "amount": plain(line.amount, line.currency), "open": plain(line.open, line.currency),
            "currency": line.currency, "name": line.name, "remittance": line.remittance, "class": line.match_class,
            "band": line.band, "next": line.next,
            "next_text": term(f"next_{line.next}", "en" if call.as_json else call.lang).replace("{line}", line.id),
        }
        for line in reporting.unmatched(call.context(), reporting.Look(known=known))
    ]  # fmt: skip
    _print(call, "unmatched", rows, _UNMATCHED, ("open",))


@report.command("dunning")
@called(sheets=True)
def dunning(call: Call) -> None:
    """The notices issued until the day."""
    from recon.commands.dunning import notice_document
    from recon.service.dunning import issued_notices

    rows = [
        {**notice_document(number, notice), "issued_on": iso(day), "items": [line.invoice_no for line in notice.items]}
        for number, day, notice in issued_notices(call.context())
    ]
    _print(call, "dunning", rows, _NOTICES, ("fee", "total"))


@report.command("fees")
@click.option("--unpaid", is_flag=True, help="Only fees that have lapsed or are still claimed")
@called(sheets=True)
def fees(call: Call, *, unpaid: bool) -> None:
    """What became of the fees and the interest of notices: paid, waived, replaced, lapsed, claimed."""
    from recon.commands.fees import COLUMNS, SUMS, rows_of

    rows = rows_of(call, unpaid=unpaid)
    _print(call, "fees", rows, COLUMNS, SUMS)


@report.command("refunds")
@click.option("--older-than", type=DAY, metavar="DATE", help="Credit from before this day [30 days before --as-of]")
@called(sheets=True)
def refunds(call: Call, older_than: date | None) -> None:
    """Credit of customers who owe nothing, with the account to send it back to where that is sure."""
    from recon.commands.credits import REFUNDS, refund_rows

    rows = refund_rows(call, older_than)
    _print(call, "refunds", rows, REFUNDS, ("left",))


@report.command("returns")
@called(sheets=True)
def returns(call: Call) -> None:
    """The debits that had come back until the day."""
    from recon.service.returning import returns_until

    rows = [return_document(call, entry) for entry in returns_until(call.context())]
    _print(call, "returns", rows, RETURNS, ("amount", "charge"))


@report.command("journal")
@_with(*_PERIOD, _KNOWN)
@called(sheets=True)
def journal(call: Call, first: date | None, last: date | None, *, known: bool) -> None:
    """The journal: every posting, debit and credit, with the sums carried forward, of these days and of all."""
    from recon.commands.journal_files import COLUMNS, row_of
    from recon.service.journal import carried_forward
    from recon.service.journal import journal as found
    from recon.service.reporting import Look

    look = Look(known=known)
    rows = map(row_of, found(call.context(), first, last or call.as_of, look))
    before = {} if first is None else carried_forward(call.context(), first, look)
    _print(call, "journal", rows, COLUMNS, ("debit", "credit"), before=before)


@report.command("reconciliation")
@_with(*_PERIOD, _KNOWN)
@called(sheets=True)
def reconciliation(call: Call, first: date | None, last: date | None, *, known: bool) -> None:
    """Bank and ledger side by side; the open lines explain the difference. With --from a row for each day."""
    from recon.service import reconciling
    from recon.service.reporting import Look

    found = reconciling.reconciliation(call.context(), first, last, Look(known=known))
    rows = [
        {
            "account": row.account, "statement": row.statement, "on": iso(row.on),
            "opening": plain(row.opening, row.currency), "bank": plain(row.bank, row.currency),
            "ledger": plain(row.ledger, row.currency), "open_lines": row.open_lines,
            "open_sum": plain(row.open_sum, row.currency), "difference": plain(row.difference, row.currency),
            "currency": row.currency, "day": iso(row.day), "present": row.present,
            "statement_of_day": row.statement if row.present else None, "in": plain(row.incoming, row.currency),
            "out": plain(row.outgoing, row.currency), "told_later": plain(row.told_later, row.currency),
        }
        for row in found
    ]  # fmt: skip
    _print(call, "reconciliation", rows, _RECONCILIATION if first is None else _BY_DAY, ())
    if not call.as_json:
        print_findings(reconciling.warnings(found), call.lang)


@report.command("settlement")
@_with(*_PERIOD, _KNOWN)
@called(sheets=True)
def settlement(call: Call, first: date | None, last: date | None, *, known: bool) -> None:
    """What was settled, by kind: payments, collections, fees, discounts, returns."""
    from recon.service import reporting

    rows = [
        {"kind": row.kind, "count": row.count, "sum": plain(row.sum, row.currency), "currency": row.currency}
        for row in reporting.settlement(call.context(), first, last or call.as_of, reporting.Look(known=known))
    ]
    _print(call, "settlement", rows, _SETTLEMENT, ("sum",))


def _owner(row: Any, *, by_item: bool) -> dict[str, Any]:
    """Who owes it: the customer, or the customer with his item."""
    if not by_item:
        return {"customer_no": row.customer_no, "name": row.name}
    return {
        "invoice_no": row.invoice_no, "customer_no": row.customer_no, "name": row.name, "branch": row.branch,
        "due_date": iso(row.due_date), "days_overdue": None if row.days is None else max(row.days, 0),
    }  # fmt: skip


class _Sums:
    """Sums of columns by currency, gathered as the rows go by."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.found: dict[str, dict[str, int]] = {}

    def over(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows as they are."""
        for row in rows:
            own = self.found.get(row["currency"])
            if own is None:
                own = self.found[row["currency"]] = dict.fromkeys(self.names, 0)
            for name in self.names:
                if row[name] is not None:
                    # As ``plain`` has written it: all decimals of the currency.
                    own[name] += int(row[name].replace(".", ""))
            yield row

    def told(self) -> dict[str, dict[str, str]]:
        """The sums in plain form."""
        return {
            currency: {name: plain(amount, currency) for name, amount in own.items()}
            for currency, own in sorted(self.found.items())
        }


def _print(
    call: Call,
    name: str,
    rows: Iterable[Row],
    columns: Sequence[Column],
    summed: Sequence[str],
    *,
    before: Mapping[str, tuple[int, int]] | None = None,
) -> None:
    """Print a report. ``summed`` are the columns that have a total, ``before`` debit and credit carried forward."""
    sums = _Sums(summed)
    if call.as_json:
        head = {"command": f"report {name}", "report": name, "as_of": iso(call.as_of)}
        carried = {"carried_forward": _carried(before)} if before else {}
        print_streamed(head, "rows", sums.over(rows), lambda: {"totals": sums.told() if summed else {}, **carried})
        return

    def totals() -> list[Row]:
        if not summed:
            return []
        found = [_sum_row("total", columns, call, currency, own) for currency, own in sums.told().items()]
        if not before:
            return found
        carried = _carried(before)
        whole = {currency: _added(own, sums.told().get(currency, {}), currency) for currency, own in carried.items()}
        return [
            *(_sum_row("carried_forward", columns, call, currency, own) for currency, own in carried.items()),
            *(_sum_row("of_these_days", columns, call, str(row["currency"]), row) for row in found),
            *(_sum_row("total", columns, call, currency, own) for currency, own in whole.items()),
        ]

    print_rows(call, f"report_{name}", sums.over(rows), columns, totals)


def _sum_row(code: str, columns: Sequence[Column], call: Call, currency: str, amounts: Mapping[str, Any]) -> Row:
    head = code if columns[0].kind == "term" else term(code, call.lang)
    return {"currency": currency, **amounts, columns[0].key: head}


def _carried(before: Mapping[str, tuple[int, int]]) -> dict[str, dict[str, str]]:
    return {
        currency: {"debit": plain(debit, currency), "credit": plain(credit, currency)}
        for currency, (debit, credit) in sorted(before.items())
    }


def _added(one: Mapping[str, str], other: Mapping[str, str], currency: str) -> dict[str, str]:
    return {
        name: plain(int(amount.replace(".", "")) + int(other.get(name, "0").replace(".", "")), currency)
        for name, amount in one.items()
    }


def _percent(tenths: int | None) -> str | None:
    return None if tenths is None else f"{'-' if tenths < 0 else ''}{abs(tenths) // 10}.{abs(tenths) % 10}"
