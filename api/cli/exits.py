"""Exit codes, and the one place where an error becomes one.

0    all handled; also when whoever reads our output has read enough (`| head`)
2    usage or unusable input
3    something awaits approval (only with --fail-on approval)
4    refused, failed or no longer true: not allowed, stale card, already decided, a broken ledger
5    something we depend on is down: another system, the database, the disk
130  interrupted
"""

from __future__ import annotations

import json
import os
import sys

from api.cli.output import SCHEMA, Format
from domain.errors import BadInput, DependencyDown, QuartermasterError, StorageFailed

OK, USAGE, WAITING, FAILED, DOWN, INTERRUPTED = 0, 2, 3, 4, 5, 130


def code_of(error: QuartermasterError) -> int:
    """The exit code of an error."""
    if isinstance(error, BadInput):
        return USAGE
    if isinstance(error, DependencyDown | StorageFailed):
        return DOWN
    return FAILED


def closed_pipe() -> int:
    """Nobody reads stdout any more: write the rest to nowhere, so that the interpreter's last flush is quiet too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return OK


def explain(error: QuartermasterError, form: Format) -> None:
    """One error on stderr: a sentence with the field and the fix, or the same as one JSON line."""
    if form is Format.TABLE:
        print(f"quartermaster: {error}", file=sys.stderr)
        return
    body = {"code": error.code, "message": error.message, "field": error.field, "fix": error.fix}
    print(json.dumps({"schema": SCHEMA, "kind": "error", "data": body}, sort_keys=True), file=sys.stderr)
