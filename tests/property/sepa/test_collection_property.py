"""For any claims and mandates: every file passes the check, reads back as the same debits, and is the same again."""

import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sepa.calendar import add_bank_days, is_bank_day, next_bank_day
from sepa.charset import is_basic
from sepa.collection import (
    REASONS,
    Claim,
    Creditor,
    Debit,
    Plan,
    Rules,
    earliest_date,
    first_possible,
    hand_in_by,
    identify,
    plan,
)
from sepa.mandate import Amendment, Mandate, MandateKind, MandateStatus, Scheme
from sepa.pain008 import Schema, chunks, file_name, write
from sepa.pain008_check import validate
from tests.property.sepa.reading import ReadDebit, read_debits

TODAY = date(2026, 11, 20)
CREDITORS = {
    None: Creditor("Optik Beispiel GmbH", "DE98ZZZ09999999999", "DE89370400440532013000", "COBADEFFXXX"),
    "K01": Creditor(
        "Beispiel & Söhne <Köln>", "DE98K0109999999999", "DE42100100100000067890", None, "Süd & Söhne", 3, "14:00"
    ),
    "K02": Creditor("Optik Beispiel GmbH", "DE98K0209999999999", "DE89370400440532013000", "COBADEFFXXX"),
    "K03": Creditor(
        "Optik Beispiel GmbH", "DE98K0209999999999", "DE89370400440532013000", "COBADEFFXXX", "U" * 90, None, "09:30"
    ),
    "K04": Creditor("Optik Beispiel GmbH", "DE98K0209999999999", "DE89370400440532013000", "COBADEFFXXX", "😀"),
}  # fmt: skip
BRANCHES = st.sampled_from([None, "K01", "K02", "K03", "K04", "K99"])
CODES = st.sampled_from([None, "SUBS", "OTHR"])
IBANS = st.sampled_from([
    "DE42100100100000067890", "DE04500105170000012345", "GB29NWBK60161331926819", "CH9300762011623852957",
    "AT611904300234573201", "NO9386011117947", "DE05500105170000012345", "TR330006100519786457841326", "",
])  # fmt: skip
BICS = st.sampled_from([None, "COBADEFFXXX", "NWBKGB2L", "nwbk gb2l", "WRONG", ""])
NAMES = st.one_of(
    st.none(), st.sampled_from(["Max Muster", "Größe & Co. <KG>", "😀", " ", "M" * 200]), st.text(max_size=90)
)
MANDATE_IDS = st.one_of(
    st.from_regex(r"[A-Z0-9]{1,35}", fullmatch=True), st.sampled_from(["M-1", "M 2", "M//3", "/M", "Ä"])
)
DATES = st.dates(date(2023, 1, 1), date(2027, 6, 30))
RULES = st.builds(
    Rules,
    group_by_branch=st.booleans(),
    service_contracts_apart=st.booleans(),
    prenotification_days=st.integers(0, 20),
    lead_days=st.integers(0, 5),
    collection_date=st.one_of(st.none(), st.dates(date(2026, 11, 18), date(2027, 1, 31)).filter(is_bank_day)),
    keep_umlauts=st.booleans(),
    structured_reference=st.booleans(),
    max_debits=st.integers(1, 5),
    handed_in_at=st.sampled_from([None, "08:00", "14:00", "23:59"]),
    purpose=CODES,
    category_purpose=CODES,
)


@st.composite
def mandates(draw: st.DrawFn, customer_no: str) -> Mandate:
    """Mostly good ones: a file with nothing in it proves little."""
    mandate = Mandate(
        mandate_id=draw(MANDATE_IDS),
        customer_no=draw(st.sampled_from([customer_no, customer_no, customer_no, "other"])),
        iban=draw(IBANS),
        signed_on=draw(st.one_of(st.none(), DATES, DATES)),
        bic=draw(BICS),
        account_holder=draw(NAMES),
        scheme=draw(st.sampled_from(Scheme)),
        kind=draw(st.sampled_from(MandateKind)),
        status=draw(st.sampled_from([MandateStatus.ACTIVE, MandateStatus.ACTIVE, *MandateStatus])),
        last_used_on=draw(st.one_of(st.none(), st.none(), DATES)),
        original_mandate_id=draw(st.one_of(st.none(), MANDATE_IDS)),
        original_iban=draw(st.one_of(st.none(), IBANS)),
        original_creditor_id=draw(st.sampled_from([None, None, "DE13ZZZ00000012345", "DE98ABC09999999999", "DE00"])),
        original_creditor_name=draw(st.one_of(st.none(), NAMES)),
        street=draw(st.one_of(st.none(), st.text(max_size=90))),
        postcode=draw(st.one_of(st.none(), st.text(max_size=20))),
        town=draw(st.one_of(st.none(), st.sampled_from(["London", "Zürich"]), st.text(max_size=40))),
        country=draw(st.sampled_from([None, "GB", "CH", "gb", "England"])),
    )
    if draw(st.booleans()):
        mandate = replace(
            mandate, mandate_id=f"M-{customer_no}", customer_no=customer_no, signed_on=date(2025, 3, 15),
            status=MandateStatus.ACTIVE, last_used_on=None, iban="DE42100100100000067890", original_mandate_id=None,
            original_creditor_id=None,
        )  # fmt: skip
    return mandate


