"""The command line as a person or a script meets it: in this process, or in one of its own where that is the point."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from api.cli.main import app

ROOT = Path(__file__).parents[2]
SCRIPT = Path(sys.executable).with_name("quartermaster")
EVENTS = ROOT / "examples" / "events"


@dataclass(frozen=True)
class Said:
    """What a command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        """The views of `--output json`, by kind."""
        envelope = json.loads(self.out)
        assert envelope["schema"] == "quartermaster/1"
        found: dict[str, Any] = envelope["data"]
        return found

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """The items of one view."""
        found: list[dict[str, Any]] = self.data[kind]["items"]
        return found

    def refused(self, code: int, *words: str) -> None:
        """It ended with this exit code and one clear error: what is wrong, and a fix; no traceback."""
        assert self.code == code, self.err
        assert "Fix: " in self.err and "Traceback" not in self.err, self.err
        assert len(self.err.splitlines()[-1]) < 400, self.err
        for word in words:
            assert word in self.err, self.err


def outside_of_us() -> dict[str, str]:
    """The environment without anything that speaks to the program."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("QUARTERMASTER_", "OPENAI_"))}


def quartermaster(home: Path, *arguments: object, stdin: bytes | str = b"", **environment: str) -> Said:
    """One command in this process; what is no error of ours comes out as it is."""
    out, err = io.StringIO(), io.StringIO()
    words = ["--home", str(home), *(str(argument) for argument in arguments)]
    given = stdin.encode() if isinstance(stdin, str) else stdin
    with (
        patch.dict(os.environ, {**outside_of_us(), **environment}, clear=True),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8")),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            app(words)
            code: object = 0
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int)
    return Said(code, out.getvalue(), err.getvalue())


def process(home: Path, *arguments: object, **environment: str) -> subprocess.Popen[str]:
    """The same command begun in a process of its own."""
    words = [str(SCRIPT), "--home", str(home), *(str(argument) for argument in arguments)]
    return subprocess.Popen(
        words,
        env={**outside_of_us(), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def ended(running: subprocess.Popen[str]) -> Said:
    """What that process left."""
    out, err = running.communicate(timeout=120)
    return Said(running.returncode, out, err)


def python(code: str, *before: str, **environment: str) -> Said:
    """Some Python of a test in a process of its own, on this checkout; `before` stands before the interpreter."""
    done = subprocess.run(
        [*before, sys.executable, "-c", code],
        env={**outside_of_us(), "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=240,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def may(*command: str) -> bool:
    """Whether this machine lets us run a command (namespaces and mounts are not permitted everywhere)."""
    try:
        return subprocess.run(command, capture_output=True, timeout=20).returncode == 0
    except OSError:
        return False
