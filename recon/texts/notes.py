"""What was changed in the texts of a debit file, for people."""

from dataclasses import dataclass

from recon.texts import catalogue, told
from sepa.money import Language
from sepa.problem import Problem


@dataclass(frozen=True, slots=True)
class Note:
    """One change: the invoice (empty for what is about the creditor), which field, what was changed, and what the file
    says now."""

    invoice: str
    field: str
    changed: str
    written: str


def note_of(problem: Problem, language: Language) -> Note:
    """A note as people read it."""
    facts = dict(problem.facts)
    field = facts.get("field", "bic" if "bic" in facts else "")
    texts = catalogue("sheets")
    name = texts[f"field.{field}"][language] if f"field.{field}" in texts else field
    code = f"note.{problem.code}"
    changed = told("sheets", code, problem.facts, language) if code in texts else problem.code
    return Note(facts.get("invoice", ""), name, changed, facts.get("written", ""))
