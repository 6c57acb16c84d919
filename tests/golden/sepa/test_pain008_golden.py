"""A whole direct-debit file, byte for byte: what a bank would get.

When the form changes on purpose, write the new file with ``OPOS_GOLDEN=write`` set and read the difference.
"""

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from sepa.collection import Claim, Creditor, DebitFile, Rules, identify, plan
from sepa.mandate import Mandate, MandateKind
from sepa.pain008 import Schema, file_name, write
from sepa.pain008_check import validate

HERE = Path(__file__).parent
TODAY = date(2026, 11, 20)
CREDITOR = Creditor("Optik Beispiel GmbH & Söhne", "DE98K0109999999999", "DE89370400440532013000", "COBADEFFXXX")


def claim(number: int, amount: int, due: date, mandate: Mandate, reference: str | None = None) -> Claim:
    return Claim(
        item_id=number,
        invoice_no=f"RE-{1000 + number}",
        customer_no=mandate.customer_no,
        customer_name="",
        amount=amount,
        due_date=due,
        direct_debit=True,
        branch="K01",
        issue_date=date(2026, 11, 2),
        mandate=mandate,
        creditor_reference=reference,
    )


def core_file() -> DebitFile:
    """Two blocks: recurrent debits with all kinds of amendment and a debtor in London; a one-off debit."""
    moved = Mandate(
        "M-10042-1", "10042", "DE42100100100000067890", date(2024, 3, 15),
        account_holder="Max Muster", original_iban="DE04500105170000012345",
    )  # fmt: skip
    renamed = Mandate(
        "M-10043-2", "10043", "DE04500105170000012345", date(2023, 12, 24),
        account_holder="Erika Beispiel-Größe", original_mandate_id="M-10043/1",
        original_creditor_id="DE13ZZZ00000012345", original_creditor_name="Optik Vorgänger KG",
    )  # fmt: skip
    london = Mandate(
        "M-10077-1", "10077", "GB29NWBK60161331926819", date(2025, 1, 20), bic="NWBKGB2LXXX",
        account_holder="Jane Example", street="Sample Street 12", postcode="AB1 2CD", town="London", country="GB",
    )  # fmt: skip
    once = Mandate(
        "M-SEM-0003", "10099", "AT611904300234573201", date(2026, 11, 1),
        account_holder="Beispiel & Partner", kind=MandateKind.ONE_OFF,
    )  # fmt: skip
    due = date(2026, 12, 1)
    claims = [
        claim(1, 5000, due, moved),
        claim(2, 7550, due, renamed),
        claim(3, 12345678, due, london, reference="RF20RE20261234"),
        claim(4, 1, due, once),
    ]
    (planned,) = plan(claims, lambda branch: CREDITOR, Rules(structured_reference=True), TODAY).files
    return identify(planned, "OPOS-20261120-0001")


def parties_file() -> DebitFile:
    """A branch that collects for another, account holders who are not the customers, purpose and category, umlauts kept
    for German banks alone, texts that had to be changed."""
    bonn = replace(CREDITOR, creditor_id="DE98K0209999999999", ultimate="Hörstudio Süd GmbH & Co. KG")
    mother = Mandate("M-10050-1", "10050", "DE42100100100000067890", date(2025, 6, 1), account_holder="Erika Größe")
    turned = Mandate("M-10051-1", "10051", "DE04500105170000012345", date(2025, 6, 2), account_holder="Müller, Jörg")
    vienna = Mandate("M-10052-1", "10052", "AT611904300234573201", date(2025, 6, 3), account_holder="Äther & Söhne OG")
    long = Mandate("M-10053-1", "10053", "DE42100100100000067890", date(2025, 6, 4), account_holder="Ó" * 200)
    due = date(2026, 12, 1)
    claims = [
        replace(claim(5, 1990, due, mother), customer_name="Käthe Größe"),
        replace(claim(6, 2990, due, turned), customer_name="Jörg Müller"),
        replace(claim(7, 3990, due, vienna), customer_name="Optik Äther 😀 GmbH"),
        replace(claim(8, 4990, due, long), customer_name="\t"),
    ]
    rules = Rules(keep_umlauts=True, purpose="SUBS", category_purpose="TRAD")
    (planned,) = plan(claims, lambda branch: bonn, rules, TODAY).files
    return identify(planned, "OPOS-20261120-0002")


@pytest.mark.parametrize("schema", ["pain.008.001.08", "pain.008.001.02"])
@pytest.mark.parametrize(
    ("name", "file", "umlauts"),
    [("core_two_blocks", core_file(), False), ("core_parties", parties_file(), True)],
    ids=["two blocks and amendments", "parties, purposes and umlauts"],
)
def test_a_whole_file(schema: Schema, name: str, file: DebitFile, umlauts: bool) -> None:
    written = write(file, TODAY, schema)
    path = HERE / f"{name}_{schema[-2:]}.xml"
    if os.environ.get("OPOS_GOLDEN") == "write":
        path.write_bytes(written)
    assert written == path.read_bytes()
    assert validate(written, schema, umlauts) == ()


def test_the_name_of_the_file() -> None:
    assert file_name(core_file()) == "SDD_CORE_2026-12-01_DE89-3000_K01_OPOS-20261120-0001.xml"
