"""`overrides`: what people did against the plan."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.shared import Out, dispatch

overrides = typer.Typer(help="What people did against the plan.", no_args_is_help=True, rich_markup_mode=None)


@overrides.command("list")
def overrides_list(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="From this day or time on (UTC when absent).")
    ] = None,
    output: Out = None,
) -> None:
    """Who went against the plan, why, and what that cost against the optimum; and who may."""
    dispatch(context, "overriding.list_", output, None, since=since)
