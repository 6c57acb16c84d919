"""Many letters set at once: on all processors, a few dozen at a time, in a fixed order.

Each letter becomes a file of its own, and those for the post the pages of a bundle as well. Processes are used because
typst holds on to Python while it works; they are new ones that share nothing with the one that asks.
"""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Final

import msgspec

from recon.dunning.letter import Letter
from recon.outside.letter import page, pdf_of_pages, title_of

# Letters that one process sets together. The pages of all of them are in memory then: about 4 MB each.
TOGETHER: Final = 25
# Tasks that wait or are done for each process: enough that none is idle, few enough to be held.
_AHEAD: Final = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """A letter as it is kept (JSON), and whether it goes into the bundle."""

    content: str
    bundled: bool = True


@dataclass(frozen=True, slots=True)
class Set:
    """What became of some letters: a PDF each, and their pages for the bundle; ``None`` where none of them is in it."""

    files: tuple[bytes, ...]
    part: bytes | None


def set_all(
    wanted: Sequence[Wanted], *, draft: bool = False, done: Callable[[int], None] | None = None, workers: int = 0
) -> Iterator[Set]:
    """All letters in their order. ``done`` is told how many more are set; ``workers`` is how many processes, 0 for as
    many as the machine has."""
    tasks = [wanted[start : start + TOGETHER] for start in range(0, len(wanted), TOGETHER)]
    workers = min(workers or os.cpu_count() or 1, len(tasks))
    if workers <= 1:
        for task in tasks:
            yield _told(_set(task, draft), done)
        return
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_quiet)
    try:
        waiting: list[Future[Set]] = []
        for task in tasks:
            waiting.append(pool.submit(_set, task, draft))
            if len(waiting) >= workers * _AHEAD:
                yield _told(waiting.pop(0).result(), done)
        for future in waiting:
            yield _told(future.result(), done)
    finally:
        # Whoever stops in between waits for the tasks at work and no others.
        pool.shutdown(wait=True, cancel_futures=True)


def _set(wanted: Sequence[Wanted], draft: bool) -> Set:
    letters = [msgspec.json.decode(one.content, type=Letter) for one in wanted]
    pages = [page(letter, draft=draft) for letter in letters]
    files = tuple(
        pdf_of_pages([one], title_of(letter), letter) for one, letter in zip(pages, letters, strict=True)
    )  # fmt: skip
    bundled = [(told, letter) for told, letter, one in zip(pages, letters, wanted, strict=True) if one.bundled]
    if not bundled:
        return Set(files, None)
    first = bundled[0][1]
    # A screen reader reads no bundle for the post.
    return Set(files, pdf_of_pages([told for told, _ in bundled], first.run, first, tags=False))


def _told(found: Set, done: Callable[[int], None] | None) -> Set:
    if done is not None:
        done(len(found.files))
    return found


def _quiet() -> None:
    """Ctrl-C goes to all processes of a terminal: the one that asked decides."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
