"""`evals`: have the scenarios judged. The judge stands beside the doors, not under them, so no door imports it: this
starts it the way `python -m evals scenarios` does, in this process."""

from __future__ import annotations

import runpy
import sys

from api.cli import exits
from api.cli.session import Session


def evals(session: Session, *, scenarios: list[str], planner: str, trials: int) -> int:
    """Run the judge with these words; what it prints is the output of the command. FAILED when a trial failed."""
    words = [*scenarios, "--planner", planner, "--trials", str(trials), "--output", session.output.form.value]
    before = sys.argv
    sys.argv = ["evals", "scenarios", *words]
    try:
        runpy.run_module("evals", run_name="__main__")
    except SystemExit as done:
        return int(done.code) if done.code in (exits.OK, exits.USAGE) else exits.FAILED
    finally:
        sys.argv = before
    return exits.OK
