"""The version of the matching rules: a number that is raised with them."""

import hashlib

from msgspec import json

from bench.world import Scene, generate
from recon.matching.engine import match
from recon.matching.version import RULES

# The world, and what the rules of which version decide in it. The first part is another one: only the world has been
# changed, put both parts in anew. The second alone is another one: the rules have changed, raise ``RULES`` as well.
WORLD, DECISIONS, VERSION = "32f12ff00a67c280", "8ce785d209dd9d28", 1


def test_the_version_is_raised_with_the_rules() -> None:
    """600 lines of all kinds of payment against 1,800 items: class, band, shares and evidence of every proposal."""
    scene = generate(1, 600, 1800, "mixed", labels=False)
    found = (_hash(_told(scene)), _hash(match(scene.lines, scene.world)), RULES)
    assert found == (WORLD, DECISIONS, VERSION)


def _told(scene: Scene) -> object:
    """The world without what cannot be told in JSON."""
    owed = [(item.id, item.invoice_no, item.customer_no, item.open, str(item.due_date)) for item in scene.world.items]
    return [[(line.id, line.line, line.open) for line in scene.lines], owed]


def _hash(value: object) -> str:
    return hashlib.sha256(json.encode(value, order="sorted")).hexdigest()[:16]
