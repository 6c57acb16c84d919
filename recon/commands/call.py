"""What every command is called with: the books, the day, the form of the output, on whose behalf.

The options may stand before the command or behind it; the one behind wins.
"""

import getpass
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from sepa.money import Language

if TYPE_CHECKING:
    from recon.service.context import Context
    from recon.store.log import Stamp

DEFAULT_BOOKS: Final = "opos.db"


class Day(click.ParamType[date]):
    """A calendar date, ``2026-11-30`` or ``30.11.2026``."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read the date."""
        if isinstance(value, date):
            return value
        for form in ("%Y-%m-%d", "%d.%m.%Y"):
            with suppress(ValueError):
                return datetime.strptime(value, form).date()  # noqa: DTZ007 - a plain date
        raise click.BadParameter(f"{value!r} is no date; write it as 2026-11-30 or 30.11.2026", ctx, param)


class TimeOfDay(click.ParamType[str]):
    """A time of day, ``14:00``."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read the time."""
        with suppress(ValueError):
            return f"{datetime.strptime(value, '%H:%M'):%H:%M}"  # noqa: DTZ007 - a plain time
        raise click.BadParameter(f"{value!r} is no time of day; write it as 14:00", ctx, param)


class Moment(click.ParamType[datetime]):
    """A day with a time of day, ``2026-11-30 14:05`` or ``30.11.2026 14:05``."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the moment: local time, to the minute."""
        if isinstance(value, datetime):
            return value
        for form in ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%d.%m.%Y %H:%M"):
            with suppress(ValueError):
                return datetime.strptime(value, form)  # noqa: DTZ007 - local time, as people write it down
        raise click.BadParameter(f"{value!r} is no moment; write it as '2026-11-30 14:05'", ctx, param)


DAY: Final = Day()
TIME: Final = TimeOfDay()
MOMENT: Final = Moment()

_GLOBAL: Final = (
    click.option("--books", metavar="PATH|URL", help="The books: a file or postgresql://… [OPOS_BOOKS, opos.db]"),
    click.option("--as-of", type=DAY, metavar="DATE", help="The day the command pretends it is [today]"),
    click.option("--lang", type=click.Choice(["de", "en"]), help="Language for people [OPOS_LANG, locale]"),
    click.option("--actor", metavar="NAME", help="On whose behalf, for the log [OPOS_ACTOR, the system's user]"),
)
_OUTPUT: Final = (
    click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output"),
    click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values instead of a table"),
)
_SHEETS: Final = (
    click.option("--excel-csv", "excel_csv", is_flag=True, help="CSV as German Excel opens it: semicolons, 1234,56"),
    click.option("--xlsx", metavar="FILE", help="Write a workbook instead of a table"),
    click.option("--force", is_flag=True, help="Let --xlsx replace a file that is there"),
)
_DRY: Final = (click.option("--dry-run", is_flag=True, help="Show what would happen and write nothing"),)


@dataclass(frozen=True, slots=True)
class GlobalOptions:
    """The options as given, before defaults."""

    books: str | None = None
    as_of: date | None = None
    lang: Language | None = None
    actor: str | None = None

    @staticmethod
    def of(options: dict[str, Any]) -> "GlobalOptions":
        """Take the options out of a command's arguments."""
        return GlobalOptions(*(options.pop(name, None) for name in ("books", "as_of", "lang", "actor")))

    def over(self, other: "GlobalOptions") -> "GlobalOptions":
        """These options, filled up from others."""
        names = ("books", "as_of", "lang", "actor")
        given = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return replace(other, **given)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a command, with all its defaults resolved."""

    command: str
    books: str
    as_of: date
    lang: Language
    actor: str
    as_json: bool
    as_csv: bool
    dry_run: bool
    excel_csv: bool = False
    xlsx: str | None = None
    force: bool = False
    filters: str = ""

    @property
    def for_people(self) -> bool:
        """Whether a person reads the output as it comes: a table with words around it, no document or file."""
        return not (self.as_json or self.as_csv or self.excel_csv or self.xlsx)

    @property
    def stamp(self) -> "Stamp":
        """Who and when, for the log. The real time is taken here and nowhere else."""
        from recon.store.log import Stamp

        return Stamp(self.as_of, self.actor, datetime.now(UTC).isoformat(timespec="seconds"))

    def context(self) -> "Context":
        """The opened books, closed when the command ends. Raises Refused."""
        from recon.service.context import open_context

        opened = open_context(self.books, self.stamp, dry_run=self.dry_run)
        click.get_current_context().call_on_close(opened.books.close)
        return opened


def global_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add ``--books``, ``--as-of``, ``--lang`` and ``--actor``."""
    return _decorate(function, _GLOBAL)


