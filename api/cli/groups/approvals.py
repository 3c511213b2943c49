"""`approvals`: what waits for a person."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.shared import As, Out, Reason, dispatch

approvals = typer.Typer(help="What waits for a person.", no_args_is_help=True, rich_markup_mode=None)

Digest = Annotated[str | None, typer.Option(help="The digest on the card you saw; a newer card is then refused.")]

Code = Annotated[str, typer.Option(help="The reason as a code of the policy, such as not-now.")]


@approvals.command("list")
def approvals_list(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="With --all: so many, the newest first.")] = None,
    output: Out = None,
) -> None:
    """What waits, for which role, until when."""
    dispatch(context, "approvals.list_", output, None, everything=everything, limit=limit)


@approvals.command("show")
def approvals_show(context: typer.Context, approval: str, output: Out = None) -> None:
    """One card: who gains, who loses, money, promises before and after, the rule that asked."""
    dispatch(context, "approvals.show", output, None, approval=approval)


@approvals.command("approve")
def approvals_approve(
    context: typer.Context,
    approval: str,
    digest: Digest = None,
    reason: Reason = "",
    code: Code = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """Approve what the card shows."""
    given = {"approval": approval, "digest": digest, "reason": reason, "code": code}
    dispatch(context, "approvals.decide", output, as_user, verb="approve", **given)


@approvals.command("reject")
def approvals_reject(
    context: typer.Context,
    approval: str,
    digest: Digest = None,
    reason: Reason = "",
    code: Code = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """Reject what the card shows; the rest is planned again."""
    given = {"approval": approval, "digest": digest, "reason": reason, "code": code}
    dispatch(context, "approvals.decide", output, as_user, verb="reject", **given)


@approvals.command("edit")
def approvals_edit(
    context: typer.Context,
    approval: str,
    change: Annotated[list[str], typer.Option("--set", help="ACTION=UNITS, for example a3=40; repeat for more.")],
    digest: Digest = None,
    reason: Reason = "",
    code: Code = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """Change quantities inside a move; it is judged again, and the old card is void."""
    given = {"approval": approval, "change": change, "digest": digest, "reason": reason, "code": code}
    dispatch(context, "approvals.edit", output, as_user, **given)


@approvals.command("snooze")
def approvals_snooze(
    context: typer.Context,
    approval: str,
    until: Annotated[str, typer.Option(help="Until when: 2026-03-02T12:00Z.")],
    reason: Reason = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """Put a question aside for yourself; it is decided, reminded of and ends all the same."""
    dispatch(context, "questions.snooze", output, as_user, approval=approval, until=until, reason=reason)


@approvals.command("reassign")
def approvals_reassign(
    context: typer.Context,
    approval: str,
    to: Annotated[str, typer.Option(help="The person who is to decide it.")],
    reason: Reason = "",
    code: Code = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """Give a question to a person who may decide it."""
    dispatch(context, "questions.reassign", output, as_user, approval=approval, to=to, code=code, reason=reason)


@approvals.command("comment")
def approvals_comment(
    context: typer.Context,
    approval: str,
    text: Annotated[list[str], typer.Argument(help="What you say, for everybody who sees the card.")],
    as_user: As = None,
    output: Out = None,
) -> None:
    """Say something about a question."""
    dispatch(context, "questions.comment", output, as_user, approval=approval, text=" ".join(text))


@approvals.command("history")
def approvals_history(context: typer.Context, approval: str, output: Out = None) -> None:
    """What happened to a question: asked, reminded, escalated, put aside, given on, spoken about, edited, decided."""
    dispatch(context, "questions.history", output, None, approval=approval)


@approvals.command("decide-many")
def approvals_decide_many(
    context: typer.Context,
    named: Annotated[list[str], typer.Argument(help="Each question with the digest on its card: A-1=DIGEST.")],
    reject: Annotated[bool, typer.Option("--reject", help="Say no to them instead of yes.")] = False,
    reason: Reason = "",
    code: Code = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """Decide several named questions, each by itself: one that fails stops no other."""
    dispatch(context, "questions.decide_many", output, as_user, named=named, reject=reject, code=code, reason=reason)
