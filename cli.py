"""The command ``opos``: parse, call a service, print. The commands themselves lie in ``recon.commands``, one module a
group, and are loaded only when they are called: ``opos --help`` stays light."""

import gc
import importlib
from typing import Final

import click

from recon import __version__
from recon.commands.call import GlobalOptions, global_options

# Command -> where it lies and what it does (shown by --help without loading it).
COMMANDS: Final = {
    "init": ("recon.commands.setup:init", "Make the books, with or without a company file."),
    "demo": ("recon.commands.setup:demo", "Play the whole job on the demo company into an empty folder."),
    "settings": ("recon.commands.setup:settings", "Show and change the settings, each change recorded."),
    "import": ("recon.commands.importing:import_files", "Bring in statements, customers, items, mandates."),
    "read": ("recon.commands.importing:read", "Show what is in a bank file, without any books."),
    "statements": ("recon.commands.listing:statements", "The bank statements in the books."),
    "lines": ("recon.commands.listing:lines", "The bank lines, what became of them and what is proposed."),
    "items": ("recon.commands.listing:items", "The open items and their state."),
    "allocations": ("recon.commands.listing:allocations", "What paid what, and why."),
    "match": ("recon.commands.matching:match", "Match bank lines with open items; book what is certain."),
    "credits": ("recon.commands.credits:credits_", "What stands to the credit of customers; set it off."),
    "mandates": ("recon.commands.mandates:mandates", "Mandates: enter, amend, revoke, see which lapse."),
    "collect": ("recon.commands.collecting:collect", "SEPA direct debits: preview, create, export."),
    "pbs": ("recon.commands.pbs:pbs", "Betalingsservice: the direct debit of Danish customers."),
    "returns": ("recon.commands.returning:returns", "Debits that the bank gave back."),
    "refunds": ("recon.commands.refunds:refunds", "Pay customer credit back: propose, create, release, export."),
    "dunning": ("recon.commands.dunning:dunning", "Reminders: preview, run, issue."),
    "texts": ("recon.commands.texts:texts", "What notices say, by level and language: show, write, preview."),
    "complaints": ("recon.commands.complaints:complaints", "Complaints: receive, answer, resolve."),
    "mail": ("recon.commands.mail:mail", "Mails to debtors: the outbox; send, look, retry."),
    "close": ("recon.commands.closing:close", "Close a bank account's day or a period; open it again."),
    "report": ("recon.commands.reporting:report", "Ageing, open items, unmatched lines and more."),
    "export": ("recon.commands.exporting:export", "The journal for the tax adviser: DATEV."),
    "log": ("recon.commands.log:log", "Who did what, when and why."),
    "verify": ("recon.commands.verifying:verify", "Recompute the books and check the chain of the log."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The commands, in the order of a working day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load a command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="opos")
@global_options
@click.pass_context
def opos(ctx: click.Context, /, **options: object) -> None:
    """Bank statements against open items: import, match, collect, dun.

    \b
    A first look:    opos demo DEMO
    A working day:   opos import STATEMENTS… && opos match && opos lines list --status proposed
    """
    ctx.obj = GlobalOptions.of(options)


def main() -> None:
    """Run the command and leave with its exit code (contract.md 1)."""
    from recon.commands.leaving import run, watch

    watch()
    try:
        run(opos)
    finally:
        # The books are closed by now. What is left goes with the process: to look through a million items for cycles
        # first would take as long as many a command.
        gc.freeze()
