"""Until when a debit may be claimed back: § 675x (4), § 676b (2), § 675e (4) BGB (domain.md 3.5)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepa.calendar import is_bank_day
from sepa.mandate import Scheme
from sepa.refund_times import Overdue, overdue

CORE, B2B = Scheme.CORE, Scheme.B2B


@pytest.mark.parametrize(
    ("code", "scheme", "debited", "day", "until"),
    [
        # Eight weeks from Monday, 5 January 2026 end on Monday, 2 March.
        ("MD06", CORE, "2026-01-05", "2026-03-02", None),
        ("MD06", CORE, "2026-01-05", "2026-03-03", "2026-03-02"),
        # They end on Good Friday, 3 April 2026: the Tuesday after Easter is the last day.
        ("MD06", CORE, "2026-02-06", "2026-04-07", None),
        ("MD06", CORE, "2026-02-06", "2026-04-08", "2026-04-07"),
        # Without an authorisation thirteen months, B2B too.
        ("MD01", CORE, "2026-01-05", "2026-03-03", None),
        ("MD01", CORE, "2026-01-05", "2027-02-05", None),
        ("MD01", CORE, "2026-01-05", "2027-02-08", "2027-02-05"),
        ("MD01", B2B, "2026-01-05", "2027-02-08", "2027-02-05"),
        # A month that has no such day ends with its last one (§ 188 (3) BGB); that is a Sunday here.
        ("MD01", CORE, "2025-01-31", "2026-03-02", None),
        ("MD01", CORE, "2025-01-31", "2026-03-03", "2026-03-02"),
        # Any other reason after so long is as strange.
        ("MS03", CORE, "2026-01-05", "2026-03-03", None),
        (None, CORE, "2026-01-05", "2027-03-01", "2027-02-05"),
    ],
)
def test_the_last_day(code: str | None, scheme: Scheme, debited: str, day: str, until: str | None) -> None:
    found = overdue(code, scheme, date.fromisoformat(debited), date.fromisoformat(day))
    assert (None if found is None or found.until is None else found.until.isoformat()) == until


def test_a_b2b_debit_has_no_refund() -> None:
    day = date(2026, 1, 6)
    assert overdue("MD06", B2B, date(2026, 1, 5), day) == Overdue(None, "§ 675e Abs. 4 BGB")


@given(st.dates(date(2010, 1, 1), date(2090, 1, 1)), st.integers(0, 500), st.sampled_from(["MD06", "MD01", "AC04"]))
def test_once_too_late_always_too_late(debited: date, days: int, code: str) -> None:
    """The last day is a bank day, and in time; the day after it is late."""
    found = overdue(code, CORE, debited, debited + timedelta(days=days))
    if found is None:
        assert days <= 410
        return
    assert found.until is not None
    assert is_bank_day(found.until)
    assert overdue(code, CORE, debited, found.until) is None
    assert overdue(code, CORE, debited, found.until + timedelta(days=1)) == found
