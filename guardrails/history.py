"""The history of a question: asked, reminded, escalated, put aside, given away, spoken about, edited, decided."""

from __future__ import annotations

from storage import approval_steps
from storage.approval_steps import Step
from storage.database import Session
from storage.records import Approval, ApprovalState

__all__ = ["Step", "history"]


def history(session: Session, asked: Approval) -> tuple[Step, ...]:
    """Every step of a question, oldest first. When it was asked and how it ended stand in the question itself, so those
    of old questions are told too."""
    kept = approval_steps.steps(session, [asked.id])
    role = asked.role
    for step in reversed([step for step in kept if step.what == "escalated"]):
        role = role.removesuffix(f"/{step.of}")
    begun = Step(approval=asked.id, what="asked", by=asked.asked_by, at=asked.created_at, of=role)
    steps = [begun, *kept]
    if asked.state is not ApprovalState.PENDING and asked.decided_at is not None:
        name = f" for {asked.decided_for}" if asked.decided_for else ""
        said = asked.reason or asked.reason_code
        text = f"{asked.state.value}{name}" + (f": {said}" if said else "")
        by = asked.decided_by or "sweep"
        steps.append(Step(approval=asked.id, what="decided", by=by, at=asked.decided_at, of=asked.role, text=text))
    return tuple(sorted(steps, key=lambda step: step.at))