@st.composite
def books(draw: st.DrawFn) -> list[Claim]:
    """Customers, some with a mandate, and their claims."""
    claims = []
    numbers = iter(range(1, 1000))
    for customer in range(draw(st.integers(1, 6))):
        customer_no = str(10000 + customer)
        mandate = draw(st.one_of(st.none(), mandates(customer_no), mandates(customer_no)))
        for _ in range(draw(st.integers(0, 4))):
            number = next(numbers)
            claims.append(
                Claim(
                    item_id=number,
                    invoice_no=draw(st.one_of(st.just(f"RE-{number}"), st.text(max_size=160))),
                    customer_no=customer_no,
                    customer_name=draw(NAMES) or "",
                    amount=draw(st.one_of(st.integers(1, 10**6), st.integers(-5, 10**12))),
                    due_date=draw(st.dates(date(2026, 10, 1), date(2027, 1, 31))),
                    direct_debit=draw(st.integers(0, 9)) > 0,
                    currency=draw(st.sampled_from(["EUR", "EUR", "EUR", "USD"])),
                    branch=draw(BRANCHES),
                    issue_date=draw(st.one_of(st.none(), st.dates(date(2026, 9, 1), date(2026, 12, 31)))),
                    mandate=mandate,
                    mandate_ref=draw(st.sampled_from([None, "M-1"])),
                    customer_is_company=draw(st.sampled_from([None, True, False])),
                    hold=draw(st.sampled_from([None, None, None, "blocked", "disputed"])),
                    service_contract=draw(st.sampled_from([None, "SV-1"])),
                    creditor_reference=draw(st.sampled_from([None, "RF20RE20261234", "RF00"])),
                )
            )
    return claims


def expected(debit: Debit) -> dict[str, object]:
    """What a debit must read back as."""
    address = (("StrtNm", debit.street), ("PstCd", debit.postcode), ("TwnNm", debit.town), ("Ctry", debit.country))
    return {
        "end_to_end_id": debit.end_to_end_id,
        "minor": debit.amount,
        "mandate_id": debit.mandate_id,
        "signed_on": debit.signed_on.isoformat(),
        "amendment": amended(debit.amendment),
        "bic": debit.bic or "NOTPROVIDED",
        "name": debit.name,
        "address": tuple((name, text) for name, text in address if text is not None),
        "iban": debit.iban,
        "remittance": "" if debit.reference else debit.remittance,
        "reference": debit.reference or "",
        "ultimate_debtor": debit.ultimate_debtor or "",
        "purpose": debit.purpose or "",
    }


def amended(change: Amendment | None) -> tuple[tuple[str, str], ...]:
    if change is None:
        return ()
    scheme = "OrgnlCdtrSchmeId"
    leaves = [
        ("OrgnlMndtId", change.original_mandate_id),
        (f"{scheme}/Nm", change.original_creditor_name),
        (f"{scheme}/Id/PrvtId/Othr/Id", change.original_creditor_id),
        (f"{scheme}/Id/PrvtId/Othr/SchmeNm/Prtry", "SEPA" if change.original_creditor_id else None),
        ("OrgnlDbtrAcct/Id/Othr/Id", "SMNDA" if change.new_account else None),
    ]
    return tuple((name, text) for name, text in leaves if text is not None)


def read_as(debit: ReadDebit, names: dict[str, object]) -> dict[str, object]:
    return {name: getattr(debit, name) for name in names}


def check_plan(claims: list[Claim], made: Plan, rules: Rules) -> None:
    """Each claim in one place, with a known reason, on a day that is allowed."""
    debits = [debit for file in made.files for block in file.blocks for debit in block.debits]
    collected = [(debit.item_id, debit.due_date) for debit in debits]
    left = [(entry.claim.item_id, entry.claim.due_date) for entry in made.excluded]
    assert sorted(collected + left) == sorted((claim.item_id, claim.due_date) for claim in claims)
    assert {entry.reason for entry in made.excluded} <= set(REASONS)
    assert sum(total.sum for total in made.due) == sum(claim.amount for claim in claims)
    for file in made.files:
        assert 1 <= file.count <= rules.max_debits
        for block in file.blocks:
            assert is_bank_day(block.collection_date)
            assert all(debit.due_date <= block.collection_date for debit in block.debits)
            assert rules.collection_date in {None, block.collection_date}