def called(*, dry_run: bool = False, sheets: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command: gets a Call as its first argument, and takes the options that every command has. ``sheets`` is for
    lists and reports: they can be written as spreadsheets too."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        def wrapped(*args: Any, **options: Any) -> None:
            ctx = click.get_current_context()
            given = GlobalOptions.of(options)
            output = {name: bool(options.pop(name, False)) for name in ("as_json", "as_csv", "dry_run")}
            call = resolve(ctx, given, **output)
            if sheets:
                wanted = {name: options.pop(name) for name in ("excel_csv", "xlsx", "force")}
                call = _as_sheet(ctx, replace(call, **wanted), options)
            return function(call, *args, **options)

        wrapped.__name__ = function.__name__
        wrapped.__doc__ = function.__doc__
        if hasattr(function, "__click_params__"):
            wrapped.__click_params__ = function.__click_params__  # type: ignore[attr-defined]
        return _decorate(wrapped, _GLOBAL + _OUTPUT + (_SHEETS if sheets else ()) + (_DRY if dry_run else ()))

    return decorate


def _as_sheet(ctx: click.Context, call: Call, options: dict[str, Any]) -> Call:
    """The call with what its own options narrow, for the head of a workbook. One form of output at a time."""
    if [call.as_json, call.as_csv, call.excel_csv, call.xlsx is not None].count(True) > 1:
        raise click.UsageError("choose one of --json, --csv, --excel-csv and --xlsx", ctx)
    told = []
    for parameter in ctx.command.params:
        value = options.get(parameter.name or "")
        if value in (None, False, ()):
            continue
        name = f"{parameter.opts[-1]} " if isinstance(parameter, click.Option) else ""
        values = value if isinstance(value, (list, tuple)) else [value]
        told.append(name.strip() if value is True else f"{name}{' '.join(map(str, values))}")
    return replace(call, filters=" ".join(told))


def resolve(ctx: click.Context, given: GlobalOptions, *, as_json: bool, as_csv: bool, dry_run: bool) -> Call:
    """A call with its defaults: option, then the option before the command, then the environment."""
    context: click.Context | None = ctx.parent
    while context is not None:
        if isinstance(context.obj, GlobalOptions):
            given = given.over(context.obj)
            break
        context = context.parent
    command = ctx.command_path.split(" ", 1)[-1]
    call = Call(
        command=command,
        books=given.books or os.environ.get("OPOS_BOOKS") or DEFAULT_BOOKS,
        as_of=given.as_of or date.today(),  # noqa: DTZ011 - the user's day
        lang=given.lang or default_language(),
        actor=given.actor or os.environ.get("OPOS_ACTOR") or getpass.getuser(),
        as_json=as_json,
        as_csv=as_csv,
        dry_run=dry_run,
    )
    ctx.find_root().meta["opos.call"] = call
    return call


def default_language() -> Language:
    """German where the environment says so, else English."""
    for name in ("OPOS_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "de" if value.lower().startswith("de") else "en"
    return "en"


def on_terminal() -> bool:
    """Whether a person is watching the messages (progress is shown only then)."""
    return sys.stderr.isatty()


def _decorate(function: Callable[..., None], options: tuple[Any, ...]) -> Callable[..., None]:
    for option in reversed(options):
        function = option(function)
    return function


def leave(code: int) -> NoReturn:
    """End the command with an exit code."""
    raise click.exceptions.Exit(int(code))
