"""The states of a question and everything that may happen to it, in one table; no question changes but along it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from domain.errors import Conflict
from domain.noun import Id, Noun
from storage import approvals
from storage.database import Session
from storage.records import Approval, ApprovalState

Verb = Literal[
    "ask",
    "edit",
    "approve",
    "reject",
    "snooze",
    "reassign",
    "comment",
    "remind",
    "escalate",
    "expire",
    "supersede",
    "cancel",
]
Who = Literal["guard", "sweep", "decider", "role", "sender", "editor", "person"]
"""guard: the program itself, after policy asked. sweep: the program, because time has passed. decider: entitled to this
very question (role, limits, four eyes). role: with a power in its role. sender: a decider, or somebody with a role
above who is no party. editor: with its role, one above, or the role that confirms plans. person: anybody active."""
Guard = Literal["shown", "in time", "in turn", "overdue"]
"""shown: bound to the digest of exactly what was shown. in time: before it expires. in turn: no role before it waits.
overdue: its time is over."""


class Transition(Noun):
    """One line: in `state` (None: not asked yet), `who` may do `verb` while the guards hold; then it is `next`."""

    state: ApprovalState | None
    verb: Verb
    next: ApprovalState
    who: Who
    guards: tuple[Guard, ...] = ()


_PENDING = ApprovalState.PENDING
_OPEN: tuple[Guard, ...] = ("shown", "in time")

TABLE: tuple[Transition, ...] = (
    Transition(state=None, verb="ask", next=_PENDING, who="guard"),
    Transition(state=_PENDING, verb="edit", next=_PENDING, who="editor", guards=_OPEN),
    Transition(state=_PENDING, verb="approve", next=ApprovalState.APPROVED, who="decider", guards=(*_OPEN, "in turn")),
    Transition(state=_PENDING, verb="reject", next=ApprovalState.REJECTED, who="decider", guards=_OPEN),
    Transition(state=_PENDING, verb="snooze", next=_PENDING, who="role", guards=("in time",)),
    Transition(state=_PENDING, verb="reassign", next=_PENDING, who="sender", guards=("in time",)),
    Transition(state=_PENDING, verb="remind", next=_PENDING, who="sweep", guards=("in time", "in turn")),
    Transition(state=_PENDING, verb="escalate", next=_PENDING, who="sweep", guards=("in time", "in turn")),
    Transition(state=_PENDING, verb="expire", next=ApprovalState.EXPIRED, who="sweep", guards=("overdue",)),
    Transition(state=_PENDING, verb="supersede", next=ApprovalState.SUPERSEDED, who="guard"),
    Transition(state=_PENDING, verb="cancel", next=ApprovalState.CANCELLED, who="guard"),
    *(Transition(state=state, verb="comment", next=state, who="person") for state in ApprovalState),
)
"""Every line. A state from which nothing but a comment leads is final."""

FINAL = frozenset(ApprovalState) - {line.state for line in TABLE if line.verb != "comment"}


def line(state: ApprovalState | None, verb: Verb) -> Transition:
    """The line of the table for this verb in this state; Conflict when there is none."""
    found = next((one for one in TABLE if one.state is state and one.verb == verb), None)
    if found is None:
        name = "not asked yet" if state is None else state.value
        raise Conflict(f"a question that is {name} takes no {verb}", field="approval", fix="list what waits now")
    return found


def ask(session: Session, question: Approval) -> None:
    """Record a question in the state in which it begins."""
    approvals.ask(session, question.model_copy(update={"state": line(None, "ask").next}))


def settle(
    session: Session,
    asked: Approval,
    verb: Verb,
    *,
    by: Id,
    at: datetime,
    reason: str = "",
    reason_code: str = "",
    decided_for: Id | None = None,
) -> bool:
    """End one question by compare and set; False when it is no longer pending, in time and showing the same."""
    return approvals.decide(
        session,
        asked.id,
        asked.shown,
        line(_PENDING, verb).next,
        by=by,
        at=at,
        reason=reason[:4000],
        reason_code=reason_code,
        decided_for=decided_for,
    )


def close(session: Session, move: str, verb: Verb, at: datetime, reason: str = "") -> int:
    """End every pending question of a move; how many that were."""
    return approvals.close(session, move, line(_PENDING, verb).next, at, reason=reason)


def rebind(session: Session, old: Approval, new: Approval) -> bool:
    """Bind a pending question to what an edit made of it; False when somebody was faster."""
    return approvals.rebind(session, old, new.model_copy(update={"state": line(old.state, "edit").next}))


def amend(session: Session, old: Approval, new: Approval, verb: Verb) -> bool:
    """Give a pending question to other people (`role`, `assigned_to`, `escalated_from`); False when it has changed."""
    return approvals.amend(session, old, new.model_copy(update={"state": line(old.state, verb).next}))
