"""What a decider is shown: who gains, who loses, units, money, dates, the rule that asked and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from domain.noun import Id, Money, Noun, Text, Units
from domain.plans import Effect, Move
from domain.verdicts import Outcome, Reason
from guardrails.policy.reasons import ReasonCode
from storage.approval_steps import Step
from storage.records import Approval, ApprovalState, MoveRecord, MoveState


class Quantity(Noun):
    """A quantity that may be edited: which action, what it does in words, and how many units."""

    action: Id
    text: Text
    units: Units


class Comment(Noun):
    """What somebody said about a question."""

    by: Id
    at: datetime
    text: Text


class Card(Noun):
    """One question, complete: a decision is bound to `digest`, which covers everything of the move shown here.

    `rules` are the reasons that asked, `other_reasons` what else policy said. `before` are roles that decide first.
    `snoozed_until` is of the person looking; `escalated_from` the role that let it wait; `decided_for` whose role it
    was decided in, None in the decider's own. `reasons` are those that may be given with a decision.
    """

    approval: Id
    move: Id
    case: Id
    run: Id
    role: Id
    state: ApprovalState
    move_state: MoveState
    title: Text
    reason: Text
    gains: tuple[Effect, ...]
    loses: tuple[Effect, ...]
    told: tuple[Effect, ...]
    units: Units
    value: Money
    value_at_stake: Money
    cost: Money
    actions: tuple[Text, ...]
    quantities: tuple[Quantity, ...]
    rules: tuple[Reason, ...]
    other_reasons: tuple[Reason, ...]
    four_eyes: bool
    asked_by: Id
    edited_by: tuple[Id, ...]
    before: tuple[Id, ...]
    created_at: datetime
    expires_at: datetime
    decided_by: Id | None
    decided_at: datetime | None
    decision_reason: Text
    policy: Id
    facts: Id
    digest: str
    assigned_to: Id | None = None
    snoozed_until: datetime | None = None
    comments: tuple[Comment, ...] = ()
    reminded_at: datetime | None = None
    escalated_from: Text = ""
    decided_for: Id | None = None
    decision_code: Text = ""
    reasons: tuple[ReasonCode, ...] = ()


def card(
    asked: Approval,
    record: MoveRecord,
    siblings: tuple[Approval, ...],
    *,
    steps: Iterable[Step] = (),
    snoozed_until: datetime | None = None,
    reasons: tuple[ReasonCode, ...] = (),
) -> Card:
    """The card of `asked`; `siblings` are all approvals of the same move, `steps` what happened to this one."""
    steps = tuple(steps)
    move = record.move
    said = record.verdict.reasons if record.verdict else ()
    rules = tuple(reason for reason in said if reason.outcome is Outcome.APPROVAL)
    gains = tuple(effect for effect in move.effects if _gained(effect) > 0)
    return Card(
        approval=asked.id,
        move=record.id,
        case=asked.case,
        run=asked.run,
        role=asked.role,
        state=asked.state,
        move_state=record.state,
        title=move.title,
        reason=move.reason,
        gains=gains,
        loses=tuple(effect for effect in move.effects if _gained(effect) < 0),
        told=tuple(effect for effect in move.effects if _gained(effect) == 0),
        units=sum(_gained(effect) for effect in gains),
        value=move.value,
        value_at_stake=move.value_at_stake,
        cost=move.cost,
        actions=tuple(in_words(action) for action in move.actions),
        quantities=_quantities(move),
        rules=rules,
        other_reasons=tuple(reason for reason in said if reason not in rules),
        four_eyes=asked.four_eyes,
        asked_by=asked.asked_by,
        edited_by=asked.edited_by,
        before=tuple(other.role for other in siblings if _first(other, asked)),
        created_at=asked.created_at,
        expires_at=asked.expires_at,
        decided_by=asked.decided_by,
        decided_at=asked.decided_at,
        decision_reason=asked.reason,
        policy=asked.policy,
        facts=asked.facts,
        digest=asked.shown,
        assigned_to=asked.assigned_to,
        snoozed_until=snoozed_until,
        comments=tuple(Comment(by=s.by, at=s.at, text=s.text) for s in steps if s.what == "commented"),
        reminded_at=max((s.at for s in steps if s.what == "reminded"), default=None),
        escalated_from=asked.escalated_from,
        decided_for=asked.decided_for,
        decision_code=asked.reason_code,
        reasons=reasons,
    )


def _quantities(move: Move) -> tuple[Quantity, ...]:
    return tuple(
        Quantity(action=action.id, text=in_words(action), units=action.quantity)
        for action in move.actions
        if hasattr(action, "quantity")
    )


def _first(other: Approval, asked: Approval) -> bool:
    """Whether `other` is decided before `asked`."""
    return other.state is ApprovalState.PENDING and other.position < asked.position


def _gained(effect: Effect) -> int:
    """Units a line gains (negative: loses); where their number stays, units that come sooner (negative: later)."""
    return effect.units or effect.sooner


def in_words(action: object) -> str:
    """An action as one line, from its own fields: `reserve: line .., sku .., quantity ..`."""
    assert isinstance(action, Noun)
    fields = {name: getattr(action, name) for name in type(action).model_fields}
    shown = [
        f"{name} {value}" for name, value in fields.items() if name not in ("id", "needs", "kind") and value is not None
    ]
    return f"{fields['id']} {str(fields['kind']).replace('_', ' ')}: {', '.join(shown)}"[:4000]
