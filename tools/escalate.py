"""Propose to ask a role to look at the case."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import StringConstraints

from domain.actions import Escalate
from domain.noun import Id, Noun
from tools.context import Proposal, ToolContext, effect_on, propose


class EscalateArgs(Noun):
    """The role, what it has to know (at most 1,000 characters), and the lines it is about."""

    role: Id
    reason: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    lines: tuple[Id, ...] = ()


def escalate(context: ToolContext, args: EscalateArgs) -> Proposal:
    """One move with one escalation of this run's case. UnknownReference when a line is unknown."""
    lines = [context.facts.line(key) for key in sorted(set(args.lines))]
    stake = sum(
        (context.uncovered(line) * (context.margin(line) + context.penalty(line)) for line in lines), Decimal(0)
    )
    move = propose(
        "escalate",
        f"Ask {args.role} to look at {context.request.case}",
        args.reason,
        [Escalate(id="a1", role=args.role, case=context.request.case, reason=args.reason)],
        effects=[effect_on(context, line, 0, "somebody is asked to look") for line in lines],
        evidence=tuple(line.id for line in lines),
        value_at_stake=stake,
    )
    return Proposal(moves=(move,))
