"""A long import in the eyes of the person who waits for it: what is read now, how much is in, how long it took (on a
terminal only); and, when it is interrupted, what was taken in."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Final

import click

from recon.commands.call import Call, on_terminal
from recon.commands.output import printable
from recon.model.finding import error, info
from recon.service.answers import Exit, Refused
from recon.service.importing import Step
from recon.service.stopping import hold, release
from recon.texts import filled
from sepa.money import Language

_GERMAN: Final = str.maketrans(",.", ".,")


@dataclass(slots=True)
class Tally:
    """What has been taken in so far. ``shown`` is told of each step."""

    shown: Any = None
    statements: int = 0
    lines: int = 0
    records: int = 0
    began: float = field(default_factory=time.monotonic)

    def __call__(self, step: Step) -> None:
        """Count a step that stands in the books."""
        self.statements += step.statements
        self.lines += step.lines
        self.records += step.records
        if self.shown is not None:
            self.shown(step, self)
        # Counted: it may be stopped again.
        release()

    @property
    def seconds(self) -> str:
        """How long it has taken."""
        return f"{time.monotonic() - self.began:.1f}"

    def told(self, call: Call) -> str:
        """The line of the end."""
        counts = {"statements": self.statements, "lines": self.lines, "records": self.records}
        told = {name: f"{count:,}" for name, count in counts.items()} | {"seconds": self.seconds}
        return filled("import_done", call.lang, **{name: _spelt(text, call.lang) for name, text in told.items()})


@contextmanager
def watched(call: Call) -> Iterator[Tally]:
    """Counts an import, shows it where a person is watching, and tells what stands when it is interrupted (Ctrl-C or
    SIGTERM): raises Refused with exit code 130 then."""
    tally = Tally()
    try:
        with _live(tally, call.lang) if on_terminal() else nullcontext():
            yield tally
    except KeyboardInterrupt as stop:
        hold()
        if call.dry_run:
            told = info("dry-run-interrupted", call.command, seconds=tally.seconds)
        else:
            told = error("import-interrupted", call.command, seconds=tally.seconds, statements=tally.statements,
                         lines=tally.lines, records=tally.records)  # fmt: skip
        raise Refused(told, exit_code=Exit.INTERRUPTED) from stop
    if on_terminal():
        click.echo(tally.told(call), err=True)


@contextmanager
def _live(tally: Tally, language: Language) -> Iterator[None]:
    """One line that changes in place and is gone at the end."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("…")

        def show(step: Step, so_far: Tally) -> None:
            counts = _spelt(f"{so_far.statements:,} · {so_far.lines + so_far.records:,}", language)
            progress.update(task, description=f"{printable(step.name)}  {counts}")

        tally.shown = show
        yield


def _spelt(number: str, language: Language) -> str:
    """A number with the signs between its thousands and before its decimals as the language has them."""
    return number.translate(_GERMAN) if language == "de" else number
