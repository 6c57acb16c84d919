"""What a notice says: the texts of each level, German and English, built in or the company's own (D-09 to D-13, V-17).

A text is plain text with placeholders in braces. It is checked when it is saved (``problems``) and filled once
(``fill``); what comes in by a placeholder is never looked at for placeholders or markup again.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from recon.dunning.titles import LANGUAGES, title
from recon.model.dunning import Notice
from recon.model.finding import Finding, error
from recon.model.settings import Account
from recon.texts import telling
from sepa.money import Language, shown

# As many as a procedure may have.
LEVELS: Final = (1, 2, 3, 4)
# What a text may quote. All of them are known for every notice; where a company has no bank account or a customer no
# branch, that one is empty.
PLACEHOLDERS: Final = (
    "title", "n", "date", "deadline", "total", "open", "fee", "interest", "invoices", "customer_no", "name", "company",
    "branch", "iban", "bic", "account_holder",
)  # fmt: skip
# Lengths: a title fits its line in large print, a subject the list of a mailbox, header and footer their margins; the
# running texts leave room for the list on two pages.
MAX_TITLE: Final = 60
MAX_SUBJECT: Final = 150
MAX_MARGIN: Final = 300
MAX_TEXT: Final = 4_000
LIMITS: Final[Mapping[str, int]] = MappingProxyType({
    "title": MAX_TITLE, "subject": MAX_SUBJECT, "mail": MAX_TEXT, "before": MAX_TEXT, "after": MAX_TEXT,
    "header": MAX_MARGIN, "footer": MAX_MARGIN,
})  # fmt: skip
FIELDS: Final = tuple(LIMITS)
# Invoices named in running text; the list of the letter names all.
NAMED_INVOICES: Final = 5

_ONE_LINE: Final = frozenset({"title", "subject"})
_NEVER_EMPTY: Final = frozenset({"title", "subject", "mail"})
# A title is known before there is a notice: by its level alone.
_OF_TITLE: Final = ("n",)
_BRACE: Final = re.compile(r"\{\{|\}\}|\{([^{}\n]{0,40})\}|[{}]")
_BLANKS: Final = re.compile(r"\s+")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts of a level in a language, with their placeholders. ``before`` and ``after`` stand around the list of
    the letter, ``mail`` is the body of the mail that carries it; an empty line parts two paragraphs."""

    title: str
    subject: str
    mail: str
    before: str
    after: str
    header: str
    footer: str


@dataclass(frozen=True, slots=True)
class OwnTexts:
    """What a company wrote itself, by level, language and field, and per level and language the field that is
    missing: written in another language and not in this one."""

    texts: Mapping[tuple[int, str, str], str]
    missing: Mapping[tuple[int, str], str]


def own_texts_of(texts: Mapping[tuple[int, str, str], str]) -> OwnTexts:
    """Own texts with what is missing among them."""
    missing: dict[tuple[int, str], str] = {}
    for name in reversed(FIELDS):
        for level, _, _ in [key for key in texts if key[2] == name]:
            for language in LANGUAGES:
                if (level, language, name) not in texts:
                    missing[level, language] = name
    return OwnTexts(MappingProxyType(dict(texts)), MappingProxyType(missing))


NO_TEXTS: Final = own_texts_of({})


def wording_of(
    own: OwnTexts, preset: str | None, level: int, language: str, *, channel: str = "letter"
) -> Wording | None:
    """The texts of a level in a language; ``None`` where one is missing (D-13). ``channel`` ``phone`` gives the guide
    for a call in place of the built-in letter."""
    if language not in LANGUAGES or (level, language) in own.missing:
        return None
    given = built_in_of(preset, level, language, channel=channel)
    return Wording(**{name: own.texts.get((level, language, name), getattr(given, name)) for name in FIELDS})


def built_in_of(preset: str | None, level: int, language: str, *, channel: str = "letter") -> Wording:
    """The built-in texts of a level. Raises KeyError for a language without them."""
    found = _built_in(language)["phone" if channel == "phone" else str(level)]
    return Wording(title=title(preset, level, language), **found)


def title_of(own: OwnTexts, preset: str | None, level: int, language: str) -> str:
    """What a notice is called: the company's own title, else that of the procedure (A-09, A-10, X-13)."""
    written = own.texts.get((level, language, "title"))
    return title(preset, level, language) if written is None else fill(written, {"n": str(level)})


def fill(text: str, facts: Mapping[str, str]) -> str:
    """A text with its placeholders replaced, in one go: braces in a fact stay what they are.

    >>> fill("{{x}} {name}", {"name": "{total}"})
    '{x} {total}'

    Raises KeyError for a placeholder without its fact: ``problems`` lets no other be saved.
    """

    def put(found: re.Match[str]) -> str:
        return found[0][0] if found[0] in {"{{", "}}"} else facts[found[1]]

    return _BRACE.sub(put, text).strip()


