"""A finding: what is wrong (or worth knowing), where, and what to do about it.

Wrong input never raises: it becomes a finding with a code. The texts of a code, German and English, stand in
``recon/texts/findings/*.toml``; a finding carries only its facts, so that it can be told in either language.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Severity(StrEnum):
    """``error`` refuses what it belongs to, ``warning`` wants a look, ``info`` explains a choice that was made."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. ``where`` is ``file:line``, ``file:row 12, column amount`` or the id of a record.

    ``facts`` are the named values that the texts of the code quote: ``(("expected", "1316.00"), ("found", "9.00"))``.
    """

    code: str
    severity: Severity
    where: str
    facts: tuple[tuple[str, str], ...] = ()

    def at(self, where: str) -> "Finding":
        """The same finding at another place."""
        return replace(self, where=where)


def error(code: str, where: str, **facts: object) -> Finding:
    """A finding that refuses what it belongs to."""
    return Finding(code, Severity.ERROR, where, _facts(facts.items()))


def warning(code: str, where: str, **facts: object) -> Finding:
    """A finding that wants a look."""
    return Finding(code, Severity.WARNING, where, _facts(facts.items()))


def info(code: str, where: str, **facts: object) -> Finding:
    """A finding that explains a choice."""
    return Finding(code, Severity.INFO, where, _facts(facts.items()))


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether any finding refuses what it belongs to."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def _facts(pairs: Iterable[tuple[str, object]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in pairs)
