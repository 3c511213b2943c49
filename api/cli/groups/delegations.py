"""`delegations`: roles in other hands for a time."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.shared import As, Out, Reason, dispatch

delegations = typer.Typer(help="Roles in other hands for a time.", no_args_is_help=True, rich_markup_mode=None)


@delegations.command("add")
def delegations_add(
    context: typer.Context,
    to: Annotated[str, typer.Argument(help="The person who decides in your name.")],
    role: Annotated[str, typer.Argument(help="The role of yours they decide in.")],
    until: Annotated[str, typer.Option(help="Until when: 2026-03-09 or 2026-03-09T08:00Z.")],
    since: Annotated[str | None, typer.Option("--from", help="From when on (now).")] = None,
    reason: Reason = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """Hand a role of yours to another person for a time; it is never handed on."""
    dispatch(context, "delegations.add", output, as_user, to=to, role=role, since=since, until=until, reason=reason)


@delegations.command("end")
def delegations_end(context: typer.Context, delegation: str, as_user: As = None, output: Out = None) -> None:
    """Take a role back, or give it back, at once."""
    dispatch(context, "delegations.end", output, as_user, delegation=delegation)


@delegations.command("list")
def delegations_list(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Those that are over too.")] = False,
    output: Out = None,
) -> None:
    """Roles in other hands, and who is away."""
    dispatch(context, "delegations.list_", output, None, everything=everything)
