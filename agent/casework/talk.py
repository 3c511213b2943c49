"""Conversations: what was said before a question, as the planner is given it."""

from __future__ import annotations

from domain.requests import Turn
from storage import conversations, plans, runs
from storage.database import Session

REMEMBERED = 6
"""Turns before a question that it may lean on."""


def history(session: Session, conversation: str) -> tuple[Turn, ...]:
    """The last turns of a conversation, oldest first. One that is not answered yet has no intent."""
    return tuple(_turn(session, run) for run in conversations.turns(session, conversation, last=REMEMBERED))


def _turn(session: Session, run_id: str) -> Turn:
    run = runs.get(session, run_id)
    at = run.created_at
    made = plans.of_run(session, run_id)
    plan = plans.load(session, made[-1].case, made[-1].revision) if made else None
    if plan is None or plan.answer is None:
        return Turn(run=run_id, question=run.request.question, at=at)
    reply = plan.answer
    words = run.request.question
    return Turn(run=run_id, question=words, intent=reply.intent, named=reply.named, offer=reply.offer, at=at)
