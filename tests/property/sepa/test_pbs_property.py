"""Random deliveries to Betalingsservice: every record is 128 wide, counts and sums are right with text lines and
without, the same delivery gives the same bytes, and it reads back as what was planned. Random answers never raise."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from sepa.pbs import Collection, Creditor, Delivery, Text
from sepa.pbs0601 import text_records, write
from sepa.pbs0601_check import check
from sepa.pbs_answers import Answer, read
from sepa.pbs_plan import Address, Agreement, Claim, collection_of, plan
from sepa.problem import Problem

_CREDITOR = Creditor("Optik Beispiel GmbH", "12345678", "BS1", "87654321", "00001", "0040", "440116243", "OPOS")
_names = st.text(st.characters(exclude_categories=["Cs"]), max_size=70).filter(lambda text: text.strip() != "")
_amounts = st.integers(1, 10**9)
_texts = st.builds(Text, _names, st.none() | _amounts)
_collections = st.builds(
    Collection,
    payer=st.integers(1, 10**15 - 1).map(str),
    agreement=st.integers(0, 10**9 - 1).map(str),
    name=_names,
    street=st.text("abc æøå 1", min_size=1, max_size=60).filter(lambda text: len(text.split()) < 3 and text.strip()),
    postcode=st.integers(0, 9999).map("{:04d}".format),
    day=st.dates(date(2026, 1, 1), date(2099, 12, 31)),
    amount=_amounts,
    reference=st.integers(1, 10**9 - 1).map("{:09d}".format),
    texts=st.lists(_texts, max_size=4).map(tuple),
)
_deliveries = st.builds(
    Delivery,
    st.just(_CREDITOR),
    st.integers(1, 10**10 - 1),
    st.dates(date(2026, 1, 1), date(2099, 12, 31)),
    st.lists(_collections, min_size=1, max_size=5, unique_by=lambda one: (one.payer, one.day)).map(tuple),
    st.booleans(),
)


@given(_deliveries)
def test_a_delivery_adds_up_and_reads_back(delivery: Delivery) -> None:
    fits = tuple(replace(one, street=one.street[:35]) for one in delivery.collections)
    delivery = replace(delivery, collections=fits)
    content = write(delivery)
    assert content == write(delivery)
    lines = content.decode("latin-1").split("\r\n")
    assert lines.pop() == ""
    assert {len(line) for line in lines} == {128}
    found, problems = check(content)
    assert problems == ()
    assert [(one.payer, one.day, one.amount, one.reference, one.lines) for one in found] == [
        (one.payer, one.day, one.amount, one.reference, len(text_records(delivery, one))) for one in fits
    ]
    kinds = [line[:5] for line in lines]
    total = sum(one.amount for one in fits)
    for last in lines[-2:]:
        assert int(last[31:42]) == kinds.count("BS042") == len(fits)
        assert int(last[42:57]) == total
        assert int(last[57:68]) == kinds.count("BS052")
        assert int(last[83:94]) == kinds.count("BS022")
    if not delivery.text_lines:
        assert "BS052" not in kinds


@given(st.lists(st.tuples(st.sampled_from("ABC"), _amounts, st.dates(date(2026, 1, 1), date(2026, 12, 31)),
                          st.sampled_from(["DKK", "EUR"])), max_size=12), st.integers(1, 31))  # fmt: skip
def test_every_claim_ends_in_a_collection_or_is_excluded(rows: list[tuple[str, int, date, str]], due_day: int) -> None:
    """Once each; the sums come to what is due; a debtor has one collection a day; what is planned can be written."""
    claims = [
        Claim(number, f"RE-{number}", who, amount, currency, due, direct_debit=True)
        for number, (who, amount, due, currency) in enumerate(rows)
    ]
    lives = Address("Søren Eksempel", "Prøvevej 1", "2100", None)
    debtors = {who: (Agreement(at, who, str(at), "1", "00001"), lives) for at, who in enumerate("AB", start=1)}
    made = plan(claims, debtors, (), due_day, date(2026, 11, 19))
    told = [claim for one in made.collections for claim in one.claims] + [one.claim for one in made.excluded]
    assert sorted(claim.item_id for claim in told) == [claim.item_id for claim in claims]
    assert len({(one.agreement.id, one.day) for one in made.collections}) == len(made.collections)
    collected = tuple(collection_of(one, f"{at:09d}") for at, one in enumerate(made.collections))
    if collected:
        assert check(write(Delivery(_CREDITOR, 1, date(2026, 11, 19), collected)))[1] == ()


@given(st.binary(max_size=600) | st.text(max_size=300).map(lambda text: f"BS00212345678BS10602{text}".encode()))
def test_no_answer_raises(content: bytes) -> None:
    assert isinstance(read(content), Problem | Answer)
