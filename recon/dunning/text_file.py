"""All texts of notices in one file to be edited: ``[de.1]``, ``[de.2]`` …, one key for each text (TOML)."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from recon.dunning.titles import LANGUAGES
from recon.dunning.wording import FIELDS, LEVELS, PLACEHOLDERS, tidy
from recon.model.finding import Finding, error

# All texts at their longest are far below.
MAX_FILE: Final = 1024 * 1024
_LINE: Final = re.compile(r"at line (\d+)")
_HEAD: Final = (
    "# The texts of notices by language and level. Put changes in force with: opos texts apply THIS-FILE",
    "# A text that stays as it is delivered is not kept. Placeholders: "
    + " ".join(f"{{{name}}}" for name in PLACEHOLDERS),
)


def written_texts(texts: Mapping[tuple[int, str, str], str]) -> bytes:
    """Texts by level, language and field as a file, UTF-8."""
    lines = [*_HEAD]
    for language in sorted(LANGUAGES):
        for level in LEVELS:
            named = [(name, texts[level, language, name]) for name in FIELDS if (level, language, name) in texts]
            if named:
                lines += ["", f"[{language}.{level}]", *(f"{name} = {_quoted(text)}" for name, text in named)]
    return ("\n".join(lines) + "\n").encode()


def read_texts(data: bytes, name: str) -> tuple[dict[tuple[int, str, str], str], tuple[Finding, ...]]:
    """The texts of such a file, tidied, and what is wrong with it."""
    if len(data) > MAX_FILE:
        return {}, (error("file-too-large", name, limit=MAX_FILE // 1024 // 1024),)
    try:
        document = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        return {}, (error("settings-encoding", f"{name}:{data.count(10, 0, fault.start) + 1}"),)
    except (ValueError, RecursionError) as fault:
        found = _LINE.search(str(fault))
        line = int(found[1]) if found else 1
        return {}, (error("settings-syntax", f"{name}:{line}", line=line),)
    texts: dict[tuple[int, str, str], str] = {}
    wrong: list[Finding] = []
    for language, levels in document.items():
        for level, fields in _entries(levels):
            for field, text in _entries(fields):
                place = ".".join((language, level, field))
                if language in LANGUAGES and level in map(str, LEVELS) and field in FIELDS and isinstance(text, str):
                    texts[int(level), language, field] = tidy(text)
                else:
                    known = ", ".join((*sorted(LANGUAGES), *map(str, LEVELS), *FIELDS))
                    wrong.append(error("dunning-text-key", name, text=place, allowed=known))
    return texts, tuple(wrong)


def _entries(value: Any) -> Any:
    """The entries of a table; what is none stands under an empty key, which nobody knows."""
    return value.items() if isinstance(value, dict) else (("", value),)


def _quoted(text: str) -> str:
    inner = text.replace("\\", "\\\\").replace('"""', '""\\"')
    if inner.endswith('"'):
        inner = f'{inner[:-1]}\\"'
    return f'"""\n{inner}"""' if "\n" in inner else '"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))
