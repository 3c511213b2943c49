"""The index of our memory: every table class, and so the whole schema as `METADATA`."""

from __future__ import annotations

from storage.approval_steps import MarkRow, SnoozeRow, StepRow
from storage.approvals import ApprovalRow
from storage.base import Base
from storage.budgets import BudgetRow
from storage.cases import CaseRow
from storage.claims import ClaimRow
from storage.conversations import ConversationRow, TurnRow
from storage.counters import CounterRow
from storage.deactivations import DeactivationRow
from storage.delegations import AbsenceRow, DelegationRow
from storage.demotions import DemotionRow
from storage.effects import EffectRow
from storage.exceptions import ExceptionRow, LookRow, SweepRow
from storage.inbox import InboxRow, InboxSequenceRow
from storage.leases import LeaseRow
from storage.ledger_checkpoints import LedgerCheckpointRow
from storage.ledger_rows import LedgerContentRow, LedgerRow
from storage.moves import MoveRow
from storage.observations import ObservationRow
from storage.plans import PlanRow
from storage.policies import PolicyActivationRow, PolicyRow
from storage.policy_changes import PolicyChangeRow, PolicyConsentRow
from storage.run_events import RunEventRow
from storage.runs import RunRow
from storage.sagas import SagaRow
from storage.sessions import SessionRow
from storage.slack_cards import SlackCardRow
from storage.slack_events import SlackEventRow
from storage.slack_notes import SlackNoteRow
from storage.snapshots import SnapshotRow
from storage.switches import SwitchRow, TurnOfSwitchRow

TABLES: tuple[type[Base], ...] = (
    AbsenceRow,
    ApprovalRow,
    BudgetRow,
    CaseRow,
    ClaimRow,
    ConversationRow,
    CounterRow,
    DeactivationRow,
    DelegationRow,
    DemotionRow,
    EffectRow,
    ExceptionRow,
    InboxRow,
    InboxSequenceRow,
    LeaseRow,
    LedgerCheckpointRow,
    LedgerContentRow,
    LedgerRow,
    LookRow,
    MarkRow,
    MoveRow,
    ObservationRow,
    PlanRow,
    PolicyActivationRow,
    PolicyChangeRow,
    PolicyConsentRow,
    PolicyRow,
    RunEventRow,
    RunRow,
    SagaRow,
    SessionRow,
    SlackCardRow,
    SlackEventRow,
    SlackNoteRow,
    SnapshotRow,
    SnoozeRow,
    StepRow,
    SweepRow,
    SwitchRow,
    TurnOfSwitchRow,
    TurnRow,
)

METADATA = Base.metadata
