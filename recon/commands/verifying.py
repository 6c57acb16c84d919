"""``opos verify``."""

import re
from typing import Final

import click

from recon.commands.call import Call, called, leave
from recon.commands.output import print_document, print_findings
from recon.service.answers import Exit
from recon.texts import term

_HASH: Final = re.compile(r"[0-9a-f]{64}")


@click.command("verify")
@click.option("--head", metavar="HASH", help="A head of the log that was kept outside: it must still be in the chain")
@called()
def verify(call: Call, head: str | None) -> None:
    """Recompute every balance with a second piece of code and check the chain of the log.

    The head of the log is the hash of its last record. Kept outside the books, it proves later that the log was only
    ever added to (--head).
    """
    from recon.service.verifying import verify as check

    if head is not None and not _HASH.fullmatch(head := head.strip().lower()):
        raise click.BadParameter("a head of the log has 64 digits from 0 to f", param_hint="--head")
    result = check(call.context(), head)
    if call.as_json:
        document = {"command": "verify", "ok": not result.findings, "checked": dict(result.counts),
                    "head": result.head}  # fmt: skip
        print_document(document, result.findings)
    else:
        for name, count in result.counts.items():
            click.echo(f"{term(f'checked_{name}', call.lang):<44}{count:>10}")
        click.echo(f"\n{term('log_head', call.lang)}: {result.head}")
        click.echo(f"\n{term('books_clean' if not result.findings else 'books_wrong', call.lang)}")
    print_findings(result.findings, call.lang)
    if result.findings:
        leave(Exit.REFUSED)
