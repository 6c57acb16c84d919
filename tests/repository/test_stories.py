"""Every command that writes is killed somewhere: it stands in a story of ``tests/robust/story.py``."""

from collections.abc import Iterator

import click

from cli import opos
from tests.repository.code import none
from tests.robust.story import COMMANDS

# Killed while a mail server listens: tests/robust/test_mail_killed.py.
_WITH_A_SERVER = {("mail", "send"), ("mail", "operator")}


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))


def test_every_writing_command_is_in_a_story() -> None:
    """One that takes ``--dry-run`` writes. A new one gets a ``Command`` in ``tests/robust/story.py``: the stage of the
    demo books before it, its day, its words, and how it leaves when it is repeated."""
    writing = {
        path
        for path, command in _commands(opos)
        if any("--dry-run" in option.opts for option in command.params if isinstance(option, click.Option))
    }
    told = {max((path for path in writing if story.words[: len(path)] == path), key=len) for story in COMMANDS}
    unheard = writing - told - _WITH_A_SERVER
    none([f"opos {' '.join(path)} is in no story: write one in tests/robust/story.py" for path in unheard])
    assert len(writing) >= 16
