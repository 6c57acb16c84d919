"""Files for others (the bank, the tax adviser): each is there whole or not at all, and all of a command together with
what the books say of them."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from recon.model.finding import error
from recon.service.answers import Refused

Files = Sequence[tuple[str, bytes]]
# The same, where a content may come piece by piece.
_Pieces = Sequence[tuple[str, bytes | Iterable[bytes]]]


@contextmanager
def placing() -> Iterator[Callable[[Path, _Pieces], None]]:
    """``with placing() as place, writing(context): place(folder, files)``: writes files by their names into a folder,
    which is made if it is not there. Where the block fails, and that is also where the books cannot be committed, those
    that were not there before are removed again. Raises Refused ``folder-unwritable``.

    The files stand on the disk before the books say so: a run that was cut off between the two is repeated and ends the
    same.
    """
    new: list[Path] = []

    def place(folder: Path, files: _Pieces) -> None:
        new.extend(folder / name for name, _ in files if not (folder / name).exists())
        try:
            _write(folder, files)
        except OSError as fault:
            raise Refused(error("folder-unwritable", str(folder), cause=fault.strerror or "?")) from fault

    with ExitStack() as failed:
        failed.callback(_remove, new)
        yield place
        failed.pop_all()


def _write(folder: Path, files: _Pieces) -> None:
    """Under its own name no file is seen before all are written, and none before it is on the disk."""
    parts: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files:
            parts.append(folder / f".{name}.part")
            with parts[-1].open("wb") as out:
                out.writelines([content] if isinstance(content, bytes) else content)
                out.flush()
                os.fsync(out.fileno())
        for part, (name, _) in zip(parts, files, strict=True):
            part.replace(folder / name)
        _settle(folder)
    finally:
        _remove(parts)


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """The names stand as well: a power cut does not take them away again."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
