"""Whatever becomes of mandates, creditor and files: each file tells the debtor's bank what is other than it was last
told, as it was told, and tells it once (domain.md 3.4, contract.md 5)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import select, update

from recon.service import collecting, mandates, setting_up
from recon.service.context import Context
from recon.service.importing import Source, import_sources
from recon.service.verifying import verify
from recon.store.books import writing
from recon.store.log import record
from recon.store.tables import batches, collections
from tests.books import Databases, context_of, rows, stamp

_IBANS = ("DE02120300000000202051", "DE89370400440000010001", "DE44370501980000010002")
_IDS = ("M-1", "M-2", "M/3")
_CREDITORS = ("DE98ZZZ09999999999", "DE13ZZZ00000012345", "DE98ABC09999999999")
_NAMES = ("Optik Beispiel GmbH", "Optik Größe GmbH", "Optik Groesse GmbH")
_COMPANY = f"""
[company]
name = "{_NAMES[0]}"
creditor_id = "{_CREDITORS[0]}"
[[accounts]]
iban = "DE89370400440532013000"
[collect]
prenotification_days = 1
"""
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["iban", "iban", "id", "creditor", "name", "collect", "collect", "collect", "cancel", "reject"]
        ),
        st.integers(0, 5),
    ),
    min_size=4,
    max_size=14,
)
_SCHEME = "OrgnlCdtrSchmeId"


@dataclass
class Sent:
    """A debit of a file: what it says that the mandate is (id, account, creditor, name), and what it says it was."""

    now: tuple[str, str, str, str]
    was: dict[str, str | None] | None
    end_to_end_id: str
    stands: bool = True


@dataclass
class Bank:
    """What a debtor's bank knows: what it was told before these books, then by every debit that stands."""

    before: tuple[str, str, str, str] | None
    sent: list[Sent] = field(default_factory=list)

    def knows(self) -> tuple[str, str, str, str] | None:
        """The last amendment that reached it, else what came before these books, else the first debit."""
        standing = [one for one in self.sent if one.stands]
        amended = [one for one in standing if one.was is not None]
        if amended:
            return amended[-1].now
        return self.before or (standing[0].now if standing else None)


def _expected(knows: tuple[str, str, str, str] | None, now: tuple[str, str, str, str]) -> dict[str, str | None] | None:
    if knows is None or knows == now:
        return None
    return {
        "OrgnlMndtId": knows[0] if knows[0] != now[0] else None,
        f"{_SCHEME}/Id/PrvtId/Othr/Id": knows[2] if knows[2] != now[2] else None,
        f"{_SCHEME}/Nm": knows[3] if knows[3] != now[3] else None,
        "OrgnlDbtrAcct/Id/Othr/Id": "SMNDA" if knows[1] != now[1] else None,
    }


def _plain(creditor_id: str) -> str:
    """Without the business code."""
    return creditor_id[:4] + "ZZZ" + creditor_id[7:]


def _debits(content: bytes) -> Iterator[Sent]:
    root = etree.fromstring(content)

    def text(node: Any, path: str) -> str | None:
        found: str | None = node.findtext("/".join(f"{{*}}{step}" for step in path.split("/")))
        return found

    for block in root.iter("{*}PmtInf"):
        creditor = _plain(str(text(block, "CdtrSchmeId/Id/PrvtId/Othr/Id")))
        for debit in block.iter("{*}DrctDbtTxInf"):
            head = "DrctDbtTx/MndtRltdInf"
            was = None
            if text(debit, f"{head}/AmdmntInd") == "true":
                names = ("OrgnlMndtId", f"{_SCHEME}/Id/PrvtId/Othr/Id", f"{_SCHEME}/Nm", "OrgnlDbtrAcct/Id/Othr/Id")
                was = {name: text(debit, f"{head}/AmdmntInfDtls/{name}") for name in names}
            now = (str(text(debit, f"{head}/MndtId")), str(text(debit, "DbtrAcct/Id/IBAN")), creditor,
                   str(text(block, "Cdtr/Nm")))  # fmt: skip
            yield Sent(now, was, str(text(debit, "PmtId/EndToEndId")))


