"""The file of refunds as it must be to the byte. ``OPOS_GOLDEN=write`` writes it anew; look at what changed."""

import os
from datetime import date
from pathlib import Path

from sepa.pain001 import Transfer, TransferFile, write

GOLDEN = Path(__file__).with_name("refunds.pain001.xml")


def test_a_file_of_refunds() -> None:
    made = write(
        TransferFile(
            "OPOS-R20261120-0001", "OPOS-R20261120-0001-1", "Optik Beispiel GmbH", "DE89370400440532013000",
            "COBADEFFXXX", date(2026, 11, 23),
            (
                Transfer("OPOS-R20261120-0001-00001", 5000, "Jürgen Groß & Söhne", "DE44370501980000010002",
                         "Erstattung Ihrer Zahlung vom 12.11.2026, Kunde 10042"),
                Transfer("OPOS-R20261120-0001-00002", 123456, "Max Muster", "CH9300762011623852957",
                         "Refund of credit note GS-7, customer 10043", "POFICHBEXXX", "Musterweg 1", "3000", "Bern",
                         "CH"),
            ),
        ),
        date(2026, 11, 20),
    )  # fmt: skip
    if os.environ.get("OPOS_GOLDEN") == "write":
        GOLDEN.write_bytes(made)
    assert made == GOLDEN.read_bytes()
