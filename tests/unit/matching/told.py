"""What opos says of a line, as a person reads it: the golden file of all table rows is made here.

``python -m tests.unit.matching.told`` writes it anew; then it has to be read, as an accountant reads it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recon.matching.explaining import Explanation, explain
from recon.matching.world import OpenLine, World, index
from recon.model.items import OpenItem
from recon.model.statement import Line
from recon.texts import why
from sepa.money import Language, shown
from tests.unit.matching.scenes import bank_line
from tests.unit.matching.scenes import told as in_short

LANGUAGES: tuple[Language, ...] = ("de", "en")
GOLDEN = Path(__file__).parents[2] / "golden/matching/explained.txt"


def explained(line: Line, known: World, item: OpenItem | None = None) -> Explanation:
    return explain(OpenLine(1, line, line.amount), index(known), item)


def sentences(found: Explanation, language: Language) -> list[str]:
    """The first proposal's evidence, what decided against the runner-up, and why not the item asked for."""
    reasons = [*(found.proposals[0].evidence if found.proposals else ())]
    reasons += [found.decided] if found.decided is not None else []
    return [why(reason.rule, reason.facts, language) for reason in (*reasons, *found.why_not)]


def rows() -> Iterator[tuple[Line, World]]:
    """Every row of the tables of classes, numbers without prefix, and what a clerk reads."""
    from tests.unit.matching import test_beside_items, test_classes, test_what_a_number_is, test_without_prefix

    tables: list[tuple[Any, ...]] = [*test_classes.C2_C3_C4, *test_classes.H, *test_classes.M, *test_classes.L]
    for amount, text, given, known, _ in tables:
        yield bank_line(amount, text, **given), test_classes.SKONTO if isinstance(known, str) else known
    for amount, text, given, known, _ in test_beside_items.CASES:
        yield bank_line(amount, text, **given), known
    for text, amount, given, known, _ in (*test_without_prefix.C5, *test_what_a_number_is.CASES):
        yield bank_line(amount, text, **given), known
    for text, known in (*test_without_prefix.H7, *test_without_prefix.M4, *test_without_prefix.L1):
        yield bank_line("119.00", text), known


def whole() -> str:
    """The golden file."""
    pages = []
    for line, known in rows():
        found = explained(line, known)
        whose = " ".join(filter(None, (line.counterparty.name, line.counterparty.iban)))
        head = f"{shown(line.amount, 'de')} „{line.remittance or line.creditor_reference or '-'}“ {whose}".rstrip()
        first = in_short(found.proposals[0]) if found.proposals else "-"
        told = [f"  {text}" for language in LANGUAGES for text in sentences(found, language)]
        pages.append("\n".join([head, f"= {first}", *told]))
    return "\n\n".join(pages) + "\n"


if __name__ == "__main__":
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    GOLDEN.write_text(whole(), encoding="utf-8")
