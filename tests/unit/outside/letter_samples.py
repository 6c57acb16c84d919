"""Letters for tests: of every level and language, with everything that may stand on one."""

import io
from dataclasses import replace
from datetime import date
from typing import Any, Final

from pypdf import PdfReader

from recon.dunning.letter import InterestNote, Known, Letter, Movement, Owed, Texts, letter_of
from recon.dunning.titles import title
from recon.dunning.wording import NO_TEXTS, facts_of, fill, wording_of
from recon.model.dunning import DunnablePart, Notice, NoticeItem, PartState
from recon.model.items import Customer, CustomerType, PartKind
from recon.model.settings import Account, Company
from sepa.money import Language

ON: Final = date(2026, 3, 15)
COMPANY: Final = Company(
    "Optik Beispiel GmbH", street="Hauptstr. 1", postcode="50667", town="Köln", phone="0221 5550100",
    email="buchhaltung@example.com",
)  # fmt: skip
ACCOUNT: Final = Account("DE89370400440532013000", "COBADEFFXXX")
CUSTOMER: Final = Customer(
    7, "10042", "Tischlerei Beispiel OHG", CustomerType.COMPANY, street="Musterweg 4", postcode="50668", town="Köln",
    country="DE",
)  # fmt: skip
EMPTY: Final = Texts("Betreff", "davor", "danach", "Kopf", "Fuß")


def part(number: int, invoice: str, due: date, amount: int, left: int, **more: Any) -> DunnablePart:
    """A part of an item; ``left`` is what is open of it."""
    values = {"part": PartKind.TOTAL, "currency": "EUR", "state": PartState(), "branch": "K01", **more}
    return DunnablePart(item_id=number, invoice_no=invoice, customer_no="10042", due_date=due, amount=amount,
                        open=left, **values)  # fmt: skip


def line(of: DunnablePart, level: int, **more: Any) -> NoticeItem:
    """The line of a notice about a part."""
    days = max((ON - of.due_date).days, 0)
    return NoticeItem(of.item_id, of.invoice_no, of.part, of.due_date, days, of.open, level, **more)


def notice(level: int, language: str, *items: NoticeItem, **more: Any) -> Notice:
    """A notice of these lines."""
    values = {"customer_no": "10042", "branch": "K01", "channel": "letter", "deadline": date(2026, 3, 25),
              "currency": "EUR", "fee": 0, **more}  # fmt: skip
    return Notice(level=level, title=title("amparex", level, language), language=language, items=items, **values)


def letter(of: Notice, owed: Owed, texts: Texts | None = None, **more: Any) -> Letter:
    """The letter of a notice, with the built-in texts of its level where none are given."""
    values = {"company": COMPANY, "customer": CUSTOMER, "account": ACCOUNT, "branch": "Filiale Köln", **more}
    if texts is None:
        wording = wording_of(NO_TEXTS, "amparex", of.level, of.language)
        assert wording is not None
        facts = facts_of(of, ON, name=values["customer"].name, company=COMPANY.name, account=ACCOUNT,
                         branch="Filiale Köln")  # fmt: skip
        texts = Texts(*(fill(getattr(wording, name), facts) for name in ("subject", "before", "after", "header",
                                                                         "footer")))  # fmt: skip
    return letter_of(of, ("N17", "D3"), ON, texts=texts, owed=owed, **values)


def simple(fee: int = 0, **more: Any) -> Letter:
    """One invoice of 100.00, nothing paid."""
    one = part(1, "RE-1", date(2026, 3, 1), 100_00, 100_00)
    return letter(notice(1, "de", line(one, 1), fee=fee), Owed([one], {1: Known(date(2026, 2, 15))}), EMPTY, **more)


def full(level: int, language: Language) -> Letter:
    """Two parts of an invoice with receipts, another invoice, a credit note, one claim held and one on another notice;
    fee, lump sum and interest from level 3 on."""
    first = part(1, "RE-2026-0101", date(2026, 2, 1), 400_00, 250_00, part=PartKind.PREPAYMENT)
    second = part(1, "RE-2026-0101", date(2026, 3, 1), 600_00, 600_00, part=PartKind.REMAINDER)
    third = part(2, "RE-2026-0102", date(2026, 2, 10), 1_234_56, 1_234_56)
    credit = part(3, "GU-2026-0001", date(2026, 2, 20), -50_00, -50_00)
    debit = part(4, "RE-2026-0103", date(2026, 2, 12), 88_00, 88_00, hold="in_collection")
    other = part(5, "RE-2026-0104", date(2026, 2, 14), 12_34, 12_34)
    late = level > 2
    notes = (InterestNote("RE-2026-0102", date(2026, 2, 25), ON, 19, 1027),) if late else ()
    lines = (line(first, level), line(third, level, interest=6_60 if late else 0), line(credit, 0), line(second, 1))
    of = notice(level, language, *lines, fee=(0, 5_00, 40_00, 40_00)[level - 1], lump_sum=40_00 if late else 0,
                interest=6_60 if late else 0)  # fmt: skip
    received = (Movement(date(2026, 2, 5), "payment", -200_00), Movement(date(2026, 2, 19), "return", 50_00))
    known = {
        1: Known(date(2026, 1, 18), None, 0, received), 2: Known(date(2026, 1, 27)), 3: Known(date(2026, 2, 20)),
        4: Known(date(2026, 1, 29)), 5: Known(date(2026, 1, 31)),
    }  # fmt: skip
    owed = Owed([first, second, third, credit, debit, other], known, {(5, PartKind.TOTAL): "N12"})
    return letter(of, owed, interest=notes)


def long(count: int) -> Letter:
    """Very many invoices."""
    parts = [part(at, f"RE-2026-{at:04d}", date(2026, 3, 1), 10_00, 10_00) for at in range(1, count + 1)]
    known = {one.item_id: Known(date(2026, 2, 1)) for one in parts}
    return letter(notice(2, "de", *(line(one, 2) for one in parts), fee=5_00), Owed(parts, known))


def named(name: str, **more: Any) -> Letter:
    """A letter to somebody of this name."""
    return simple(customer=replace(CUSTOMER, name=name, **more))


def pages(content: bytes) -> list[str]:
    """What the pages of a PDF say, without the places where long words may be parted."""
    return [page.extract_text().replace("\u200b", "") for page in PdfReader(io.BytesIO(content)).pages]


def text(content: bytes) -> str:
    """What a PDF says, blanks and line ends evened out."""
    return " ".join(" ".join(pages(content)).split())


def places(content: bytes, page: int = 0) -> list[tuple[str, float, float]]:
    """The texts of a page with their places: millimetres from the left and from the top."""
    found: list[tuple[str, float, float]] = []
    sheet = PdfReader(io.BytesIO(content)).pages[page]
    height = float(sheet.mediabox.height)

    def note(said: str, cm: Any, tm: Any, _font: Any, _size: Any) -> None:
        if said.strip():
            across = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
            up = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            found.append((said.strip(), float(across) * 25.4 / 72, (height - float(up)) * 25.4 / 72))

    sheet.extract_text(visitor_text=note)
    return found