def facts_of(
    notice: Notice, on: date, *, name: str, company: str, account: Account | None = None, branch: str | None = None
) -> dict[str, str]:
    """What the placeholders of a notice stand for, as its language writes it. ``on`` is the day it is issued,
    ``account`` where the money is to go, ``branch`` the name of its branch. All on one line and without control
    characters, whatever a file said."""
    language: Language = "de" if notice.language == "de" else "en"
    known = {
        "title": notice.title,
        "n": str(notice.level),
        "date": written_day(on, language),
        "deadline": written_day(notice.deadline, language),
        "total": money(notice.total, language, notice.currency),
        "open": money(sum(line.open for line in notice.items), language, notice.currency),
        "fee": money(notice.fee, language, notice.currency),
        "interest": money(notice.interest, language, notice.currency),
        "invoices": named(notice, language),
        "customer_no": notice.customer_no,
        "name": name,
        "company": company,
        "branch": branch or "",
        "iban": "" if account is None else telling.iban(account.iban),
        "bic": "" if account is None else account.bic or "",
        "account_holder": company,
    }
    return {key: one_line(value) for key, value in known.items()}


def problems(name: str, text: str, where: str) -> tuple[Finding, ...]:
    """What is wrong with an own text for the field ``name``; nothing where it may be saved."""
    return tuple(_problems(name, text, where))


def tidy(text: str) -> str:
    """A text as it is kept: line ends as ``\\n``, nothing at the ends of lines and of the whole, letters composed."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def written_day(day: date, language: Language) -> str:
    """``05.12.2026`` or ``5 December 2026``."""
    return f"{day:%d.%m.%Y}" if language == "de" else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def money(minor: int, language: Language, currency: str) -> str:
    """``1.234,56 EUR`` or ``EUR 1,234.56``."""
    amount = shown(minor, language, currency)
    return f"{amount} {currency}" if language == "de" else f"{currency} {amount}"


def named(notice: Notice, language: Language) -> str:
    """The claims of a notice by their invoice numbers, the first ones where they are many: ``Rechnung RE-1``,
    ``die Rechnungen RE-1 und RE-2``, ``… und 3 weitere``."""
    numbers = list(dict.fromkeys(line.invoice_no for line in notice.items if line.level > 0))
    shown_ones, more = numbers[:NAMED_INVOICES], len(numbers) - NAMED_INVOICES
    words = _built_in(language)["words"]
    if len(numbers) == 1:
        return f"{words['one']} {numbers[0]}"
    if more > 0:
        last = words["more"].replace("{count}", str(more)) if more > 1 else words["one_more"]
        return f"{words['many']} {', '.join(shown_ones)} {words['and']} {last}"
    return f"{words['many']} {', '.join(shown_ones[:-1])} {words['and']} {shown_ones[-1]}"


def one_line(text: str) -> str:
    """A fact as it may stand in a text: one line, without control or hidden characters."""
    seen = text if text.isprintable() else "".join(sign for sign in text if sign.isspace() or sign.isprintable())
    return _BLANKS.sub(" ", seen).strip()


def _problems(name: str, text: str, where: str) -> Iterator[Finding]:
    if len(text) > LIMITS[name]:
        yield error("dunning-text-too-long", where, limit=LIMITS[name], found=len(text))
    if not text and name in _NEVER_EMPTY:
        yield error("dunning-text-empty", where)
    if name in _ONE_LINE and "\n" in text:
        yield error("dunning-text-lines", where)
    strange = sorted({sign for sign in text if sign != "\n" and not sign.isprintable()})
    if strange:
        yield error("dunning-text-characters", where, found=", ".join(f"U+{ord(sign):04X}" for sign in strange))
    allowed = _OF_TITLE if name == "title" else PLACEHOLDERS
    told = ", ".join(f"{{{one}}}" for one in allowed)
    for found in _BRACE.finditer(text):
        if found[0] in {"{", "}"}:
            yield error("dunning-text-braces", where, text=text[max(found.start() - 10, 0) : found.end() + 10])
        elif found[0] not in {"{{", "}}"} and found[1] not in allowed:
            yield error("dunning-text-placeholder", where, text=found[0], allowed=told)


@cache
def _built_in(language: str) -> Mapping[str, Mapping[str, str]]:
    """The built-in texts of a language. Raises KeyError for another than ``LANGUAGES``."""
    if language not in LANGUAGES:
        raise KeyError(language)
    file = resources.files("recon.dunning").joinpath("wordings").joinpath(f"{language}.toml")
    tables: Mapping[str, Mapping[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))
    return tables
