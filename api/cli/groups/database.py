"""`database`: what the owner of the database does."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.shared import Out, dispatch

database = typer.Typer(
    help="What the owner of the database does: schema, role.", no_args_is_help=True, rich_markup_mode=None
)


@database.command("upgrade")
def database_upgrade(context: typer.Context, output: Out = None) -> None:
    """Bring the schema up to this version, as the owner of the tables."""
    dispatch(context, "database.upgrade", output, None)


@database.command("role")
def database_role(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The name of the role.")],
    apply: Annotated[bool, typer.Option("--apply", help="Run it instead of printing it.")] = False,
    output: Out = None,
) -> None:
    """The SQL of a PostgreSQL role under which the application works and cannot change the ledger."""
    dispatch(context, "database.role", output, None, name=name, apply=apply)
