"""How a command leaves: the one place where answers and faults become exit codes (contract.md 1)."""

import errno
import os
import sys
import traceback
from typing import Final, NoReturn

import click

from recon.commands.call import Call, default_language
from recon.commands.output import print_document, print_findings
from recon.model.finding import error
from recon.service.answers import Exit, Refused
from recon.service.stopping import hold, watch
from sepa.money import Language

# A disk that is full, a quota that is used up, a file that may grow no larger.
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

__all__ = ["run", "watch"]


def run(group: click.Group) -> NoReturn:
    """Run the program and leave."""
    try:
        with group.make_context("opos", sys.argv[1:]) as ctx:
            try:
                group.invoke(ctx)
                code = int(Exit.DONE)
            except click.exceptions.Exit as leave:
                code = leave.exit_code
            except Refused as no:
                code = _refused(ctx.meta.get("opos.call"), no)
            except (KeyboardInterrupt, click.Abort):
                code = _interrupted(ctx.meta.get("opos.call"))
    except click.exceptions.Exit as leave:
        code = leave.exit_code
    except click.UsageError as wrong:
        wrong.show()
        code = int(Exit.USAGE)
    except click.ClickException as wrong:
        wrong.show()
        code = int(Exit.REFUSED)
    except (KeyboardInterrupt, click.Abort):
        code = _interrupted(None)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = int(Exit.DONE)
    except OSError as fault:
        code = _no_room(fault) if fault.errno in _FULL else _fault(fault)
    except Exception as fault:  # noqa: BLE001 - the last line of defence: no traceback reaches a user
        code = _fault(fault)
    hold()
    sys.exit(code)


def _refused(call: Call | None, no: Refused) -> int:
    if call is not None and call.as_json:
        print_document({"command": call.command, "dry_run": call.dry_run}, no.findings)
    print_findings(no.findings, call.lang if call else default_language())
    return int(no.exit_code)


def _interrupted(call: Call | None) -> int:
    """Nothing more may stop the answer: what was being written is rolled back by now."""
    hold()
    stopped = error("interrupted", call.command if call else "opos")
    return _refused(call, Refused(stopped, exit_code=Exit.INTERRUPTED))


def _no_room(fault: OSError) -> int:
    """The answer had no room where it was to go; what the command wrote into the books stands."""
    print_findings([error("no-room", fault.filename or "-", cause=fault.strerror)], default_language())
    return 1


def _fault(fault: Exception) -> int:
    language: Language = default_language()
    if os.environ.get("OPOS_DEBUG"):
        traceback.print_exception(fault)
    told = " ".join(str(fault).split())[:300]
    text = {
        "de": f"Fehler im Programm: {type(fault).__name__}: {told}\n"
        "Es wurde nichts halb geschrieben. Mit OPOS_DEBUG=1 zeigt opos die Stelle; bitte melden.",
        "en": f"A fault of the program: {type(fault).__name__}: {told}\n"
        "Nothing was half-written. With OPOS_DEBUG=1 opos shows the place; please report it.",
    }
    click.echo(text[language], err=True)
    return 1
