"""One program, one process: its CPU seconds and its peak memory, as the system counts them when it ends."""

import os
import signal
import statistics
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# A program that has not ended by then is told as such: some peers are quadratic.
LONGEST_SECONDS: Final = 900
_RSS_UNITS_PER_MIB: Final = 1 << 20 if sys.platform == "darwin" else 1 << 10


@dataclass(frozen=True, slots=True)
class Cost:
    """What a program took: user and system seconds, peak resident memory in MiB, and the last line it printed."""

    cpu: float
    mib: float
    said: str


def measure(command: Sequence[str | Path], runs: int) -> Cost | str:
    """The median of several runs by CPU seconds; a text if the program fails or does not end."""
    costs: list[Cost] = []
    for _ in range(runs):
        cost = _once(command)
        if isinstance(cost, str):
            return cost
        costs.append(cost)
    middle = statistics.median_low(cost.cpu for cost in costs)
    return next(cost for cost in costs if cost.cpu == middle)


def _once(command: Sequence[str | Path]) -> Cost | str:
    environment = {**os.environ, "PYTHONUTF8": "1", "PYTHONHASHSEED": "0"}
    child = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
    )
    late = threading.Timer(LONGEST_SECONDS, os.kill, (child.pid, signal.SIGKILL))
    late.start()
    assert child.stdout is not None
    assert child.stderr is not None
    # What goes to stderr fits its pipe: readers that work say nothing there.
    said = child.stdout.read().strip()
    _, status, usage = os.wait4(child.pid, 0)
    late.cancel()
    complaint = child.stderr.read().strip()
    child.stdout.close()
    child.stderr.close()
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode == -signal.SIGKILL:
        return f"stopped after {LONGEST_SECONDS} seconds"
    if child.returncode:
        return f"failed: {complaint.splitlines()[-1] if complaint else child.returncode}"
    lines = said.splitlines()
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / _RSS_UNITS_PER_MIB, lines[-1] if lines else "")
