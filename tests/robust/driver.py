"""Runs ``opos`` commands in processes of their own and kills them at a chosen step.

Reads jobs from standard input, a JSON list a line, forks once for each job, and answers with a list of how each ended.
A step is every statement sent to the database (s), every commit (c), every file that is opened for writing or moved
into its place (f), and the end (e). A job may ask for a signal just before its n-th step (SIGKILL where none is named,
no clean-up of any kind), or to wait there.

    {"arguments": ["--books", "…", "match"], "kill_at": 17, "signal": 15, "steps_to": "file", "wait_at": 5,
     "waiting": "file", "go": "file", "output": "file", "delay": 0.05}

A job with a limit may make no file larger than so many bytes (a quota).
Jobs with a delay run side by side: each begins so many seconds after the moment at which all of them stand ready.
"""

import gc
import importlib
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import Engine, event

from cli import main

PATIENCE = 60
# Loaded once, before the first fork: a child then spends its time on the command and not on starting.
LOADED = (
    "_strptime", "alembic.command", "lxml.etree", "psycopg", "rapidfuzz.distance", "rapidfuzz.fuzz",
    "rapidfuzz.process", "recon.commands.collecting", "recon.commands.dunning", "recon.commands.importing",
    "recon.commands.leaving", "recon.commands.listing", "recon.commands.matching", "recon.commands.reporting",
    "recon.commands.setup", "recon.service.collecting", "recon.service.confirming", "recon.service.dunning",
    "recon.service.matching", "recon.service.removing", "recon.service.setting_up", "recon.service.undoing",
    "recon.service.verifying",
    "recon.statements.camt", "recon.statements.mt940", "rich.console", "rich.table", "sepa.pain008",
    "sepa.pain008_check", "sepaxml.validation", "sqlite3",
)  # fmt: skip


class Steps:
    """Counts steps, and stops where the job says so."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.count = 0
        self.seen = ""

    def step(self, kind: str) -> None:
        """Before each step."""
        self.count += 1
        self.seen += kind
        if self.count == self.job.get("wait_at"):
            Path(self.job["waiting"]).touch()
            deadline = time.monotonic() + PATIENCE
            while not Path(self.job["go"]).exists():
                if time.monotonic() > deadline:
                    os._exit(99)
                time.sleep(0.01)
        if self.count == self.job.get("kill_at"):
            os.kill(os.getpid(), self.job.get("signal", signal.SIGKILL))

    def watch(self) -> None:
        """Count what goes to the database and to files."""
        event.listen(Engine, "before_cursor_execute", lambda *_: self.step("s"))
        event.listen(Engine, "commit", lambda *_: self.step("c"))
        sys.addaudithook(self._audit)

    def _audit(self, name: str, facts: tuple[Any, ...]) -> None:
        opened = name == "open" and str(facts[0]).endswith(".part") and "w" in str(facts[1])
        if opened or name == "os.rename":
            self.step("f")


def run(job: dict[str, Any]) -> NoReturn:
    """One command, in this process, to its end."""
    output = os.open(job.get("output", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream in (1, 2):
        os.dup2(output, stream)
    # Tests that run in the background ignore Ctrl-C, and what they start inherits that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A compiled module that is put in its place is no step of the command.
    sys.dont_write_bytecode = True
    if "limit" in job:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job["limit"], resource.RLIM_INFINITY))
    steps = Steps(job)
    steps.watch()
    sys.argv = ["opos", *job["arguments"]]
    code = 0
    try:
        main()
    except SystemExit as left:
        code = int(left.code or 0)
    steps.step("e")
    sys.stdout.flush()
    sys.stderr.flush()
    if "steps_to" in job:
        Path(job["steps_to"]).write_text(steps.seen)
    os._exit(code)


def play(jobs: list[dict[str, Any]]) -> list[int]:
    """Jobs one after the other; those that follow a job with ``wait_at`` run while it waits."""
    waiting: list[tuple[int, int]] = []
    # The clock is one for all processes; enough for the forks.
    begin = time.monotonic() + 0.02 * len(jobs)
    ended: dict[int, int] = {}
    for number, job in enumerate(jobs):
        child = os.fork()
        if child == 0:
            if "delay" in job:
                time.sleep(max(0, begin + job["delay"] - time.monotonic()))
            run(job)
        if "delay" in job:
            waiting.append((number, child))
        elif "wait_at" in job:
            waiting.append((number, child))
            deadline = time.monotonic() + PATIENCE
            while not Path(job["waiting"]).exists() and time.monotonic() < deadline:
                time.sleep(0.01)
        else:
            ended[number] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            if "then_go" in job:
                Path(job["then_go"]).touch()
    for number, child in waiting:
        ended[number] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return [ended[number] for number in sorted(ended)]


if __name__ == "__main__":
    for module in LOADED:
        importlib.import_module(module)
    gc.freeze()
    for line in sys.stdin:
        print(json.dumps(play(json.loads(line))), flush=True)
