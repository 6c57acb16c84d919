"""Ctrl-C and SIGTERM: a decision that is being written is rolled back (exit 130); one that is written is told as done.

What comes in while the database commits is kept until the next transaction begins. So 130 means rolled back, and who
repeats the command does not do a second time what was done. Signals belong to the process, and so does what is kept
here.
"""

import signal
from types import FrameType
from typing import Final

STOPPING: Final = (signal.SIGINT, signal.SIGTERM)


class _Signals:
    """``held``: what comes in is kept. ``came``: something came in meanwhile."""

    held = False
    came = False


def watch() -> None:
    """From now on SIGTERM stops like Ctrl-C, both with KeyboardInterrupt; what the caller ignores stays ignored (a job
    in the background, nohup). For the program, which ends with its command."""
    for number in STOPPING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def hold() -> None:
    """Be stopped no more: what is decided is being committed, or the end is told."""
    _Signals.held = True


def release() -> None:
    """Be stopped again, and at once where it was asked for meanwhile. Raises KeyboardInterrupt then."""
    _Signals.held = False
    if _Signals.came:
        _Signals.came = False
        raise KeyboardInterrupt


def _stop(_number: int, _frame: FrameType | None) -> None:
    if _Signals.held:
        _Signals.came = True
    else:
        raise KeyboardInterrupt
