"""What the auditor can prove of four eyes: from the log alone, whatever the tables say."""

from typing import Any

import pytest

from recon.ledger.audit_log import Event, History
from recon.ledger.audit_release import releases
from recon.ledger.audit_source import Source

_SOURCE: Any = None
_FOUR, _ONE = {"collect": {"release": "four_eyes"}}, {"collect": {"release": "single"}}
_MADE = {"sha256": "ab"}
_SEEN = {"sha256": "ab", "created_by": "one"}


def _found(*acts: tuple[str, str, dict[str, Any]]) -> list[tuple[str, str]]:
    """Actor, action and what its record tells, all about B1; what is found, by the record of the log."""
    events = [
        Event(number, "2026-11-20", actor, action, "company" if action == "settings" else "B1", {}, after, None)
        for number, (actor, action, after) in enumerate(acts, start=1)
    ]
    source: Source = _SOURCE
    return [(finding.code, dict(finding.facts)["log"]) for finding in releases(source, History(events=events))]


@pytest.mark.parametrize(
    ("acts", "found"),
    [
        ([("one", "collect", _MADE), ("one", "export", {})], []),
        ([("one", "settings", _ONE), ("one", "collect", _MADE), ("one", "export", {})], []),
        ([("one", "settings", _FOUR), ("one", "collect", _MADE), ("two", "release", _SEEN), ("one", "export", {})], []),
        (
            [("one", "settings", _FOUR), ("one", "collect", _MADE), ("one", "export", {})],
            [("audit-four-eyes", "3")],
        ),
        (
            [("one", "settings", _FOUR), ("one", "collect", _MADE), ("one", "release", _SEEN), ("two", "export", {})],
            [("audit-four-eyes", "3"), ("audit-four-eyes", "4")],
        ),
        # Put in force only after the file went out.
        ([("one", "collect", _MADE), ("one", "export", {}), ("one", "settings", _FOUR)], []),
        # Released by its maker while that was allowed, then the rule became stricter.
        (
            [("one", "collect", _MADE), ("one", "release", _SEEN), ("one", "settings", _FOUR), ("one", "export", {})],
            [("audit-four-eyes", "4")],
        ),
        (
            [("one", "settings", _FOUR), ("one", "collect", _MADE), ("two", "release", {**_SEEN, "sha256": "cd"})],
            [("audit-release", "3")],
        ),
        (
            [("one", "collect", _MADE), ("two", "release", {**_SEEN, "created_by": "three"})],
            [("audit-release", "2")],
        ),
    ],
    ids=["no-rule", "single", "second-released", "nobody-released", "maker-released", "rule-came-later",
         "rule-came-before-export", "another-file", "another-maker"],
)  # fmt: skip
def test_four_eyes_by_the_log(acts: list[tuple[str, str, dict[str, Any]]], found: list[tuple[str, str]]) -> None:
    assert _found(*acts) == found
