"""The auditor on mandates: what a debit says that the mandate was must have been told; an id is one mandate's."""

import hashlib
from typing import Any

import pytest

from tests.unit.ledger.paper import PAIN, audited, codes, sealed, tables

_SCHEME = "<OrgnlCdtrSchmeId>{}</OrgnlCdtrSchmeId>"
_ID = "<Id><PrvtId><Othr><Id>{}</Id></Othr></PrvtId></Id>"
_SMNDA = "<OrgnlDbtrAcct><Id><Othr><Id>SMNDA</Id></Othr></Id></OrgnlDbtrAcct>"
_OLD = {"original_mandate_id": "M-0", "original_iban": "DE02120300000000202051",
        "original_creditor_id": "DE13ZZZ00000012345", "original_creditor_name": "Optik Größe"}  # fmt: skip


def _books(before: dict[str, str], details: str | None) -> Any:
    """Books whose one debit has an amendment, under a mandate that others have used before."""
    books = tables()
    books["mandates"][0].update(before)
    if details is not None:
        said = f"<MndtId>M-1</MndtId><AmdmntInd>true</AmdmntInd><AmdmntInfDtls>{details}</AmdmntInfDtls>"
        content = PAIN.replace(b"<MndtId>M-1</MndtId>", said.encode())
        books["batches"][0].update(content=content, sha256=hashlib.sha256(content).hexdigest())
        books["collections"][0]["amendment"] = 1
    return sealed(books)


@pytest.mark.parametrize(
    ("before", "details"),
    [
        ({}, None),
        ({"original_iban": "DE44370501980000010002"}, None),
        ({"original_creditor_id": "DE98ABC09999999999", "original_creditor_name": "Beispiel GmbH"}, None),
        ({"original_iban": _OLD["original_iban"]}, _SMNDA),
        ({"original_mandate_id": "M-0"}, "<OrgnlMndtId>M-0</OrgnlMndtId>"),
        ({"original_creditor_id": _OLD["original_creditor_id"]}, _SCHEME.format(_ID.format("DE13K0100000012345"))),
        ({"original_creditor_name": "Optik Größe"}, _SCHEME.format("<Nm>Optik Groesse</Nm>")),
        (
            _OLD,
            "<OrgnlMndtId>M-0</OrgnlMndtId>"
            + _SCHEME.format("<Nm>Optik Groesse</Nm>" + _ID.format("DE13ZZZ00000012345"))
            + _SMNDA,
        ),
    ],
)
def test_a_debit_that_tells_what_was_told_otherwise(before: dict[str, str], details: str | None) -> None:
    assert codes(audited(_books(before, details))) == set()


@pytest.mark.parametrize(
    ("before", "details"),
    [
        (_OLD, None),
        ({}, _SMNDA),
        ({"original_iban": "DE44370501980000010002"}, _SMNDA),
        ({}, ""),
        ({"original_mandate_id": "M-0"}, "<OrgnlMndtId>M-9</OrgnlMndtId>"),
        ({"original_mandate_id": "M-1"}, "<OrgnlMndtId>M-1</OrgnlMndtId>"),
        ({"original_creditor_id": "DE13ZZZ00000012345"}, _SCHEME.format(_ID.format("DE98ZZZ09999999999"))),
        ({"original_creditor_name": "Optik Alt"}, _SCHEME.format("<Nm>Optik Neu</Nm>")),
    ],
)
def test_a_debit_that_tells_something_else(before: dict[str, str], details: str | None) -> None:
    assert codes(audited(_books(before, details))) == {"audit-amendment"}


@pytest.mark.parametrize("former", ['["M-1"]', '["M-0", "M-1"]'])
def test_an_id_that_two_mandates_have_or_had(former: str) -> None:
    books = tables()
    books["mandates"].append({**books["mandates"][0], "id": 2, "mandate_id": "M-2", "former_ids": former})
    assert "audit-mandate-id" in codes(audited(sealed(books)))
