"""What a person waits for: the help text, and the whole demo, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from api.cli.view import View, view
from evals.bench.timing import ms, timed

START = "from api.cli.main import main; main()"


def measure(folder: Path, times: int) -> View:
    """Wall time of fresh processes; the interpreter alone beside them."""
    bare = [_run("pass") for _ in range(times)]
    helps = [_run(START, "--help") for _ in range(times)]
    demo = [_run(START, "--home", str(folder / "demo"), "demo")]
    rows = [
        ("python, doing nothing", times, ms(min(bare)), ms(max(bare))),
        ("quartermaster --help", times, ms(min(helps)), ms(max(helps))),
        ("quartermaster demo", 1, ms(demo[0]), ms(demo[0])),
    ]
    return view("start", "Wall time of commands", "command | times | shortest | longest", rows)


def _run(code: str, *arguments: str) -> float:
    command = [sys.executable, "-c", code, *arguments]
    return timed(lambda: subprocess.run(command, check=True, capture_output=True))[0]
