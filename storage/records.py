"""The records our memory keeps, as frozen nouns: what a room gives back, never a row. States stand here, once."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from domain.events import Event
from domain.noun import Id, Noun, Text, Units
from domain.plans import Move
from domain.requests import Request
from domain.verdicts import Verdict


class InboxState(StrEnum):
    """Where an event that arrived stands: to be applied, out of order, applied to a case, or given up with a note."""

    RECEIVED = "received"
    STALE = "stale"
    APPLIED = "applied"
    DEAD = "dead"


class Arrival(StrEnum):
    """What `inbox.accept` made of an event."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    STALE = "stale"


class InboxEntry(Noun):
    """One event as it arrived. `case` is set when it was applied."""

    event: Event
    subject: str
    received_at: datetime
    body_hash: str
    state: InboxState
    case: Id | None = None
    note: Text = ""


class RunState(StrEnum):
    """Where a run stands."""

    ADMITTED = "admitted"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class Run(Noun):
    """One run: a row before anything else happens. `fallback` says why the rules planner stood in ("": it did not)."""

    id: Id
    case: Id
    kind: Literal["event", "question", "sweep", "command"]
    state: RunState = RunState.ADMITTED
    revision: int = 1
    planner: str = ""
    fallback: Text = ""
    facts: Id | None = None
    policy: Id | None = None
    request: Request
    actor: Id
    worker: str = ""
    failure: Text = ""
    created_at: datetime
    finished_at: datetime | None = None


class RunEvent(Noun):
    """One thing a run did or said. `seq` counts from 1 in each run without gaps; `body` is canonical JSON."""

    run: Id
    seq: int
    at: datetime
    kind: str
    body: str


class Conversation(Noun):
    """Turns of one person with the copilot through one door; `id` is ours (`T-1`) or a door's own key."""

    id: Text
    user: Id
    title: Text
    created_at: datetime
    updated_at: datetime


class Visit(Noun):
    """Somebody who came in through a door, and until when. `id` is the digest of the session's token."""

    id: Text
    user: Id
    door: Id
    created_at: datetime
    expires_at: datetime


class SlackEventState(StrEnum):
    """Where something said in Slack stands: kept, a run admitted for it, answered there, or refused privately."""

    RECEIVED = "received"
    ADMITTED = "admitted"
    ANSWERED = "answered"
    REFUSED = "refused"


class SlackEvent(Noun):
    """Something said to us in Slack. `message` names it (`channel:ts`); `thread` is the `ts` the answer goes under;
    `sender` is Slack's user id; `stream` is the `ts` of the message the answer is written into ("" before that)."""

    id: Text
    message: Text
    enterprise: Text = ""
    team: Text
    channel: Text
    thread: Text
    sender: Text
    text: Text
    state: SlackEventState = SlackEventState.RECEIVED
    run: Id | None = None
    case: Id | None = None
    stream: Text = ""
    received_at: datetime

    @property
    def conversation(self) -> str:
        """The key of its thread; our conversations belong to one person, so a door adds whose it is."""
        return f"slack:{self.enterprise}:{self.team}:{self.channel}:{self.thread}"


class SlackCardState(StrEnum):
    """Where an approval card stands: to be posted, being posted, in Slack, or never to change again."""

    NEW = "new"
    POSTING = "posting"
    POSTED = "posted"
    SETTLED = "settled"


class SlackCard(Noun):
    """The card of an approval in Slack. `thread` is "" for a message of its own; `ts` is "" before it was posted;
    `face` is the digest of the blocks it shows now and `shown` (JSON) the card it showed first; `owner` claimed it
    last."""

    approval: Id
    case: Id
    channel: Text
    thread: Text = ""
    ts: Text = ""
    state: SlackCardState = SlackCardState.NEW
    face: Text = ""
    shown: str = ""
    owner: Text = ""
    updated_at: datetime


