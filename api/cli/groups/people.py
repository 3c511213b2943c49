"""`people`: who may act here, and who no longer."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.shared import As, Out, dispatch

people = typer.Typer(help="Who may act here, and who no longer.", no_args_is_help=True, rich_markup_mode=None)

Why = Annotated[str, typer.Option("--why", help="Why; it goes to the ledger.")]


@people.command("list")
def people_list(context: typer.Context, as_user: As = None, output: Out = None) -> None:
    """Everybody known at this legal entity: roles, limits, and whether they may act."""
    dispatch(context, "people.list_", output, as_user)


@people.command("deactivate")
def people_deactivate(context: typer.Context, user: str, why: Why = "", as_user: As = None, output: Out = None) -> None:
    """End everything somebody may do, at once and in every process, wherever you may do so."""
    dispatch(context, "people.turn", output, as_user, user=user, why=why, active=False)


@people.command("reactivate")
def people_reactivate(context: typer.Context, user: str, why: Why = "", as_user: As = None, output: Out = None) -> None:
    """Let somebody act again; they sign in anew."""
    dispatch(context, "people.turn", output, as_user, user=user, why=why, active=True)


@people.command("token")
def people_token(context: typer.Context, output: Out = None) -> None:
    """A new token for a service account, and the line for the people file. It is shown once and kept nowhere."""
    dispatch(context, "people.token", output, None)
