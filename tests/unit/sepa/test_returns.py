"""Return reasons: the table of domain.md 4.2, row by row, and what happens to the mandate."""

import pytest

from sepa.returns import (
    DK_TEXT_KEYS,
    RETURN_REASONS,
    MandateConsequence,
    mandate_consequence,
    reason_of_text_key,
    return_reason,
)

# code, retry, mandate, fee: as domain.md 4.2 says.
TABLE = """
AC01 no        suspend maybe
AC04 no        suspend yes
AC06 no        suspend yes
AC13 no        end     no
AG01 no        suspend maybe
AG02 after_fix keep    no
AM04 once      keep    yes
AM05 no        keep    no
BE05 after_fix keep    no
CNOR no        suspend no
DNOR no        suspend no
DT01 after_fix keep    no
ED05 new_date  keep    no
FF01 after_fix keep    no
FF05 after_fix keep    no
FOCR no        keep    no
MD01 no        block   no
MD02 after_fix keep    no
MD06 no        suspend maybe
MD07 no        end     no
MS02 no        suspend maybe
MS03 once      keep    yes
RC01 after_fix keep    no
RF01 after_fix keep    no
RR01 after_fix keep    no
RR02 after_fix keep    no
RR03 after_fix keep    no
RR04 no        suspend no
SL01 no        suspend maybe
TM01 new_date  keep    no
"""
ROWS = [tuple(line.split()) for line in TABLE.strip().splitlines()]


@pytest.mark.parametrize(("code", "retry", "mandate", "fee"), ROWS)
def test_what_follows_from_a_return(code: str, retry: str, mandate: str, fee: str) -> None:
    reason = return_reason(code)
    assert reason is not None
    assert (reason.retry, reason.mandate, reason.fee) == (retry, mandate, fee)
    assert reason.de
    assert reason.en
    assert reason.de != reason.en


def test_the_table_has_no_other_rows() -> None:
    assert sorted(RETURN_REASONS) == [row[0] for row in ROWS]


@pytest.mark.parametrize(
    ("code", "in_a_row", "consequence"),
    [
        ("MD01", 1, MandateConsequence.BLOCK),
        ("MS03", 1, MandateConsequence.KEEP),
        ("MS03", 2, MandateConsequence.SUSPEND),
        ("MS03", 3, MandateConsequence.SUSPEND),
        ("AM04", 2, MandateConsequence.KEEP),
        ("AC04", 1, MandateConsequence.SUSPEND),
        ("MD07", 1, MandateConsequence.END),
        ("ms03 ", 2, MandateConsequence.SUSPEND),
        ("XX99", 5, MandateConsequence.KEEP),
        (None, 1, MandateConsequence.KEEP),
    ],
)
def test_what_becomes_of_the_mandate(code: str | None, in_a_row: int, consequence: MandateConsequence) -> None:
    """contract.md 5: MD01 blocks the mandate; a first MS03 does not."""
    assert mandate_consequence(code, in_a_row) is consequence


def test_disputed_returns_stop_the_dunning() -> None:
    assert {code for code, reason in RETURN_REASONS.items() if reason.disputed} == {"AM05", "MD01", "MD07"}


@pytest.mark.parametrize(
    ("key", "code"),
    [("901", "AC01"), ("912", "MD06"), ("914", "MS03"), ("914001", "MS03"), ("905", None), ("", None), ("MD06", None)],
)
def test_text_keys_are_read_only_as_far_as_they_are_known(key: str, code: str | None) -> None:
    """domain.md 1.4: 905, 907, 908, 911 and 916 to 918 differ between sources; no guess."""
    assert reason_of_text_key(key) == code


def test_text_keys_lead_to_known_reasons() -> None:
    assert set(DK_TEXT_KEYS.values()) <= set(RETURN_REASONS)
    assert return_reason("QQ11") is None
