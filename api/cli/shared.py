"""What every command shares: how it is answered, and the options that many have. Needs only typer."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated

import typer

from api.cli.output import Format

Out = Annotated[Format | None, typer.Option("--output", "-o", help="table, json or ndjson on stdout.")]
As = Annotated[str | None, typer.Option("--as", metavar="USER", help="Act as this person (demo mode only).")]
Reason = Annotated[str, typer.Option(help="Why; it is kept.")]


def dispatch(
    context: typer.Context, command: str, output: Format | None, as_user: str | None, **arguments: object
) -> None:
    """Import the command's room and run it; errors become one sentence and an exit code, a closed pipe is no error."""
    from api.cli import exits
    from api.cli.session import new_session
    from domain.errors import QuartermasterError

    shared = context.obj
    form = output or shared["output"] or Format.TABLE
    try:
        session = new_session(form, shared["home"], shared["now"], as_user or shared["as_user"], shared["entity"])
        module, _, function = command.rpartition(".")
        code = getattr(import_module(f"api.cli.commands.{module}"), function)(session, **arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        code = exits.closed_pipe()
    except QuartermasterError as error:
        exits.explain(error, form)
        code = exits.code_of(error)
    except KeyboardInterrupt:
        code = exits.INTERRUPTED
    raise typer.Exit(code)
