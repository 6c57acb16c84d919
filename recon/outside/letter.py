"""Dunning letters as PDF (Mahnschreiben): A4, DIN 5008 form B, PDF/A. The same letter gives the same bytes."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from recon.dunning.letter import InterestNote, Letter, LetterLine, StatementLine
from recon.outside import girocode
from recon.outside.typesetting import printed, typeset
from recon.texts import catalogue
from recon.texts.telling import day, iban
from sepa.girocode import GiroCodeError
from sepa.money import Language, shown
from sepa.references import format_reference

TEMPLATE: Final = "letter.typ"
# Words longer than this may be parted where their column ends.
_LONG_WORD: Final = 18
_BREAK: Final = "\u200b"
# ISO/IEC 18004: modules of white around a code.
_QUIET: Final = 4
_LIGHT, _DARK = 255, 0
# Lines of the statement that stand by themselves; what was received stands under them.
_ENTRIES: Final = ("claim", "credit_note", "balance_credit", "other_part")


def pdf(letter: Letter, *, draft: bool = False) -> bytes:
    """One letter. ``draft`` prints across each page that it is none yet."""
    return pdf_of_pages([page(letter, draft=draft)], title_of(letter), letter)


def title_of(letter: Letter) -> str:
    """What the file of a letter is called in its properties."""
    return f"{letter.title} {letter.notice}"


def pdf_of_pages(pages: Sequence[Any], title: str, first: Letter, *, tags: bool = True) -> bytes:
    """Letters one after the other in one file, each with pages of its own, as ``page`` tells them."""
    document = {"title": _shown(title), "author": _shown(first.sender[0]), "letters": pages}
    return typeset(TEMPLATE, document, first.issued_on, shown=True, tags=tags)


def page(letter: Letter, *, draft: bool = False) -> dict[str, Any]:
    """A letter as the template takes it: every text told already."""
    language = _language(letter)
    labels = _labels(language)
    due = any(line.due != line.open for line in letter.lines)
    data = {
        "language": language,
        "labels": labels,
        "draft": catalogue("letters")["draft"][language] if draft else "",
        "sender": list(letter.sender),
        "sender_line": " · ".join(letter.sender),
        "address": [_parted(line) for line in letter.address],
        "information": [{"label": label, "value": _parted(value)} for label, value in _information(letter, language)],
        "header": _paragraphs(letter.header),
        "footer": _paragraphs(letter.footer),
        "running": [f"{letter.sender[0]} · {letter.title}", _told("running", language, notice=letter.notice,
                                                                  customer=letter.customer_no)],
        "subject": letter.subject.split("\n"),
        "before": _paragraphs(letter.before),
        "after": _paragraphs(letter.after),
        "due_column": due,
        "claims": [_claim(line, letter, language) for line in letter.lines],
        "sums": list(_sums(letter, language)),
        "total": {"label": _told("total", language, day=day(letter.deadline, language)),
                  "amount": _money(letter.total, letter)},
        "payment": [{"label": label, "value": value} for label, value in _payment(letter, language)],
        "code": _code(letter.girocode),
        "statement_title": _told("statement", language, day=day(letter.issued_on, language),
                                 currency=letter.currency),
        "statement": [_entry(line, letter, language) for line in letter.statement] if _says_more(letter) else [],
        "balance": _money(letter.balance, letter),
    }  # fmt: skip
    return {name: _shown(value) for name, value in data.items()}


def _information(letter: Letter, language: Language) -> Iterator[tuple[str, str]]:
    labels = _labels(language)
    yield labels["date"], day(letter.issued_on, language)
    yield labels["customer"], letter.customer_no
    yield labels["number"], letter.notice
    if letter.branch:
        yield labels["branch"], letter.branch
    for name, value in letter.contact:
        yield labels[name], value


def _claim(line: LetterLine, letter: Letter, language: Language) -> dict[str, str]:
    part = "" if line.part == "total" else _labels(language)[line.part]
    if line.level == 0:
        part = _labels(language)["credit_note"]
    return {
        "document": _parted(line.invoice_no), "part": part,
        "issued": day(line.issued_on, language) if line.issued_on else "",
        "due_date": day(line.due_date, language), "days": str(line.days) if line.level else "",
        "amount": _money(line.amount, letter), "paid": _money(line.paid, letter),
        "open": _money(line.open, letter), "due": _money(line.due, letter),
    }  # fmt: skip


def _sums(letter: Letter, language: Language) -> Iterator[dict[str, str]]:
    """What the total is made of; nothing where it is the list alone, and no line for what is nothing (D-17)."""
    labels = _labels(language)
    yield {"label": labels["sum"], "note": "", "amount": _money(letter.asked, letter)}
    for name, amount in (("fee", letter.fee), ("lump_sum", letter.lump_sum), ("interest", letter.interest)):
        if amount:
            note = "; ".join(_rate(one, language) for one in letter.interest_notes) if name == "interest" else ""
            yield {"label": labels[name], "note": note, "amount": _money(amount, letter)}


def _rate(note: InterestNote, language: Language) -> str:
    return _told("rate", language, invoice=note.invoice_no, first=day(note.first, language),
                 last=day(note.last, language), days=str(note.days), percent=shown(note.percent, language))  # fmt: skip


def _payment(letter: Letter, language: Language) -> Iterator[tuple[str, str]]:
    if not letter.iban:
        return
    labels = _labels(language)
    yield labels["holder"], letter.holder
    yield labels["iban"], iban(letter.iban)
    if letter.bic:
        yield labels["bic"], letter.bic
    yield labels["transfer_amount"], f"{_money(letter.total, letter)} {letter.currency}"
    if letter.reference:
        yield labels["reference"], format_reference(letter.reference)
    else:
        yield labels["remittance"], _parted(letter.remittance)


def _says_more(letter: Letter) -> bool:
    """Whether the statement tells more than the list: receipts, claims that are not on the notice, a balance."""
    return any(one.kind not in _ENTRIES[:2] or one.remark for one in letter.statement)


def _entry(line: StatementLine, letter: Letter, language: Language) -> dict[str, Any]:
    labels = _labels(language)
    inner = line.kind not in _ENTRIES
    part = f" ({labels[line.part]})" if line.part != "total" else ""
    kind = catalogue("letters").get(f"entry.{line.kind}", catalogue("letters")["entry.other"])[language]
    known = f"remark.{line.remark}" in catalogue("letters")
    remark = _told(f"remark.{line.remark if known else 'blocked'}", language, notice=line.notice) if line.remark else ""
    return {
        "day": day(line.day, language) if line.day else "", "inner": inner,
        "text": kind if inner or not line.invoice_no else f"{kind} {_parted(line.invoice_no)}{part}",
        "remark": remark, "amount": _money(line.amount, letter),
    }  # fmt: skip


def _code(payload: str) -> dict[str, Any] | None:
    """The modules of a code and the white around it as grey values, row by row."""
    if not payload:
        return None
    try:
        rows = girocode.matrix(payload)
    except GiroCodeError:
        return None
    white = [_LIGHT] * _QUIET
    width = len(rows) + 2 * _QUIET
    margin = [_LIGHT] * (width * _QUIET)
    pixels = [*margin]
    for row in rows:
        pixels += [*white, *(_DARK if module else _LIGHT for module in row), *white]
    return {"width": width, "pixels": [*pixels, *margin]}


def _paragraphs(text: str) -> list[list[str]]:
    """Paragraphs of lines: an empty line parts two of them."""
    return [[_parted(line) for line in block.split("\n")] for block in text.split("\n\n") if block.strip()]


def _parted(text: str) -> str:
    """A text whose long words may end where their column does."""
    return " ".join(word if len(word) <= _LONG_WORD else _BREAK.join(word) for word in text.split(" "))


def _shown(value: Any) -> Any:
    """Every text so that it can be printed; the places where a word may be parted stay."""
    if isinstance(value, str):
        return _BREAK.join(printed(piece) for piece in value.split(_BREAK))
    if isinstance(value, dict):
        return {name: entry if name == "pixels" else _shown(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_shown(entry) for entry in value]
    return value


def _labels(language: Language) -> dict[str, str]:
    return {code: texts[language] for code, texts in catalogue("letters").items() if "." not in code}


def _told(code: str, language: Language, **facts: str) -> str:
    text = catalogue("letters")[code][language]
    for name, value in facts.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _money(minor: int, letter: Letter) -> str:
    return shown(minor, _language(letter), letter.currency)


def _language(letter: Letter) -> Language:
    return "de" if letter.language == "de" else "en"
