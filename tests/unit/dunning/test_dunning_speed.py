"""A hundred thousand parts are planned while a person waits."""

from datetime import timedelta
from time import process_time

from recon.dunning.plan import plan
from recon.model.items import Customer
from recon.model.settings import DunningSettings
from tests.unit.dunning.daily import april, part, reached

PARTS = 100_000
LIMIT_CPU_SECONDS = 3.0


def test_a_hundred_thousand_parts_in_three_seconds() -> None:
    customers = {str(n): Customer(n, str(n), "Beispiel GmbH") for n in range(PARTS // 5)}
    parts = [
        part(
            f"RE-{n}",
            (n % 4) * 50_00,
            april(10) - timedelta(n % 70 - 10),
            customer_no=str(n * 7919 % (PARTS // 5)),
            state=reached(1) if n % 3 == 0 else None,
        )
        for n in range(PARTS)
    ]
    begin = process_time()
    made = plan(parts, customers, {}, DunningSettings(), april(10))
    spent = process_time() - begin
    assert sum(len(notice.items) for notice in made.notices) + len(made.undunned) == PARTS
    assert len(made.notices) > 10_000
    assert spent < LIMIT_CPU_SECONDS
