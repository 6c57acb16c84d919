"""A problem: what is wrong with input or with a file, as a value. ``recon`` tells it to people as a finding."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """``code`` is kebab-case; ``facts`` are the named values that a text of the code quotes."""

    code: str
    facts: tuple[tuple[str, str], ...] = ()

    def fact(self, name: str) -> str | None:
        """The value of a fact, ``None`` where the problem has none of that name."""
        return dict(self.facts).get(name)


def problem(code: str, **facts: object) -> Problem:
    """A problem with its facts as text."""
    return Problem(code, facts_of(**facts))


def facts_of(**facts: object) -> tuple[tuple[str, str], ...]:
    """Named values as facts.

    >>> facts_of(country="GB", missing="town")
    (('country', 'GB'), ('missing', 'town'))
    """
    return tuple((name, str(value)) for name, value in facts.items())
