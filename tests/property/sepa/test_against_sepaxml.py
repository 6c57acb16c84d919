"""The writer beside sepaxml, an independent one, on what both can write: read back, they say the same."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepa.collection import Block, Creditor, Debit, DebitFile
from sepa.mandate import Scheme, SequenceType
from sepa.pain008 import Schema, write
from sepa.pain008_check import validate
from tests.property.sepa.reading import read_debits

CREDITOR = Creditor("Optik Beispiel GmbH", "DE98ZZZ09999999999", "DE89370400440532013000", "COBADEFFXXX")
TEXTS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9/\-?:().,'+ ]{0,60}[A-Za-z0-9]", fullmatch=True)
IDS = st.from_regex(r"[A-Z0-9][A-Z0-9.-]{0,33}", fullmatch=True)

INSIDE = st.builds(
    Debit,
    item_id=st.just(1),
    invoice_no=st.just("RE-1"),
    customer_no=st.just("1"),
    due_date=st.just(date(2026, 12, 1)),
    amount=st.integers(1, 10**11 - 1),
    name=TEXTS,
    iban=st.sampled_from(["DE42100100100000067890", "AT611904300234573201", "NL91ABNA0417164300"]),
    mandate_id=IDS,
    signed_on=st.dates(date(2023, 12, 1), date(2026, 11, 20)),
    remittance=TEXTS,
    bic=st.sampled_from([None, "INGDDEFFXXX", "RABONL2U"]),
    end_to_end_id=IDS,
)
# From outside the EEA: with address and BIC.
BRITISH = st.builds(
    replace,
    INSIDE,
    iban=st.just("GB29NWBK60161331926819"),
    bic=st.just("NWBKGB2LXXX"),
    street=st.one_of(st.none(), TEXTS),
    postcode=st.one_of(st.none(), st.just("AB1 2CD")),
    town=st.just("London"),
    country=st.just("GB"),
)
DEBITS = st.one_of(INSIDE, INSIDE, BRITISH)


@pytest.mark.parametrize("schema", ["pain.008.001.08", "pain.008.001.02"])
@settings(max_examples=40, deadline=None)
@given(
    debits=st.lists(DEBITS, min_size=1, max_size=6, unique_by=lambda debit: debit.end_to_end_id),
    scheme=st.sampled_from(Scheme),
    sequence=st.sampled_from(SequenceType),
    named=st.booleans(),
)
def test_both_writers_say_the_same(
    schema: Schema, debits: list[Debit], scheme: Scheme, sequence: SequenceType, named: bool
) -> None:
    # sepaxml asks for the creditor's BIC in the older version.
    creditor = CREDITOR if named or schema == "pain.008.001.02" else replace(CREDITOR, bic=None)
    block = Block(creditor, date(2026, 12, 1), sequence, tuple(debits), payment_information_id="OPOS-1-1")
    ours = write(DebitFile("OPOS-1", None, scheme, (block,)), date(2026, 11, 20), schema)
    assert validate(ours, schema) == ()
    theirs = _by_sepaxml(schema, creditor, debits, scheme, sequence)

    def told(data: bytes) -> list[dict[str, object]]:
        given_by_each = {"message_id", "block_id"}
        return [
            {name: value for name, value in vars(debit).items() if name not in given_by_each}
            for debit in read_debits(data)
        ]

    assert told(ours) == told(theirs)


def _by_sepaxml(schema: str, creditor: Creditor, debits: list[Debit], scheme: Scheme, sequence: SequenceType) -> bytes:
    from sepaxml import SepaDD

    writer = SepaDD(
        {
            "name": creditor.name,
            "IBAN": creditor.iban,
            **({} if creditor.bic is None else {"BIC": creditor.bic}),
            "batch": True,
            "creditor_id": creditor.creditor_id,
            "currency": "EUR",
            "instrument": scheme.value,
        },
        schema=schema,
        clean=False,
    )
    for debit in debits:
        payment = {
            "name": debit.name,
            "IBAN": debit.iban,
            "amount": debit.amount,
            "type": sequence.value,
            "collection_date": date(2026, 12, 1),
            "mandate_id": debit.mandate_id,
            "mandate_date": debit.signed_on,
            "description": debit.remittance,
            "endtoend_id": debit.end_to_end_id,
        }
        address = {
            "street_name": debit.street,
            "postcode": debit.postcode,
            "town": debit.town,
            "country": debit.country,
        }
        more = {"BIC": debit.bic, "address": address if debit.town else None}
        writer.add_payment(payment | {name: told for name, told in more.items() if told})
    written: bytes = writer.export(validate=False)
    return written
