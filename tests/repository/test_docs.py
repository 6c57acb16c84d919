"""The documentation: what is generated is current, what can be asked for is documented, links lead somewhere."""

import re
import tomllib
from pathlib import Path

import click
import pytest

import cli
from docs.examples import COMMANDS, DANISH, TELEPHONE
from docs.generate import EXITS, REFERENCE, generated
from docs.running import ROOT, pages, played
from recon.items import setting_keys
from recon.service.answers import Exit
from recon.texts import catalogue
from tests.repository.code import none

_LINK = re.compile(r"\[[^\]]+\]\(([^)#\s]+)[^)]*\)")
_WRITTEN = [page for page in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]) if page.name != "LICENSE"]


def _leaves(command: click.Command, path: str) -> list[tuple[str, click.Command]]:
    own = [] if isinstance(command, click.Group) and not command.invoke_without_command else [(path, command)]
    inner = command.commands if isinstance(command, click.Group) else {}
    return own + [leaf for name, one in inner.items() for leaf in _leaves(one, f"{path} {name}")]


def _commands() -> list[tuple[str, click.Command]]:
    context = click.Context(cli.opos)
    found = [(name, cli.opos.get_command(context, name)) for name in cli.opos.list_commands(context)]
    return [leaf for name, command in found if command is not None for leaf in _leaves(command, f"opos {name}")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [page for page, _ in generated() if page.parent == REFERENCE], ids=lambda page: page.stem
)
def test_reference_is_current(page: Path) -> None:
    """``make docs`` brings it up to date."""
    make = dict(generated())[page]
    assert page.read_text("utf-8").splitlines() == make().splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_commands_in_the_pages_give_what_stands_there(page: Path) -> None:
    """README's tour and the pages of docs, run for real. ``make docs`` brings them up to date."""
    text = page.read_text("utf-8")
    assert text.splitlines() == played(text).splitlines()


def test_every_command_and_option_is_documented() -> None:
    page = (REFERENCE / "commands.md").read_text("utf-8")
    sections = dict(re.findall(r"(?ms)^## (opos .+?)$(.*?)(?=^## |\Z)", page))
    wrong = []
    for path, command in _commands():
        section = sections.get(path, "")
        if not section.strip():
            wrong.append(path)
        if not command.help:
            wrong.append(f"{path} has no help")
        for option in command.params:
            if not isinstance(option, click.Option) or option.hidden:
                continue
            if not option.help:
                wrong.append(f"{path} {option.opts[0]} has no help")
            if option.opts[0] not in section and option.opts[0] not in page.split("## ")[0]:
                wrong.append(f"{path} {option.opts[0]}")
    none(wrong)


def test_every_command_has_its_document() -> None:
    """Each command with ``--json`` is shown with a real document, but for the demo, which plays for people."""
    shown = {"opos init", *(f"opos {command}" for command in (*COMMANDS, *DANISH, *TELEPHONE))}
    wrong = [path for path, _ in _commands() if not any(f"{one} ".startswith(f"{path} ") for one in shown)]
    none(set(wrong) - {"opos demo", "opos collect create", "opos collect export", "opos collect cancel",
                       "opos dunning issue", "opos dunning cancel", "opos dunning unblock", "opos settings set",
                       "opos settings apply", "opos mail send", "opos mail operator"})  # fmt: skip


def test_every_setting_is_documented() -> None:
    told = tomllib.loads((ROOT / "docs/settings.toml").read_text("utf-8"))
    known = {
        "company": setting_keys.COMPANY, "accounts": setting_keys.ACCOUNT, "branches": setting_keys.BRANCH,
        "matching": setting_keys.MATCHING, "collect": setting_keys.COLLECT, "dunning": setting_keys.DUNNING,
        "levels": setting_keys.LEVEL, "users": setting_keys.USER, "ledger": setting_keys.LEDGER,
        "datev": setting_keys.DATEV, "base_rates": setting_keys.BASE_RATE,
        "pbs": setting_keys.PBS, "refunds": setting_keys.REFUNDS, "mail": setting_keys.MAIL,
    }  # fmt: skip
    assert {name: {"_", *keys} for name, keys in known.items()} == {name: set(keys) for name, keys in told.items()}
    page = (REFERENCE / "settings.md").read_text("utf-8")
    none(f"{name}.{key}" for name, keys in known.items() for key in keys if f"| `{key}` |" not in page)


def test_every_finding_is_documented() -> None:
    page = (REFERENCE / "findings.md").read_text("utf-8")
    documented = set(re.findall(r"(?m)^### (\S+)$", page))
    assert documented == set(catalogue("findings"))


def test_every_exit_code_is_documented() -> None:
    assert set(EXITS) == {one.name for one in Exit}
    page = (REFERENCE / "exit-codes.md").read_text("utf-8")
    none(str(int(one)) for one in Exit if f"| {int(one)} |" not in page)


@pytest.mark.parametrize("page", _WRITTEN, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    none(f"{page.name}: {link}" for link in _LINK.findall(text)
         if "://" not in link and not (page.parent / link).exists())  # fmt: skip


def test_decisions_are_numbered_without_a_gap() -> None:
    names = sorted(path.name for path in (ROOT / "docs/decisions").glob("*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    for name in names:
        text = (ROOT / "docs/decisions" / name).read_text("utf-8")
        assert re.match(rf"# 0*{int(name[:4])}[. ]", text), name
        none(f"{name}: {part}" for part in ("Context", "Decision", "Consequences") if part not in text)


def test_every_word_of_the_code_stands_in_the_glossary() -> None:
    """CONTEXT.md names every noun of the model: its classes in English, each with the German word."""
    from tests.repository.code import modules

    glossary = (ROOT / "CONTEXT.md").read_text("utf-8")
    known = set(re.findall(r"`([A-Za-z_]+)`", glossary))
    nouns = {
        node.name
        for module in modules("recon/model")
        for node in module.tree.body
        if node.__class__.__name__ == "ClassDef" and hasattr(node, "name")
    }
    none(nouns - known)
