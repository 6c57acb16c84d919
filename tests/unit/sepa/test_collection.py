"""Who is collected from, when and in which file, and who is not and why."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from sepa.calendar import next_bank_day
from sepa.collection import (
    REASONS,
    Claim,
    CollectionError,
    Creditor,
    Plan,
    Rules,
    Total,
    earliest_date,
    first_possible,
    hand_in_by,
    identify,
    plan,
)
from sepa.mandate import Mandate, MandateKind, MandateStatus, Scheme, SequenceType

TODAY = date(2026, 11, 20)
DUE = date(2026, 12, 1)
CENTRE = Creditor("Optik Beispiel GmbH", "DE98ZZZ09999999999", "DE89370400440532013000", "COBADEFFXXX")
COLOGNE = Creditor("Optik Beispiel GmbH", "DE98K0109999999999", "DE42100100100000067890", None)
BONN = Creditor("Optik Beispiel GmbH", "DE98K0209999999999", "DE89370400440532013000", "COBADEFFXXX")
# A bank that wants seven days; a branch whose ultimate creditor cannot be written.
AACHEN = replace(CENTRE, lead_days=8, cut_off="14:00")
ESSEN = replace(CENTRE, ultimate="\u3000")
CREDITORS = {None: CENTRE, "K01": COLOGNE, "K02": BONN, "K03": AACHEN, "K04": ESSEN}

MANDATE = Mandate("M-1", "10042", "DE04500105170000012345", date(2024, 3, 15), account_holder="Max Muster")
CLAIM = Claim(
    item_id=1,
    invoice_no="RE-1001",
    customer_no="10042",
    customer_name="Muster, Max",
    amount=11900,
    due_date=DUE,
    direct_debit=True,
    mandate=MANDATE,
    mandate_ref="M-1",
)


def claim(number: int, **changes: Any) -> Claim:
    """Claim ``number`` of a customer of its own, with a mandate of its own."""
    mandate = replace(MANDATE, mandate_id=f"M-{number}", customer_no=str(number), **changes.pop("on_mandate", {}))
    base = replace(CLAIM, item_id=number, invoice_no=f"RE-{1000 + number}", customer_no=str(number), mandate=mandate)
    return replace(base, **changes)


def planned(claims: Sequence[Claim], rules: Rules | None = None, as_of: date = TODAY) -> Plan:
    return plan(claims, CREDITORS.get, rules or Rules(), as_of)


EXCLUSIONS: list[tuple[str, Claim, Rules]] = [
    ("not_direct_debit", replace(CLAIM, direct_debit=False), Rules()),
    ("blocked", replace(CLAIM, hold="blocked", hold_facts=(("until", "2026-12-31"),)), Rules()),
    ("blocked", replace(CLAIM, mandate=replace(MANDATE, status=MandateStatus.BLOCKED)), Rules()),
    ("blocked", replace(CLAIM, mandate=replace(MANDATE, status=MandateStatus.SUSPENDED)), Rules()),
    ("disputed", replace(CLAIM, hold="disputed"), Rules()),
    ("already_exported", replace(CLAIM, hold="already_exported"), Rules()),
    ("with_agency", replace(CLAIM, hold="with_agency"), Rules()),
    ("currency", replace(CLAIM, currency="USD"), Rules()),
    ("amount", replace(CLAIM, amount=0), Rules()),
    ("amount", replace(CLAIM, amount=-11900), Rules()),
    ("amount", replace(CLAIM, amount=10**12), Rules()),
    ("amount", replace(CLAIM, amount=100_000_000_000), Rules()),
    ("no_mandate", replace(CLAIM, mandate=None, mandate_ref=None), Rules()),
    ("mandate_unknown", replace(CLAIM, mandate=None, mandate_ref="M-9"), Rules()),
    ("mandate_unknown", replace(CLAIM, mandate=replace(MANDATE, customer_no="10043")), Rules()),
    ("mandate_unknown", replace(CLAIM, mandate=replace(MANDATE, mandate_id="M_1")), Rules()),
    (
        "scheme_mismatch",
        replace(CLAIM, customer_is_company=False, mandate=replace(MANDATE, scheme=Scheme.B2B)),
        Rules(),
    ),
    ("mandate_revoked", replace(CLAIM, mandate=replace(MANDATE, status=MandateStatus.REVOKED)), Rules()),
    ("mandate_expired", replace(CLAIM, mandate=replace(MANDATE, status=MandateStatus.EXPIRED)), Rules()),
    ("mandate_expired", replace(CLAIM, mandate=replace(MANDATE, signed_on=date(2023, 11, 30))), Rules()),
    (
        "mandate_expired",
        replace(CLAIM, mandate=replace(MANDATE, kind=MandateKind.ONE_OFF, last_used_on=date(2026, 1, 5))),
        Rules(),
    ),
    ("no_signature_date", replace(CLAIM, mandate=replace(MANDATE, signed_on=None)), Rules()),
    ("no_signature_date", replace(CLAIM, mandate=replace(MANDATE, signed_on=date(2026, 11, 21))), Rules()),
    ("iban_invalid", replace(CLAIM, mandate=replace(MANDATE, iban="DE05500105170000012345")), Rules()),
    ("iban_invalid", replace(CLAIM, mandate=replace(MANDATE, iban="TR330006100519786457841326")), Rules()),
    ("address_missing", replace(CLAIM, mandate=replace(MANDATE, iban="GB29NWBK60161331926819")), Rules()),
    (
        "address_missing",
        replace(CLAIM, customer_name=" ", mandate=replace(MANDATE, account_holder="\t")),
        Rules(),
    ),
    ("address_missing", replace(CLAIM, customer_name="😀", mandate=replace(MANDATE, account_holder=None)), Rules()),
    ("no_creditor", replace(CLAIM, branch="K99"), Rules()),
    ("no_creditor", replace(CLAIM, branch="K04"), Rules()),
    ("lead_time", replace(CLAIM, branch="K03"), Rules(collection_date=DUE)),
    ("lead_time", replace(CLAIM, due_date=TODAY), Rules(collection_date=TODAY)),
    ("prenotification", replace(CLAIM, issue_date=date(2026, 11, 18)), Rules(collection_date=DUE)),
    ("prenotification", replace(CLAIM, due_date=date(2026, 12, 2)), Rules(collection_date=DUE)),
]


@pytest.mark.parametrize(
    ("reason", "excluded", "rules"),
    EXCLUSIONS,
    ids=[f"{reason}-{row}" for row, (reason, _, _) in enumerate(EXCLUSIONS)],
)
def test_a_claim_is_excluded_with_its_reason(reason: str, excluded: Claim, rules: Rules) -> None:
    made = planned([excluded], rules)
    assert made.files == ()
    assert [(entry.claim, entry.reason) for entry in made.excluded] == [(excluded, reason)]


def test_every_reason_of_the_contract_has_a_row() -> None:
    assert {reason for reason, _, _ in EXCLUSIONS} == set(REASONS)


@pytest.mark.parametrize("reason", sorted({reason for reason, _, _ in EXCLUSIONS}))
def test_the_claim_beside_it_is_collected(reason: str) -> None:
    """One bad claim never stops the others (users.md pain 19)."""
    bad, rules = next((excluded, rules) for name, excluded, rules in EXCLUSIONS if name == reason)
    good = claim(2, due_date=date(2026, 11, 24)) if rules.collection_date == DUE else claim(2)
    made = planned(
        [bad, good], replace(rules, collection_date=None if reason == "lead_time" else rules.collection_date)
    )
    assert sum(file.count for file in made.files) >= 1


def test_reasons_come_with_facts() -> None:
    made = planned([replace(CLAIM, hold="blocked", hold_facts=(("until", "2026-12-31"),))])
    assert made.excluded[0].facts == (("until", "2026-12-31"),)
    made = planned([replace(CLAIM, mandate=replace(MANDATE, iban="GB29NWBK60161331926819", town="London"))])
    assert made.excluded[0].facts == (("missing", "country, bic"),)


def test_b2b_wants_a_company() -> None:
    b2b = replace(MANDATE, scheme=Scheme.B2B)
    for company, collected in ((True, 1), (None, 1), (False, 0)):
        made = planned([replace(CLAIM, mandate=b2b, customer_is_company=company)])
        assert sum(file.count for file in made.files) == collected


@pytest.mark.parametrize(
    "creditor",
    [
        replace(CENTRE, creditor_id="DE97ZZZ09999999999"),
        replace(CENTRE, iban="DE00"),
        replace(CENTRE, bic="?"),
        replace(CENTRE, name=" "),
        replace(CENTRE, ultimate="😀"),
    ],
)
def test_a_creditor_who_cannot_collect_is_a_reason(creditor: Creditor) -> None:
    made = plan([CLAIM], lambda branch: creditor, Rules(), TODAY)
    assert [entry.reason for entry in made.excluded] == ["no_creditor"]


@pytest.mark.parametrize(
    ("as_of", "due", "issued", "lead", "collected"),
    [
        (TODAY, DUE, None, 1, DUE),
        (TODAY, date(2026, 12, 5), None, 1, date(2026, 12, 7)),
        (TODAY, date(2026, 12, 25), None, 1, date(2026, 12, 28)),
        (TODAY, date(2026, 11, 1), None, 1, date(2026, 11, 23)),
        (date(2026, 11, 21), date(2026, 11, 1), None, 1, date(2026, 11, 24)),
        (TODAY, date(2026, 11, 1), None, 5, date(2026, 11, 27)),
        (TODAY, date(2026, 11, 1), None, 0, date(2026, 11, 23)),
        (TODAY, TODAY, date(2026, 11, 16), 1, date(2026, 11, 30)),
        (TODAY, DUE, date(2026, 11, 16), 1, DUE),
        (TODAY, DUE, date(2026, 11, 20), 1, date(2026, 12, 4)),
        (TODAY, DUE, date(2026, 11, 21), 1, date(2026, 12, 7)),
        (date(2026, 4, 2), date(2026, 4, 3), None, 1, date(2026, 4, 7)),
    ],
)
def test_x17_collection_date(as_of: date, due: date, issued: date | None, lead: int, collected: date) -> None:
    """X-17: first bank day ≥ max(due, today + lead time, issue + pre-notification)."""
    one = replace(CLAIM, due_date=due, issue_date=issued)
    rules = Rules(lead_days=lead)
    assert earliest_date(one, rules, as_of) == collected
    made = planned([one], rules, as_of)
    assert [file.collection_date for file in made.files] == [collected]


@pytest.mark.parametrize(
    ("as_of", "at", "first"),
    [
        (date(2026, 11, 20), None, date(2026, 11, 24)),
        (date(2026, 11, 20), "13:59", date(2026, 11, 24)),
        (date(2026, 11, 20), "14:00", date(2026, 11, 24)),
        (date(2026, 11, 20), "14:01", date(2026, 11, 25)),
        (date(2026, 11, 21), "13:00", date(2026, 11, 25)),
        (date(2026, 11, 21), "23:00", date(2026, 11, 25)),
        (date(2026, 12, 23), "14:00", date(2026, 12, 28)),
        (date(2026, 12, 23), "18:00", date(2026, 12, 29)),
        (date(2026, 4, 2), "18:00", date(2026, 4, 9)),
    ],
    ids=["no time", "before", "on the stroke", "after", "Saturday", "Saturday evening", "Christmas", "Christmas, late",
         "Easter, late"],
)  # fmt: skip
def test_after_the_cut_off_the_next_bank_day_counts(as_of: date, at: str | None, first: date) -> None:
    """Two days of lead time at a bank that takes files until 14:00."""
    account = replace(CENTRE, lead_days=2, cut_off="14:00")
    rules = Rules(handed_in_at=at)
    assert first_possible(rules, as_of, account) == first
    one = replace(CLAIM, due_date=date(2026, 1, 2))
    assert earliest_date(one, rules, as_of, account) == first
    (file,) = plan([one], lambda branch: account, rules, as_of).files
    assert file.collection_date == first
    wished = plan([one], lambda branch: account, replace(rules, collection_date=next_bank_day(as_of)), as_of)
    assert [(entry.reason, dict(entry.facts)["first"]) for entry in wished.excluded] == [
        ("lead_time", first.isoformat())
    ]


def test_each_account_has_its_own_lead_time() -> None:
    """The rules' days hold where an account has none of its own."""
    claims = [claim(1, branch="K01", due_date=TODAY), claim(2, branch="K03", due_date=TODAY)]
    made = planned(claims, Rules(lead_days=2))
    assert [(file.branch, file.collection_date) for file in made.files] == [
        ("K01", date(2026, 11, 24)), ("K03", date(2026, 12, 2)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("collected", "lead", "last"),
    [
        (date(2026, 12, 1), 1, date(2026, 11, 30)),
        (date(2026, 12, 1), 0, date(2026, 11, 30)),
        (date(2026, 12, 7), 1, date(2026, 12, 4)),
        (date(2026, 4, 7), 1, date(2026, 4, 2)),
        (date(2026, 12, 28), 3, date(2026, 12, 22)),
    ],
)
def test_the_last_day_to_hand_a_file_in(collected: date, lead: int, last: date) -> None:
    """No bank takes less than a day; handed in on that day it is collected in time, a day later it is not."""
    assert hand_in_by(collected, lead) == last
    rules = Rules(lead_days=lead)
    assert first_possible(rules, last) <= collected < first_possible(rules, last + timedelta(days=1))


def test_a_wished_collection_date_holds_for_all_or_excludes() -> None:
    claims = [claim(1), claim(2, due_date=date(2026, 12, 3)), claim(3, issue_date=date(2026, 11, 19))]
    made = planned(claims, Rules(collection_date=date(2026, 12, 2)))
    assert [(block.collection_date, block.count) for file in made.files for block in file.blocks] == [
        (date(2026, 12, 2), 1)
    ]
    assert [(entry.claim.item_id, entry.reason) for entry in made.excluded] == [
        (3, "prenotification"),
        (2, "prenotification"),
    ]
    assert dict(made.excluded[1].facts) == {"date": "2026-12-02", "first": "2026-12-03"}


@pytest.mark.parametrize("day", [date(2026, 11, 28), date(2026, 12, 25)])
def test_a_wished_collection_date_must_be_a_bank_day(day: date) -> None:
    with pytest.raises(CollectionError) as refused:
        planned([CLAIM], Rules(collection_date=day))
    assert refused.value.reason == "collection-date-closed"
    assert refused.value.instead in {"2026-11-30", "2026-12-28"}


def test_a24_one_file_for_each_branch_and_scheme() -> None:
    """A-24: on, one file per branch with its own account and creditor identifier."""
    claims = [
        claim(1, branch="K01"),
        claim(2, branch="K02"),
        claim(3, branch="K01", on_mandate={"scheme": Scheme.B2B}),
        claim(4),
    ]
    made = planned(claims)
    found = [(file.branch, file.scheme.value, file.count, file.blocks[0].creditor) for file in made.files]
    assert found == [
        (None, "CORE", 1, CENTRE),
        ("K01", "CORE", 1, COLOGNE),
        ("K01", "B2B", 1, COLOGNE),
        ("K02", "CORE", 1, BONN),
    ]


def test_a24_off_one_file_for_each_account() -> None:
    """A-24: off, branches that share an account share a file; each creditor identifier keeps its own block."""
    claims = [claim(1, branch="K01"), claim(2, branch="K02"), claim(3)]
    made = planned(claims, Rules(group_by_branch=False))
    assert [(file.branch, file.blocks[0].creditor.iban, file.count) for file in made.files] == [
        (None, COLOGNE.iban, 1),
        (None, CENTRE.iban, 2),
    ]
    assert [block.creditor.creditor_id for block in made.files[1].blocks] == [BONN.creditor_id, CENTRE.creditor_id]


@pytest.mark.parametrize(("apart", "blocks"), [(False, [2]), (True, [1, 1])])
def test_a23_service_contracts_apart(apart: bool, blocks: list[int]) -> None:
    made = planned([claim(1), claim(2, service_contract="SV-7")], Rules(service_contracts_apart=apart))
    assert [[block.count for block in file.blocks] for file in made.files] == [blocks]
    assert made.files[0].blocks[-1].service_contract is apart


def test_blocks_are_cut_by_date_and_sequence() -> None:
    claims = [
        claim(1, due_date=date(2026, 12, 2)),
        claim(2, on_mandate={"kind": MandateKind.ONE_OFF}),
        claim(3),
        claim(4),
    ]
    (file,) = planned(claims).files
    assert [(block.collection_date, block.sequence, block.count) for block in file.blocks] == [
        (DUE, SequenceType.RCUR, 2),
        (DUE, SequenceType.OOFF, 1),
        (date(2026, 12, 2), SequenceType.RCUR, 1),
    ]
    assert file.collection_date == DUE


def test_too_many_debits_go_into_several_files() -> None:
    claims = [claim(number, due_date=DUE if number < 4 else date(2026, 12, 2)) for number in range(1, 8)]
    made = planned(claims, Rules(max_debits=2))
    assert [[block.count for block in file.blocks] for file in made.files] == [[2], [1, 1], [2], [1]]
    order = [debit.item_id for file in made.files for block in file.blocks for debit in block.debits]
    assert order == [1, 2, 3, 4, 5, 6, 7]


def test_a_one_off_mandate_serves_one_claim() -> None:
    one_off = replace(MANDATE, kind=MandateKind.ONE_OFF)
    first = replace(CLAIM, mandate=one_off)
    second = replace(first, item_id=2, invoice_no="RE-1002")
    made = planned([second, first])
    assert [debit.item_id for file in made.files for block in file.blocks for debit in block.debits] == [1]
    assert [(entry.claim.item_id, entry.reason) for entry in made.excluded] == [(2, "mandate_expired")]


def test_an_excluded_claim_does_not_use_up_a_one_off_mandate() -> None:
    one_off = replace(MANDATE, kind=MandateKind.ONE_OFF)
    first = replace(CLAIM, mandate=one_off, hold="disputed")
    second = replace(CLAIM, mandate=one_off, item_id=2, invoice_no="RE-1002")
    made = planned([first, second])
    assert [debit.item_id for file in made.files for block in file.blocks for debit in block.debits] == [2]


def test_an_amendment_goes_with_the_first_collection_only() -> None:
    changed = replace(MANDATE, original_iban="DE42100100100000067890")
    later = replace(CLAIM, mandate=changed, item_id=1, due_date=date(2026, 12, 10))
    sooner = replace(CLAIM, mandate=changed, item_id=2)
    (file,) = planned([later, sooner]).files
    told = {debit.item_id: debit.amendment is not None for block in file.blocks for debit in block.debits}
    assert told == {2: True, 1: False}


def test_what_a_debit_says() -> None:
    made = planned(
        [replace(CLAIM, issue_date=date(2026, 11, 2), mandate=replace(MANDATE, account_holder="Jürgen Größe"))]
    )
    debit = made.files[0].blocks[0].debits[0]
    assert debit.name == "Juergen Groesse"
    assert debit.remittance == "Rechnung RE-1001 vom 02.11.2026, Kunde 10042"
    assert (debit.town, debit.country, debit.bic) == (None, None, None)
    assert [note.code for note in made.notes] == ["characters-replaced"]
    assert made.notes[0].fact("replaced") == "ü -> ue, ö -> oe, ß -> ss"


@pytest.mark.parametrize(
    ("holder", "customer", "ultimate"),
    [
        ("Erika Beispiel", "Max Muster", "Max Muster"),
        ("Max Muster", "Muster, Max", None),
        ("MUSTER MAX", "Max Muster", None),
        ("Jörg Größe", "Joerg Groesse", None),
        ("Jörg Größe", "Jürgen Größe", "Juergen Groesse"),
        (None, "Max Muster", None),
        ("Erika Beispiel", " ", None),
        ("Erika Beispiel", "😀", None),
        ("Erika Beispiel", "B" * 200, "B" * 70),
    ],
)
def test_the_customer_is_named_where_another_pays(holder: str | None, customer: str, ultimate: str | None) -> None:
    """AT-15: the account holder is the debtor, the customer the ultimate debtor; turned round, a name is the same."""
    made = planned([replace(CLAIM, customer_name=customer, mandate=replace(MANDATE, account_holder=holder))])
    assert made.files[0].blocks[0].debits[0].ultimate_debtor == ultimate


def test_another_ultimate_creditor_is_another_block() -> None:
    """Two branches with one account and creditor identifier: one file, a block for each of those they collect for."""
    creditors: dict[str | None, Creditor] = {"K01": CENTRE, "K02": replace(CENTRE, ultimate="Hörstudio Süd")}
    claims = [claim(1, branch="K01"), claim(2, branch="K02")]
    (file,) = plan(claims, creditors.get, Rules(group_by_branch=False), TODAY).files
    assert [block.creditor.ultimate for block in file.blocks] == [None, "Hoerstudio Sued"]


def test_umlauts_are_kept_for_banks_in_germany_alone() -> None:
    """Anlage 3: other banks need not take them."""
    austrian = {"iban": "AT611904300234573201", "account_holder": "Jürgen Groß & Söhne"}
    claims = [claim(1, on_mandate={"account_holder": "Jürgen Groß & Söhne"}), claim(2, on_mandate=austrian)]
    (file,) = planned(claims, Rules(keep_umlauts=True)).files
    assert [debit.name for debit in file.blocks[0].debits] == ["Jürgen Groß & Söhne", "Juergen Gross + Soehne"]


def test_purposes_go_with_all_debits_and_blocks() -> None:
    (file,) = planned([claim(1)], Rules(purpose="SUBS", category_purpose="TRAD")).files
    assert [(block.category_purpose, block.debits[0].purpose) for block in file.blocks] == [("TRAD", "SUBS")]


def test_without_an_account_holder_the_customer_is_the_debtor() -> None:
    made = planned([replace(CLAIM, mandate=replace(MANDATE, account_holder=" "))])
    assert made.files[0].blocks[0].debits[0].name == "Muster, Max"


def test_a_name_of_200_characters_is_cut_with_a_note() -> None:
    made = planned([replace(CLAIM, mandate=replace(MANDATE, account_holder="M" * 200))])
    assert made.files[0].blocks[0].debits[0].name == "M" * 70
    assert [note.code for note in made.notes] == ["text-cut"]


def test_a_bic_that_is_none_is_left_out_inside_the_eea() -> None:
    made = planned([replace(CLAIM, mandate=replace(MANDATE, bic="INGDDE"))])
    assert made.files[0].blocks[0].debits[0].bic is None
    assert [note.code for note in made.notes] == ["bic-left-out"]


def test_a_structured_reference_is_sent_on_request() -> None:
    one = replace(CLAIM, creditor_reference="RF20 RE20 2612 34")
    assert planned([one]).files[0].blocks[0].debits[0].reference is None
    wished = planned([one], Rules(structured_reference=True))
    assert wished.files[0].blocks[0].debits[0].reference == "RF20RE20261234"
    wrong = planned([replace(one, creditor_reference="RF21RE20261234")], Rules(structured_reference=True))
    assert wrong.files[0].blocks[0].debits[0].reference is None


@pytest.mark.parametrize("far", [{"due_date": date.max}, {"issue_date": date.max}])
def test_a_date_at_the_end_of_time_stops_nothing(far: dict[str, date]) -> None:
    made = planned([claim(1, **far), claim(2)])
    assert [entry.reason for entry in made.excluded] == ["mandate_expired"]
    assert [file.count for file in made.files] == [1]


def test_sums_add_up() -> None:
    claims = [claim(1), claim(2, amount=1), claim(3, amount=-500), claim(4, currency="USD", amount=700)]
    made = planned(claims)
    assert made.due == (Total("EUR", 3, 11401), Total("USD", 1, 700))
    assert sum(file.sum for file in made.files) == 11901
    assert sorted((entry.claim.item_id, entry.reason) for entry in made.excluded) == [(3, "amount"), (4, "currency")]


def test_the_order_of_claims_does_not_matter() -> None:
    claims = [claim(number, branch=("K01", "K02", None)[number % 3], amount=number) for number in range(1, 40)]
    claims += [replace(claim(50 + number), mandate=claim(1).mandate, customer_no="1") for number in range(3)]
    first = planned(claims)
    for seed in range(5):
        shuffled = random.Random(seed).sample(claims, len(claims))
        assert planned(shuffled) == first


def test_a_claim_given_twice_is_a_fault() -> None:
    with pytest.raises(ValueError, match="twice"):
        planned([CLAIM, CLAIM])


def test_two_parts_of_an_item_are_two_debits() -> None:
    made = planned([CLAIM, replace(CLAIM, due_date=date(2026, 12, 8), amount=100)])
    assert [(block.collection_date, block.sum) for block in made.files[0].blocks] == [
        (DUE, 11900),
        (date(2026, 12, 8), 100),
    ]


def test_nothing_due_gives_an_empty_plan() -> None:
    assert planned([]) == Plan((), (), ())


def test_ids_are_derived_from_the_message_id() -> None:
    claims = [claim(1), claim(2), claim(3, due_date=date(2026, 12, 2))]
    (file,) = planned(claims).files
    made = identify(file, "OPOS-20261120-0001")
    assert [block.payment_information_id for block in made.blocks] == ["OPOS-20261120-0001-1", "OPOS-20261120-0001-2"]
    assert [debit.end_to_end_id for block in made.blocks for debit in block.debits] == [
        "OPOS-20261120-0001-0001",
        "OPOS-20261120-0001-0002",
        "OPOS-20261120-0001-0003",
    ]
    assert (made.count, made.sum, made.collection_date) == (file.count, file.sum, DUE)


@pytest.mark.parametrize("message_id", ["", "opos-1", "OPOS/1", "OPOS 1", "ÖPOS", "A" * 31])
def test_a_message_id_that_banks_would_refuse(message_id: str) -> None:
    (file,) = planned([CLAIM]).files
    with pytest.raises(CollectionError) as refused:
        identify(file, message_id)
    assert refused.value.reason == "message-id"


@pytest.mark.parametrize(
    ("not_before", "day"),
    [
        # Fourteen days of notice from Friday, 20 November: Friday, 4 December.
        (None, date(2026, 12, 4)),
        (date(2026, 11, 25), date(2026, 11, 25)),
        (date(2026, 12, 25), date(2026, 12, 28)),
        # An agreed day that is gone does not come before what the bank needs.
        (date(2026, 11, 2), date(2026, 11, 23)),
    ],
)
def test_what_is_presented_again_has_its_own_notice(not_before: date | None, day: date) -> None:
    """Its invoice is of long ago and due: that told of the first debit, not of this one (decision 20)."""
    one = claim(1, due_date=date(2026, 10, 5), issue_date=date(2026, 9, 1), represents="E1", not_before=not_before)
    assert earliest_date(one, Rules(), TODAY) == day
    made = planned([one])
    assert [file.collection_date for file in made.files] == [day]
    assert [(note.code, note.fact("reference")) for note in made.notes] == [("debit-represented", "E1")]
    early = planned([one], Rules(collection_date=date(2026, 11, 24)))
    expected = [] if day <= date(2026, 11, 24) else [("prenotification", {"date": "2026-11-24", "first": str(day)})]
    assert [(entry.reason, dict(entry.facts)) for entry in early.excluded] == expected
