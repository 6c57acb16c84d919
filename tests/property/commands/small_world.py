"""A small company for machines that give commands at random: three customers, six items, and a bank that books what it
is told to, as camt.053 with balances that add up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from recon.service import setting_up
from recon.service.importing import Source, import_sources
from tests.books import context_of, stamp

FIRST_DAY: Final = date(2026, 3, 2)
IBAN: Final = "DE89370400440532013000"
OPENING: Final = 500_000
CUSTOMERS: Final = {
    "10001": ("Beispiel GmbH", "DE89370400440000010001"),
    "10002": ("Max Muster", "DE44370501980000010002"),
    "10003": ("Erika Beispiel", "DE91500105170000010003"),
}
_OTHER_IBAN: Final = "DE02120300000000202051"
_COMPANY: Final = f"""
[company]
name = "Optik Beispiel GmbH"
creditor_id = "DE98ZZZ09999999999"
[[accounts]]
iban = "{IBAN}"
bic = "COBADEFFXXX"
[datev]
consultant = 1001
client = 1
[collect]
prenotification_days = 1
[dunning]
preset = "none"
deadline_days = 7
min_gap_days = 1
[[dunning.levels]]
number = 1
after_days = 3
fee = "2.50"
[[dunning.levels]]
number = 2
after_days = 4
anchor = "previous_deadline"
fee = "5.00"
"""
_HEAD: Final = (
    "invoice_no;customer_no;amount;issue_date;due_date;document_type;payment_method;mandate_id;"
    "discount_percent;discount_until;prepayment_amount;prepayment_due\n"
)
# Settings that change what a booking looks like, and may change at any time.
SETTINGS: Final = (
    ("matching.fee_policy", "exact_only"),
    ("matching.fee_policy", "legal_order"),
    ("matching.fee_policy", "principal_first"),
    ("matching.auto", "none"),
    ("matching.auto", "certain"),
    ("matching.tolerance", "3.00"),
    ("collect.return_charges", "claim"),
    ("collect.return_charges", "cost"),
    ("collect.on_export", "mark_paid"),
    ("company.name", "Optik Größe GmbH"),
    ("company.name", "Optik Beispiel GmbH"),
    ("company.creditor_id", "DE13ZZZ00000012345"),
    ("company.creditor_id", "DE98ZZZ09999999999"),
    ("collect.one_mandate_per_customer", "false"),
    ("collect.on_export", "in_collection"),
    ("dunning.fee_mode", "cumulative"),
    ("dunning.combine", "none"),
    ("datev.storno", "general_reversal"),
    ("datev.storno", "swap"),
)


@dataclass(frozen=True, slots=True)
class Item:
    """A row of a table of items; amounts in cents, discount in percent until ten days after the issue."""

    number: str
    customer: str
    amount: int
    issued: date
    days: int = 14
    credit: bool = False
    debit: bool = False
    discount: int = 0
    prepaid: int = 0

    @property
    def row(self) -> str:
        """The row of the file."""
        later = self.issued + timedelta(days=self.days)
        mandate = f"M-{self.customer}" if self.debit else ""
        discount = f"{self.discount};{self.issued + timedelta(days=10)}" if self.discount else ";"
        prepaid = f"{_point(self.prepaid)};{self.issued + timedelta(days=2)}" if self.prepaid else ";"
        kind, method = "credit_note" if self.credit else "invoice", "direct_debit" if self.debit else "transfer"
        return (
            f"{self.number};{self.customer};{_point(self.amount)};{self.issued};{later};{kind};{method};{mandate};"
            f"{discount};{prepaid}\n"
        )


_START: Final = (
    Item("RE-1001", "10001", 11_900, FIRST_DAY, days=3),
    Item("RE-1002", "10001", 20_000, FIRST_DAY, discount=3),
    Item("RE-1003", "10002", 5_950, FIRST_DAY, days=5, debit=True),
    Item("RE-1004", "10002", 30_000, FIRST_DAY, days=8, debit=True),
    Item("RE-1005", "10003", 60_000, FIRST_DAY, days=20, prepaid=20_000),
    Item("GU-1006", "10001", 2_500, FIRST_DAY, credit=True),
)


def set_up(address: str) -> None:
    """The company with its customers, mandates and items."""
    day = FIRST_DAY.isoformat()
    setting_up.init(address, stamp(day), (_COMPANY.encode(), "company.toml"))
    people = "".join(f"{number};{name};{iban};DE;50667;Köln\n" for number, (name, iban) in CUSTOMERS.items())
    mandates = "".join(f"M-{number};{number};{iban};2026-01-02;{name}\n" for number, (name, iban) in CUSTOMERS.items())
    context = context_of(address, day)
    done = import_sources(context, [
        Source("customers.csv", f"customer_no;name;iban;country;postcode;town\n{people}".encode()),
        Source("mandates.csv", f"mandate_id;customer_no;iban;signed_on;account_holder\n{mandates}".encode()),
        items_file(_START),
    ])  # fmt: skip
    context.books.engine.dispose()
    assert [one.status for one in done] == ["imported"] * 3, done


def customer_file(number: str, blocked_until: date | None) -> Source:
    """A customer with an account that he had not before, who is not dunned until a day."""
    name, _ = CUSTOMERS[number]
    head = "customer_no;name;iban;dunning_block_until;dunning_block_reason\n"
    return Source("customer.csv", f"{head}{number};{name};{_OTHER_IBAN};{blocked_until};Ratenzahlung\n".encode())


def mandate_file(number: str, signed_on: date) -> Source:
    """His mandate, signed anew."""
    name, iban = CUSTOMERS[number]
    head = "mandate_id;customer_no;iban;signed_on;account_holder;status\n"
    return Source("mandate.csv", f"{head}M-{number};{number};{iban};{signed_on};{name};active\n".encode())


def items_file(rows: Sequence[Item]) -> Source:
    """A table of items."""
    return Source("items.csv", (_HEAD + "".join(item.row for item in rows)).encode())


@dataclass(frozen=True, slots=True)
class Entry:
    """What the bank books: cents, and the codes and details that tell what it is."""

    amount: int
    domain: str
    proprietary: str
    details: str


def paid(amount: int, text: str, name: str, iban: str) -> Entry:
    """A credit transfer."""
    details = (
        f"<NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>{iban}</IBAN></Id>"
        f"</DbtrAcct></RltdPties><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls>"
    )
    return Entry(amount, _domain("PMNT", "RCDT", "ESCT"), "NTRF+166", details)


def charged(amount: int) -> Entry:
    """A charge of the bank."""
    return Entry(-amount, _domain("ACMT", "MDOP", "CHRG"), "NCHG+808",
                 "<NtryDtls><TxDtls><RmtInf><Ustrd>Entgelt</Ustrd></RmtInf></TxDtls></NtryDtls>")  # fmt: skip


def collected(amount: int, message_id: str, block: str, count: int) -> Entry:
    """A whole block of a debit file, in one line."""
    details = (
        f"<NtryDtls><Btch><MsgId>{message_id}</MsgId><PmtInfId>{block}</PmtInfId><NbOfTxs>{count}</NbOfTxs>"
        f"<TtlAmt Ccy='EUR'>{_point(amount)}</TtlAmt><CdtDbtInd>CRDT</CdtDbtInd></Btch></NtryDtls>"
    )
    return Entry(amount, _domain("PMNT", "IDDT", "ESDD"), "NDDT+192", details)


def debited(amount: int, end_to_end_id: str) -> Entry:
    """One debit in a line of its own."""
    details = (
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{end_to_end_id}</EndToEndId></Refs>"
        "<RmtInf><Ustrd>Lastschrift</Ustrd></RmtInf></TxDtls></NtryDtls>"
    )
    return Entry(amount, _domain("PMNT", "IDDT", "ESDD"), "NDDT+171", details)


def refunds_left(amount: int, message_id: str, block: str, count: int) -> Entry:
    """What of a file of refunds leaves the account, in one line."""
    details = (
        f"<NtryDtls><Btch><MsgId>{message_id}</MsgId><PmtInfId>{block}</PmtInfId><NbOfTxs>{count}</NbOfTxs>"
        f"<TtlAmt Ccy='EUR'>{_point(amount)}</TtlAmt><CdtDbtInd>DBIT</CdtDbtInd></Btch></NtryDtls>"
    )
    return Entry(-amount, _domain("PMNT", "ICDT", "ESCT"), "NTRF+191", details)


def refunded(amount: int, end_to_end_id: str) -> Entry:
    """One refund that leaves the account in a line of its own."""
    details = (
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{end_to_end_id}</EndToEndId></Refs>"
        "<RmtInf><Ustrd>Erstattung</Ustrd></RmtInf></TxDtls></NtryDtls>"
    )
    return Entry(-amount, _domain("PMNT", "ICDT", "ESCT"), "NTRF+116", details)


def refund_back(amount: int, end_to_end_id: str, reason: str) -> Entry:
    """A refund that comes back."""
    details = (
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{end_to_end_id}</EndToEndId></Refs>"
        f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf></TxDtls></NtryDtls>"
    )
    return Entry(amount, _domain("PMNT", "ICDT", "RRTN"), "NRTI+159", details)


def came_back(amount: int, charge: int, end_to_end_id: str, reason: str) -> Entry:
    """A debit that comes back, with what the banks charge for it."""
    charges = (
        f"<Chrgs><Rcrd><Amt Ccy='EUR'>{_point(charge)}</Amt><CdtDbtInd>DBIT</CdtDbtInd>"
        "<ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>"
        if charge
        else ""
    )
    details = (
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{end_to_end_id}</EndToEndId></Refs>"
        f"<Amt Ccy='EUR'>{_point(amount + charge)}</Amt><CdtDbtInd>DBIT</CdtDbtInd>"
        f"<AmtDtls><InstdAmt><Amt Ccy='EUR'>{_point(amount)}</Amt></InstdAmt></AmtDtls>{charges}"
        "<RmtInf><Ustrd>Rueckgabe</Ustrd></RmtInf>"
        f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf></TxDtls></NtryDtls>"
    )
    return Entry(-amount - charge, _domain("PMNT", "IDDT", "UPDD"), "NRTI+109", details)


def statement(entries: Sequence[Entry], number: int, opening: int, before: date, day: date) -> Source:
    """The statement of a day with these entries."""
    closing = opening + sum(entry.amount for entry in entries)
    body = "".join(_booked(entry, f"{number}-{place}", day) for place, entry in enumerate(entries))
    text = (
        "<?xml version='1.0' encoding='UTF-8'?>"
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt>"
        f"<GrpHdr><MsgId>M{number}</MsgId><CreDtTm>{day}T22:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>S{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{day}T22:00:00</CreDtTm>"
        f"<Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{_balance('PRCD', opening, before)}{_balance('CLBD', closing, day)}{body}</Stmt></BkToCstmrStmt></Document>"
    )
    return Source(f"statement-{number}.xml", text.encode())


def _booked(entry: Entry, reference: str, day: date) -> str:
    return (
        f"<Ntry><Amt Ccy='EUR'>{_point(abs(entry.amount))}</Amt><CdtDbtInd>{_side(entry.amount)}</CdtDbtInd>"
        f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>"
        f"<AcctSvcrRef>{reference}</AcctSvcrRef><BkTxCd>{entry.domain}<Prtry><Cd>{entry.proprietary}</Cd>"
        f"<Issr>DK</Issr></Prtry></BkTxCd>{entry.details}</Ntry>"
    )


def _balance(code: str, amount: int, day: date) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{_point(abs(amount))}</Amt>"
        f"<CdtDbtInd>{_side(amount)}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _domain(domain: str, family: str, sub: str) -> str:
    return f"<Domn><Cd>{domain}</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub}</SubFmlyCd></Fmly></Domn>"


def _side(amount: int) -> str:
    return "CRDT" if amount >= 0 else "DBIT"


def _point(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"
