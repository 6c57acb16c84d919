"""Files for others (the bank, the tax adviser): each is there whole or not at all, and all of a command together."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from recon.model.finding import error
from recon.service.answers import Refused


def write_files(folder: Path, files: Sequence[tuple[str, bytes]]) -> None:
    """Write files by their names into a folder, which is made if it is not there. Under its own name none of them is
    seen before all are written. Raises Refused ``folder-unwritable``; what was begun is removed then.

    After this the files stand on the disk, not only in its cache: the books may say so.
    """
    parts: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files:
            part = folder / f".{name}.part"
            parts.append(part)
            with part.open("wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
        for part, (name, _) in zip(parts, files, strict=True):
            part.replace(folder / name)
        _settle(folder)
    except OSError as fault:
        raise Refused(error("folder-unwritable", str(folder), cause=fault.strerror or "?")) from fault
    finally:
        for part in parts:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """The names stand as well: a power cut does not take them away again."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
