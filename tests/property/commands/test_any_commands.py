"""Random commands over months, on both databases: after each the books are sound (``machine.py``).

``OPOS_STEPS=2000`` plays that many on each database, other ones each time; without it some hundreds, always the
same.
"""

import os
from collections import Counter
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.books import Databases
from tests.property.commands import small_world
from tests.property.commands.machine import Commands

_LONG: Final = int(os.environ.get("OPOS_STEPS", "0"))
_STEPS: Final = 60


@pytest.mark.slow
def test_the_books_are_sound_after_any_command(databases: Databases, database: str) -> None:
    template = databases.empty(database)
    small_world.set_up(template)
    done: Counter[str] = Counter()

    class Machine(Commands):
        def __init__(self) -> None:
            super().__init__(databases, template, done)

    while True:
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=10 if _LONG else 4 if database == "sqlite" else 2,
                stateful_step_count=_STEPS,
                deadline=None,
                derandomize=not _LONG,
                database=None,
                phases=[Phase.generate] if _LONG else [Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            ),
        )
        if sum(done.values()) >= _LONG:
            break
    print(sum(done.values()), dict(sorted(done.items())))
    assert {"import", "match", "export datev"} <= {*done}
