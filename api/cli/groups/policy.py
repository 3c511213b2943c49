"""`policy`: check it, compare it, change it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.shared import As, Out, Reason, dispatch

policy = typer.Typer(help="The policy: check it, compare it, change it.", no_args_is_help=True, rich_markup_mode=None)

Change = Annotated[str, typer.Argument(help="The change, such as PC-1.")]


@policy.command("check")
def policy_check(
    context: typer.Context,
    path: Annotated[
        Path | None, typer.Argument(help="A policy file, or a folder of them; the configured one when absent.")
    ] = None,
    output: Out = None,
) -> None:
    """Find what is wrong with a policy: faults, rules that never matter or contradict each other, and gaps."""
    dispatch(context, "policy.check", output, None, path=path)


@policy.command("list")
def policy_list(context: typer.Context, output: Out = None) -> None:
    """Every version with the day it counts from, and the changes that are proposed or over."""
    dispatch(context, "policy_versions.list_", output, None)


@policy.command("show")
def policy_show(
    context: typer.Context,
    policy: Annotated[
        str, typer.Argument(help="A version (P-...) or change (PC-...); the one in force if absent.")
    ] = "",
    output: Out = None,
) -> None:
    """A version as it was written, or a change with what it would make different."""
    dispatch(context, "policy_versions.show", output, None, policy=policy)


@policy.command("diff")
def policy_diff(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="A", help="A version (P-...), a file, or 'in-force'.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The same, to compare with.")],
    output: Out = None,
) -> None:
    """What differs between two versions or files, rule by rule and field by field."""
    dispatch(context, "policy_versions.diff", output, None, before=before, after=after)


@policy.command("dry-run")
def policy_dry_run(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A policy file, or a version (P-...).")],
    since: Annotated[str, typer.Option(metavar="DATE", help="From this day or time on (UTC when absent).")],
    output: Out = None,
) -> None:
    """Judge recorded history again: what would have been asked more, asked less or denied, with the money."""
    dispatch(context, "policy_versions.dry_run", output, None, file=file, since=since)


@policy.command("propose")
def policy_propose(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The policy file.")],
    why: Annotated[str, typer.Option(help="Why it should change; it goes to the ledger.")],
    as_user: As = None,
    output: Out = None,
) -> None:
    """Ask the owners of the policy in force to put another one in force."""
    dispatch(context, "policy_versions.propose", output, as_user, file=file, why=why)


@policy.command("approve")
def policy_approve(
    context: typer.Context, change: Change, reason: Reason = "", as_user: As = None, output: Out = None
) -> None:
    """Approve a change as one of its owners; the last one puts it in force, or schedules it for its day."""
    dispatch(context, "policy_versions.decide", output, as_user, verb="approve", change=change, reason=reason)


@policy.command("reject")
def policy_reject(
    context: typer.Context, change: Change, reason: Reason = "", as_user: As = None, output: Out = None
) -> None:
    """Say no to a change as one of its owners, until it is in force."""
    dispatch(context, "policy_versions.decide", output, as_user, verb="reject", change=change, reason=reason)


@policy.command("withdraw")
def policy_withdraw(
    context: typer.Context, change: Change, reason: Reason = "", as_user: As = None, output: Out = None
) -> None:
    """Take back a change that you proposed, until it is in force."""
    dispatch(context, "policy_versions.decide", output, as_user, verb="withdraw", change=change, reason=reason)
