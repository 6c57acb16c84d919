"""``opos report fees``: what became of the fees and the interest of notices."""

from typing import Any

from recon.commands.call import Call
from recon.commands.output import Column, iso
from sepa.money import plain

COLUMNS = (
    Column("notice", "notice_title"),
    Column("issued_on", "issued_on", "date"),
    Column("customer", "customer"),
    Column("name", "name"),
    Column("items", "items"),
    Column("level", "dunning_level", "number"),
    Column("fee", "fee", "amount"),
    Column("interest", "fee_interest", "amount"),
    Column("paid", "fee_paid", "amount"),
    Column("waived", "fee_waived_sum", "amount"),
    Column("replaced", "fee_replaced", "amount"),
    Column("lapsed", "fee_lapsed", "amount"),
    Column("claimable", "fee_claimable", "amount"),
    Column("currency", "currency"),
    Column("since", "since", "date"),
)
SUMS = ("fee", "interest", "paid", "waived", "replaced", "lapsed", "claimable")


def rows_of(call: Call, *, unpaid: bool) -> list[dict[str, Any]]:
    """The rows of the report: all fees, or those of which something was not paid."""
    from recon.service.fees import list_fees

    return [
        {
            "notice": one.notice, "issued_on": iso(one.fee.asked.issued_on), "customer": one.customer,
            "name": one.name, "items": list(one.items), "level": one.fee.asked.level,
            "fee": plain(one.fee.asked.fee, one.currency), "interest": plain(one.fee.asked.interest, one.currency),
            "paid": plain(one.fee.paid, one.currency), "waived": plain(one.fee.waived, one.currency),
            "replaced": plain(one.fee.replaced, one.currency), "lapsed": plain(one.fee.lapsed, one.currency),
            "claimable": plain(one.fee.claimable, one.currency), "currency": one.currency,
            "state": one.fee.state.value, "since": iso(one.fee.since),
        }
        for one in list_fees(call.context())
        if not unpaid or one.fee.lapsed or one.fee.claimable
    ]  # fmt: skip
