"""What a decision is, and whether a question is still open for one."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from domain.errors import AlreadyDecided, Conflict, QuartermasterError, StaleDecision
from domain.noun import Id, Noun, Text
from domain.plans import shown_digest
from guardrails import approval_states
from guardrails.approval_states import Verb
from guardrails.people import User
from storage import approvals
from storage.database import Session
from storage.records import Approval, ApprovalState, MoveRecord, MoveState

Did = Literal["approved", "rejected", "edited", "expired", "escalated"]


class Decision(Noun):
    """What was decided and what follows. `on_behalf_of`: whose role it was decided in, None in the decider's own.

    `resume`: the run of this move can go on (it is `state` now). `replan`: the rest is to be planned again as the next
    revision. `waiting`: roles that still have to decide, with their `questions`. `cancelled`: moves that needed it.
    """

    did: Did
    approval: Id
    move: Id
    case: Id
    run: Id
    by: Id
    on_behalf_of: Id | None = None
    state: MoveState
    waiting: tuple[Id, ...] = ()
    questions: tuple[Id, ...] = ()
    cancelled: tuple[Id, ...] = ()
    resume: bool
    replan: bool = False
    text: Text = ""


def decision(
    did: Did,
    asked: Approval,
    by: str,
    state: MoveState,
    left: tuple[Approval, ...] = (),
    *,
    cancelled: tuple[str, ...] = (),
    text: str = "",
    on_behalf_of: str | None = None,
) -> Decision:
    """The decision record: the run is resumed unless something is `left` to decide, and re-planned after a no."""
    return Decision(
        did=did,
        approval=asked.id,
        move=asked.move,
        case=asked.case,
        run=asked.run,
        by=by,
        on_behalf_of=on_behalf_of,
        state=state,
        waiting=tuple(one.role for one in left),
        questions=tuple(one.id for one in left),
        cancelled=cancelled,
        resume=not left,
        replan=state in (MoveState.REJECTED, MoveState.EXPIRED),
        text=text[:4000],
    )


def check_open(asked: Approval, record: MoveRecord, digest: str | None, now: datetime) -> None:
    """Raise unless `asked` is pending, in time, and shows (`digest`, when given) what the move is now."""
    if asked.state in (ApprovalState.APPROVED, ApprovalState.REJECTED):
        raise already(asked)
    if asked.state is ApprovalState.EXPIRED or (asked.state is ApprovalState.PENDING and asked.expires_at <= now):
        raise Conflict(
            f"{asked.id} expired on {asked.expires_at:%Y-%m-%d %H:%M}; nobody decided in time",
            field="approval",
            fix="list the approvals: it may have been asked of the role above, or run the case again",
        )
    current = shown_digest(record.move, asked.policy, asked.facts)
    wanted = asked.shown if digest is None else digest
    if asked.state is not ApprovalState.PENDING or record.state is not MoveState.WAITING:
        why = f" ({record.reason})" if record.reason else ""
        raise StaleDecision(
            f"{asked.id} is {asked.state.value}, its move is {record.state.value}{why}",
            field="approval",
            fix="list the approvals and decide what waits now",
        )
    if not wanted == asked.shown == current:
        raise StaleDecision(
            f"what {asked.id} shows has changed since this card was shown",
            field="digest",
            fix="look at the new card and decide again",
        )


def check_turn(session: Session, asked: Approval) -> None:
    """Raise Conflict while another role decides first."""
    for other in approvals.listed(session, {ApprovalState.PENDING}, move=asked.move):
        if other.position < asked.position:
            raise Conflict(
                f"{other.id} (role {other.role}) is decided before {asked.id}",
                field="approval",
                fix=f"wait for the decision on {other.id}",
            )


def settle(
    session: Session,
    asked: Approval,
    verb: Verb,
    person: User,
    now: datetime,
    reason: str,
    *,
    reason_code: str = "",
    decided_for: str | None = None,
) -> None:
    """The one compare and set of a decision; AlreadyDecided or StaleDecision when somebody was faster."""
    if not approval_states.settle(
        session, asked, verb, by=person.id, at=now, reason=reason, reason_code=reason_code, decided_for=decided_for
    ):
        raise already(approvals.get(session, asked.id))


def already(asked: Approval) -> QuartermasterError:
    """AlreadyDecided with who and when."""
    when = f" on {asked.decided_at:%Y-%m-%d %H:%M}" if asked.decided_at else ""
    return AlreadyDecided(
        f"{asked.decided_by} has {asked.state.value} {asked.id} already{when}",
        field="approval",
        fix="nothing is left to decide here",
    )