@pytest.mark.parametrize("schema", ["pain.008.001.08", "pain.008.001.02"])
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(claims=books(), rules=RULES, order=st.randoms(use_true_random=False))
def test_any_books_give_files_that_banks_take(schema: Schema, claims: list[Claim], rules: Rules, order: object) -> None:
    made = plan(claims, CREDITORS.get, rules, TODAY)
    check_plan(claims, made, rules)
    shuffled = list(claims)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert plan(shuffled, CREDITORS.get, rules, TODAY) == made
    names: set[str] = set()
    ends: set[str] = set()
    for number, planned in enumerate(made.files, start=1):
        file = identify(planned, f"OPOS-20261120-{number:04d}")
        data = write(file, TODAY, schema)
        assert validate(data, schema, rules.keep_umlauts) == ()
        assert validate(io.BytesIO(data), schema, rules.keep_umlauts) == ()
        assert write(file, TODAY, schema) == b"".join(chunks(file, TODAY, schema)) == data
        debits = [debit for block in file.blocks for debit in block.debits]
        read = read_debits(data)
        assert [read_as(one, expected(debit)) for one, debit in zip(read, debits, strict=True)] == [
            expected(debit) for debit in debits
        ]
        heads = [
            (block.payment_information_id, block.sequence.value, block.collection_date.isoformat(), block.creditor)
            for block in file.blocks
            for _ in block.debits
        ]
        for one, (block_id, sequence, day, creditor) in zip(read, heads, strict=True):
            assert (one.block_id, one.sequence, one.collection_date) == (block_id, sequence, day)
            assert (one.creditor, one.creditor_iban, one.creditor_id, one.ultimate_creditor) == (
                creditor.name, creditor.iban, creditor.creditor_id, creditor.ultimate or "",
            )  # fmt: skip
            assert (one.scheme, one.category_purpose) == (file.scheme, rules.category_purpose or "")
        assert file_name(file).isascii()
        names.add(file_name(file))
        ends |= {one.end_to_end_id for one in read}
    assert len(names) == len(made.files)
    assert len(ends) == sum(file.count for file in made.files)


@settings(max_examples=60, deadline=None)
@given(claims=books())
def test_a_wish_for_umlauts_is_the_only_way_to_them(claims: list[Claim]) -> None:
    for planned in plan(claims, CREDITORS.get, Rules(), TODAY).files:
        for block in planned.blocks:
            assert all(is_basic(debit.name) and is_basic(debit.remittance) for debit in block.debits)


@settings(max_examples=200, deadline=None)
@given(
    due=DATES,
    issued=st.one_of(st.none(), DATES),
    lead=st.integers(1, 10),
    notice=st.integers(0, 30),
    today=st.dates(date(2026, 3, 28), date(2027, 1, 4)),
    late=st.booleans(),
)
def test_no_bank_day_before_the_collection_date_would_do(
    *, due: date, issued: date | None, lead: int, notice: int, today: date, late: bool
) -> None:
    """X-17: the day is allowed, and no allowed day is earlier. Handed in by the day that is told, it is in time; a bank
    day later it is not."""
    one = Claim(1, "RE-1", "1", "Max Muster", 100, due, True, issue_date=issued)
    account = replace(CREDITORS[None], lead_days=lead, cut_off="14:00")
    rules = Rules(prenotification_days=notice, handed_in_at="14:01" if late else "14:00")
    found = earliest_date(one, rules, today, account)
    handed_in = next_bank_day(today + timedelta(days=1)) if late and is_bank_day(today) else next_bank_day(today)
    bounds = [due, add_bank_days(handed_in, lead), *([issued + timedelta(days=notice)] if issued else [])]
    last = hand_in_by(found, lead)
    assert is_bank_day(last)
    assert handed_in <= last
    assert first_possible(rules, last, replace(account, cut_off=None)) <= found
    assert first_possible(rules, last + timedelta(days=1), replace(account, cut_off=None)) > found
    assert is_bank_day(found)
    assert all(found >= bound for bound in bounds)
    day = found - timedelta(days=1)
    while day >= max(bounds):
        assert not is_bank_day(day)
        day -= timedelta(days=1)
