"""Which charges of returns are claimed, and of whom (decision 17): a table over every reason code."""

import pytest

from recon.ledger.return_charges import Charge, charges_of, is_claimed, number_of
from recon.model.matching import AllocationKind as K
from recon.model.matching import Share
from recon.model.settings import CollectSettings
from sepa.returns import RETURN_REASONS, chargeable

CLAIM = CollectSettings(return_charges="claim")
EVERY = CollectSettings(return_charges="claim", return_charge_reasons=tuple(RETURN_REASONS))
# domain.md 4.2, column "Fee": yes; maybe; for all others no.
YES, MAYBE = {"AC04", "AC06", "AM04", "MS03"}, {"AC01", "AG01", "MD06", "MS02", "SL01"}


@pytest.mark.parametrize("code", sorted(RETURN_REASONS))
def test_every_reason(code: str) -> None:
    """Claimed by default where the debtor has surely caused it; where he may have, if the settings say so; never else,
    whatever they say."""
    assert is_claimed(code, CLAIM) is (code in YES)
    assert is_claimed(code, EVERY) is (code in YES | MAYBE)
    assert not is_claimed(code, CollectSettings(return_charge_reasons=tuple(RETURN_REASONS)))
    assert (code in chargeable()) is (code in YES | MAYBE)


@pytest.mark.parametrize(("code", "claimed"), [(None, False), ("", False), ("XX99", False), (" ms03 ", True)])
def test_a_reason_that_nobody_knows_is_not_held_against_the_customer(code: str | None, claimed: bool) -> None:
    assert is_claimed(code, EVERY) is claimed


def _back(item: int, collection: int | None = 7) -> Share:
    return Share(item, f"RE-{item}", "10042", -5000, K.RETURN, collection_id=collection)


def _cost(amount: int, item: int | None = None) -> Share:
    return Share(item, None, "10042", amount, K.RETURN_FEE)


@pytest.mark.parametrize(
    ("shares", "found"),
    [
        ([_back(1), _cost(-300)], [(1, 7, 1, 300)]),
        ([_back(1)], []),
        # bundled: each charge is that of the return before it
        ([_back(1, 7), _cost(-300), _back(2, 8), _cost(-350)], [(1, 7, 1, 300), (3, 8, 2, 350)]),
        ([_back(1, 7), _back(2, 8), _cost(-350)], [(2, 8, 2, 350)]),
        # what a customer pays for his item, what a bank gives back, a return of no debit of ours
        ([_back(1), _cost(300, 1)], []),
        ([_back(1), _cost(300)], []),
        ([_back(1, None), _cost(-300)], []),
    ],
)
def test_the_charges_of_a_line(shares: list[Share], found: list[tuple[int, int, int, int]]) -> None:
    assert charges_of(shares) == [
        Charge(at, collection, item, "10042", amount) for at, collection, item, amount in found
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("invoice_no", "taken", "number"),
    [
        ("RE-1", (), "RL-RE-1"),
        ("RE-1", ("RL-RE-1",), "RL-RE-1-2"),
        ("RE-1", ("RL-RE-1", "RL-RE-1-2"), "RL-RE-1-3"),
        ("1" * 40, (), "RL-" + "1" * 33),
        ("1" * 40, ("RL-" + "1" * 33,), "RL-" + "1" * 31 + "-2"),
    ],
)
def test_its_number(invoice_no: str, taken: tuple[str, ...], number: str) -> None:
    assert number_of(invoice_no, taken) == number
    assert len(number) <= 36
