"""Payers (issue 3): which earlier payments tell whose an IBAN is, and which do not."""

from datetime import date

import pytest

from recon.matching.engine import match
from recon.matching.learning import MAX_SHARING, trusted
from recon.matching.world import OpenLine, PaidFrom
from recon.model.items import Customer
from recon.texts import told
from tests.unit.matching.scenes import bank_line, item, world

DAY = date(2026, 10, 12)
IBAN = "DE02500105170137075030"
PEOPLE = (
    Customer(1, "10041", "Max Muster"),
    Customer(2, "10042", "Erika Beispiel"),
    *(Customer(10 + number, f"2000{number}", f"Mandant {number} GmbH") for number in range(MAX_SHARING)),
)


def _paid(customer: str, count: int, name: str = "Otto Fremd") -> PaidFrom:
    return PaidFrom(customer, count, DAY, name)


CASES: list[tuple[str, list[PaidFrom], set[str], list[str]]] = [
    ("twice for one and for nobody else", [_paid("10042", 2)], set(), ["10042"]),
    ("once, under the customer's name", [_paid("10042", 1, "BEISPIEL, ERIKA")], set(), ["10042"]),
    ("once, by a third party: a weak sign", [_paid("10042", 1)], set(), []),
    ("once, the bank told no name", [PaidFrom("10042", 1, DAY)], set(), []),
    ("for a couple: both, so that it is neither's", [_paid("10041", 1), _paid("10042", 9)], set(), ["10041", "10042"]),
    (
        "a tax adviser says nothing of his clients",
        [_paid(f"2000{number}", 3) for number in range(MAX_SHARING)] + [_paid("10042", 5)],
        set(),
        [],
    ),
    ("what is given already needs not be learned", [_paid("10042", 7)], {"10042"}, []),
    ("once for another than it is given of: no contradiction yet", [_paid("10041", 1)], {"10042"}, []),
    ("twice for another than it is given of: shared", [_paid("10041", 2)], {"10042"}, ["10041"]),
]


@pytest.mark.parametrize(("paid", "given", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_learned(paid: list[PaidFrom], given: set[str], expected: list[str]) -> None:
    known = {IBAN: frozenset(given)} if given else {}
    found = trusted({IBAN: paid}, known, PEOPLE)
    assert [one.customer_no for one in found.get(IBAN, ())] == expected


def test_the_proposal_tells_the_history() -> None:
    """H4 by an IBAN that has paid before: for whom, how often, when last."""
    learned = {IBAN: (PaidFrom("10043", 3, DAY, "Otto Fremd"),)}
    known = world(item(1, "RE-2026-0815", "119.00", customer="10043"), ibans={}, learned=learned)
    line = bank_line("119.00", "Brille, danke", name="Otto Fremd", iban=IBAN)
    (decision,) = match([OpenLine(1, line, line.amount)], known)
    assert [proposal.match_class for proposal in decision.proposals] == ["H4"]
    assert not decision.books
    sign = decision.proposals[0].evidence[0]
    assert told("evidence", sign.rule, sign.facts, "de") == (
        f"Von der IBAN {IBAN} wurde schon für Kunde 10043 gezahlt (3-mal, zuletzt am 12.10.2026)."
    )
