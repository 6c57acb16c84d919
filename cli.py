"""The command ``opos``."""

import click

from recon import __version__


@click.group()
@click.version_option(__version__, prog_name="opos")
def main() -> None:
    """Bank statements against open items: import, match, collect, dun."""