class Desk:
    """Somebody at the books, a day later with each step."""

    def __init__(self, address: str, *, used: bool) -> None:
        self.address = address
        self.day = date(2026, 3, 2)
        self.items = 0
        self.name = _IDS[0]
        before = (_IDS[0], _IBANS[0], _CREDITORS[0], _NAMES[0])
        self.bank = Bank(before if used else None)
        last = "2026-01-05" if used else ""
        self.file("mandates", "mandate_id;customer_no;iban;signed_on;last_used_on",
                  f"{_IDS[0]};10002;{_IBANS[0]};2025-01-01;{last}", day=self.day)  # fmt: skip

    def on(self) -> Context:
        return context_of(self.address, self.day.isoformat())

    def file(self, kind: str, head: str, row: str, *, day: date) -> None:
        context = context_of(self.address, day.isoformat())
        (done,) = import_sources(context, [Source(f"{kind}.csv", f"{head}\n{row}\n".encode())])
        context.books.engine.dispose()
        assert done.status in {"imported", "known"}, done.findings

    def step(self, what: str, which: int) -> None:
        self.day += timedelta(days=1)
        context = self.on()
        if what == "iban" and which % 2:
            mandates.amend(context, self.name, iban=_IBANS[which % 3])
        elif what == "iban":
            row = f"{self.name};10002;{_IBANS[which % 3]};2025-01-01"
            self.file("mandates", "mandate_id;customer_no;iban;signed_on", row, day=self.day)
        elif what == "id":
            self.name = mandates.amend(context, self.name, new_id=_IDS[which % 3]).mandate.mandate.mandate_id
        elif what == "creditor":
            setting_up.change(context, "company.creditor_id", _CREDITORS[which % 3])
        elif what == "name":
            setting_up.change(context, "company.name", _NAMES[which % 3])
        elif what == "collect":
            self.collect(context)
        else:
            self.take_back(context, which, rejected=what == "reject")
        context.books.engine.dispose()

    def collect(self, context: Context) -> None:
        """One item more is due; what its debit says must be what its bank does not know."""
        self.items += 1
        head = "invoice_no;customer_no;amount;issue_date;due_date;payment_method;mandate_id"
        # By any id that the mandate once had.
        name = _IDS[0] if self.items % 2 else self.name
        row = f"X-{self.items};10002;10,00;2026-01-01;{self.day};direct_debit;{name}"
        self.file("items", head, row, day=self.day)
        made = collecting.create(context, due_until=self.day)
        assert made.batches, made.excluded
        for batch in made.batches:
            query = select(batches.c.content).where(batches.c.id == int(str(batch.id)[1:]))
            for sent in _debits(bytes(rows(self.address, query)[0][0])):
                expected = _expected(self.bank.knows(), sent.now)
                assert sent.was == expected
                self.bank.sent.append(sent)

    def take_back(self, context: Context, which: int, *, rejected: bool) -> None:
        """A batch that stands is cancelled, or the bank rejects its debits."""
        query = select(batches.c.id, collections.c.end_to_end_id).join(
            collections, collections.c.batch_id == batches.c.id
        )
        standing = {one.end_to_end_id: one for one in self.bank.sent if one.stands}
        own = [(number, e2e) for number, e2e in rows(self.address, query) if e2e in standing]
        if not own:
            return
        chosen = own[which % len(own)][0]
        if rejected:
            with writing(context.books) as connection:
                connection.execute(
                    update(collections).where(collections.c.batch_id == chosen).values(status="rejected")
                )
                record(connection, context.stamp, "test", "rejected")
        else:
            collecting.cancel(context, f"B{chosen}")
        for number, e2e in own:
            if number == chosen:
                standing[e2e].stands = False


@pytest.mark.parametrize("used", [False, True], ids=["never used before", "used before these books"])
@settings(
    max_examples=8,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(steps=_STEPS)
def test_every_change_is_told_once(databases: Databases, small: str, used: bool, steps: list[tuple[str, int]]) -> None:
    """Amended, collected, cancelled and rejected in any order."""
    address = databases.copy(small)
    desk = Desk(address, used=used)
    for what, which in steps:
        desk.step(what, which)
    desk.day += timedelta(days=1)
    desk.step("collect", 0)
    context = desk.on()
    found = verify(context).findings
    context.books.engine.dispose()
    assert not [one for one in found if one.code in {"audit-amendment", "audit-mandate-id", "audit-batch-debit"}], found
    databases.drop(address)


@pytest.fixture(scope="module")
def small(databases: Databases) -> str:
    """A company with one customer, and no mandate but the one that the test brings."""
    address = databases.empty("sqlite")
    setting_up.init(address, stamp("2026-03-01"), (_COMPANY.encode(), "company.toml"))
    context = context_of(address, "2026-03-01")
    (done,) = import_sources(context, [Source("customers.csv", b"customer_no;name\n10002;Max Muster\n")])
    context.books.engine.dispose()
    assert done.status == "imported", done.findings
    return address