class MoveState(StrEnum):
    """Where a move stands. `waiting` is for people, `ready` and `executing` are for systems, `parked` waits for one."""

    PROPOSED = "proposed"
    DENIED = "denied"
    WAITING = "waiting"
    APPROVED = "approved"
    READY = "ready"
    EXECUTING = "executing"
    EXECUTED = "executed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    PARKED = "parked"
    COMPENSATED = "compensated"
    FAILED = "failed"


class MoveRecord(Noun):
    """A move with its place in a plan (`position` from 0), its state, and what policy last said of it."""

    move: Move
    case: Id
    run: Id
    revision: int
    position: int
    state: MoveState = MoveState.PROPOSED
    reason: Text = ""
    verdict: Verdict | None = None

    @property
    def id(self) -> str:
        """The id of the move."""
        return self.move.id


class PlanRecord(Noun):
    """Where a plan is kept: its digest and which run made it; `plans.load` gives the Plan itself."""

    case: Id
    revision: int
    run: Id
    digest: str
    created_at: datetime


class ApprovalState(StrEnum):
    """Where an approval stands; everything but pending is final."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


class Approval(Noun):
    """One question to one role about one move. `shown` is the digest of exactly what the decider sees.

    Approvals of a move are asked in the order of `position` (from 0). `edited_by` are all who changed the move.
    `assigned_to` is whom it was given to; `escalated_from` the role that let it wait too long ("": none did).
    `decided_for`: in whose name it was decided, None in the decider's own; `reason_code` is one of the policy's.
    """

    id: Id
    move: Id
    case: Id
    run: Id
    position: int
    role: Id
    state: ApprovalState = ApprovalState.PENDING
    shown: str
    policy: Id
    facts: Id
    four_eyes: bool = False
    asked_by: Id
    edited_by: tuple[Id, ...] = ()
    created_at: datetime
    expires_at: datetime
    decided_by: Id | None = None
    decided_at: datetime | None = None
    reason: Text = ""
    assigned_to: Id | None = None
    escalated_from: Text = ""
    decided_for: Id | None = None
    reason_code: Text = ""


class SagaState(StrEnum):
    """Where the execution of a move stands."""

    READY = "ready"
    RUNNING = "running"
    PARKED = "parked"
    DONE = "done"
    COMPENSATED = "compensated"
    FAILED = "failed"


class Saga(Noun):
    """The execution of one move. `seq`: order of admission; `step`: index of the next action; `note`: why it stands."""

    move: Id
    seq: int
    state: SagaState = SagaState.READY
    step: int = 0
    attempts: int = 0
    note: Text = ""
    created_at: datetime
    updated_at: datetime


class EffectState(StrEnum):
    """What is known of one write to another system."""

    INTENT = "intent"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    UNDONE = "undone"


class EffectRecord(Noun):
    """One write to another system under its idempotency key. `receipt` is the reference the other system answered."""

    key: str
    move: Id
    action: Id
    operation: str
    body_hash: str
    state: EffectState = EffectState.INTENT
    receipt: Text = ""
    attempts: int = 0
    created_at: datetime
    updated_at: datetime


ScopeKind = Literal["run", "day", "actor", "customer", "rule"]
Measure = Literal["units", "money_minor", "moves"]


class BudgetScope(Noun):
    """What a budget is counted for: this run, this day, this actor ... `key` names which one."""

    kind: ScopeKind
    key: str


class Overrun(Noun):
    """Why a budget refused: `total` spent so far, `asked` on top, `limit` not to be passed."""

    scope: BudgetScope
    measure: Measure
    total: int
    asked: int
    limit: int


class ClaimShort(Noun):
    """Why a claim was refused: the bucket had `free` units, `claimed` of them are promised, `asked` do not fit."""

    sku: Id
    site: Id
    inbound: Id | None = None
    free: Units
    claimed: Units
    asked: Units


class Switch(Noun):
    """The kill switch of a system (`*` is all of them). While `stopped`, nothing is written there."""

    system: str
    stopped: bool
    by: Id
    at: datetime
    why: Text = ""


class Lease(Noun):
    """Who may work on `name` until `expires_at`."""

    name: str
    owner: str
    expires_at: datetime
