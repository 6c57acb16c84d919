"""What a machine does with mandates: whatever is asked of them, on any of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from recon.service import mandates
from recon.service.context import Context

_IBANS: Final = ("DE02120300000000202051", "DE89370400440000010001", "DE44370501980000010002")
_WHY: Final = "besprochen"


def turn(on: Context, which: int, what: int) -> Callable[[Context], Any]:
    """Something to be done with a mandate: another account (most often), another id, stop, release,
    revoke, replace."""
    known = mandates.list_mandates(on)
    one = known[which % len(known)].mandate
    name, iban = one.mandate_id, _IBANS[what % len(_IBANS)]
    if what % 9 < 3:
        return lambda now: mandates.amend(now, name, iban=iban)
    if what % 9 == 3:
        return lambda now: mandates.amend(now, name, new_id=f"N-{what % 4}-{one.customer_no}")
    if what % 9 == 4:
        return lambda now: mandates.suspend(now, name, _WHY)
    if what % 9 == 5:
        return lambda now: mandates.revoke(now, name, _WHY)
    if what % 9 == 6:
        fresh = mandates.NewMandate(f"R-{what}", one.customer_no, iban, on.stamp.as_of - timedelta(days=1))
        return lambda now: mandates.add(now, fresh, replaces=what % 2 == 0)
    return lambda now: mandates.release(now, name, _WHY)
