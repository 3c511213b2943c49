"""Which policy follows which, and from when on: the states of a proposed version, and what a new one makes void."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import Any

from domain.errors import AlreadyDecided
from guardrails.chain import EntryKind
from guardrails.ledger import Ledger, grounds
from guardrails.policy import Policy
from storage import policies, policy_changes
from storage.database import Session
from storage.policy_changes import ChangeState, PolicyChange

CLOCK = "clock"
"""Who the ledger names when the day of a version has come."""


class Verb(StrEnum):
    """What happens to a proposed version."""

    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    ARRIVE = "arrive"
    SUPERSEDE = "supersede"


OPEN = frozenset({ChangeState.PROPOSED, ChangeState.SCHEDULED})
TRANSITIONS: Mapping[Verb, Mapping[ChangeState, frozenset[ChangeState]]] = {
    Verb.APPROVE: {
        ChangeState.PROPOSED: frozenset({ChangeState.PROPOSED, ChangeState.SCHEDULED, ChangeState.IN_FORCE})
    },
    Verb.REJECT: {state: frozenset({ChangeState.REJECTED}) for state in OPEN},
    Verb.WITHDRAW: {state: frozenset({ChangeState.WITHDRAWN}) for state in OPEN},
    Verb.ARRIVE: {ChangeState.SCHEDULED: frozenset({ChangeState.IN_FORCE})},
    Verb.SUPERSEDE: {state: frozenset({ChangeState.SUPERSEDED}) for state in (*OPEN, ChangeState.IN_FORCE)},
}
"""Verb -> the states it takes a change from -> those it takes it to. Everything that is not here is refused."""


class Succession:
    """Moves changes along the table, each step with its ledger entry, inside the transaction of the caller.

    `kept` gives a policy by its id, read in that transaction.
    """

    def __init__(self, ledger: Ledger, kept: Callable[[Session, str], Policy]) -> None:
        self._ledger = ledger
        self._kept = kept

    def at(self, session: Session, at: datetime) -> Policy:
        """The policy that counts at a moment, as things stand in this transaction."""
        found = policies.at(policies.turns(session), at)
        assert found is not None, "an installation begins with a policy"
        return self._kept(session, found.policy)

    def begin(self, session: Session, change: PolicyChange, now: datetime, by: str) -> PolicyChange:
        """Every owner has approved: the new version counts from its day on, or from now."""
        starts = max(now, change.effective_from or now)
        text = policies.text_of(session, change.policy)
        policies.activate(session, change.policy, text, starts, by, waits=starts > now)
        to = ChangeState.SCHEDULED if starts > now else ChangeState.IN_FORCE
        self.move(session, change.id, Verb.APPROVE, to, now, by, _from(starts))
        body = {
            "did": "scheduled" if starts > now else "in force",
            "before": change.base,
            "effective_from": starts,
            "approved": [consent.model_dump() for consent in change.consents],
            "why": change.why,
        }
        self.record(session, change, by, now, body)
        self._tidy(session, change, starts, now)
        return policy_changes.get(session, change.id)

    def end(self, session: Session, change: PolicyChange, verb: Verb, now: datetime, by: str, why: str) -> PolicyChange:
        """A person ends a change; one that waited for its day no longer counts from then on."""
        to = ChangeState.REJECTED if verb is Verb.REJECT else ChangeState.WITHDRAWN
        self.move(session, change.id, verb, to, now, by, why)
        self.record(session, change, by, now, {"did": to.value, "was": change.state, "why": why})
        if change.state is ChangeState.SCHEDULED:
            self._unschedule(session, change, now, by)
        return policy_changes.get(session, change.id)

    def arrive(self, session: Session, now: datetime) -> tuple[PolicyChange, ...]:
        """Record that the day of scheduled versions has come."""
        came = []
        for change in due(session, now):
            found = policy_changes.get(session, change.id, lock=True)
            if found.state is not ChangeState.SCHEDULED:
                continue
            self.move(session, found.id, Verb.ARRIVE, ChangeState.IN_FORCE, now, CLOCK, _from(_starts(found)))
            body = {"did": "in force", "before": found.base, "effective_from": _starts(found), "why": found.why}
            self.record(session, found, CLOCK, now, body)
            self._tidy(session, found, _starts(found), now)
            came.append(policy_changes.get(session, found.id))
        return tuple(came)

    def move(
        self, session: Session, change: str, verb: Verb, to: ChangeState, at: datetime, by: str, note: str
    ) -> None:
        """Compare and set along the table of transitions. AlreadyDecided when somebody was quicker."""
        states = [state for state, reached in TRANSITIONS[verb].items() if to in reached]
        if not policy_changes.advance(session, change, states, to, at=at, by=by, note=note[:4000]):
            raise AlreadyDecided(f"{change} was decided just now", field="change", fix="look at it again")

    def record(
        self, session: Session, change: PolicyChange, actor: str, now: datetime, body: Mapping[str, Any]
    ) -> None:
        """One entry about a change."""
        said = {"change": change.id, **body, **grounds(policy=change.policy)}
        self._ledger.append(session, EntryKind.POLICY, actor, now, said)

    def _tidy(self, session: Session, new: PolicyChange, starts: datetime, now: datetime) -> None:
        """Whatever no longer fits once `new` counts from `starts` on is over, and says why."""
        for other in policy_changes.listed(session, (*OPEN, ChangeState.IN_FORCE)):
            if other.id == new.id:
                continue
            if other.state is ChangeState.IN_FORCE:
                if starts <= now:
                    self._supersede(session, other, f"replaced by {new.policy}", now)
            elif other.state is ChangeState.SCHEDULED:
                if _starts(other) > starts:
                    self._supersede(session, other, f"{new.id} changes what it was approved on", now)
            else:
                self._still_fits(session, other, f"{new.id} changes what it was made from", now)

    def _unschedule(self, session: Session, gone: PolicyChange, now: datetime, by: str) -> None:
        """Say anew what counts, and from when, without `gone`; what was agreed on top of it is over."""
        current = self.at(session, now)
        policies.activate(session, current.id, policies.text_of(session, current.id), now, by)
        for other in sorted(policy_changes.listed(session, {ChangeState.SCHEDULED}), key=_starts):
            if _starts(other) < _starts(gone):
                text = policies.text_of(session, other.policy)
                policies.activate(session, other.policy, text, _starts(other), by, waits=True)
            else:
                self._supersede(session, other, f"{gone.id}, which it was approved on, is over", now)
        for other in policy_changes.listed(session, {ChangeState.PROPOSED}):
            self._still_fits(session, other, f"{gone.id}, which it was made from, is over", now)

    def _still_fits(self, session: Session, change: PolicyChange, why: str, now: datetime) -> None:
        """End a proposal that was made from another policy than the one it would follow."""
        if self.at(session, max(now, change.effective_from or now)).id != change.base:
            self._supersede(session, change, why, now)

    def _supersede(self, session: Session, change: PolicyChange, why: str, now: datetime) -> None:
        self.move(session, change.id, Verb.SUPERSEDE, ChangeState.SUPERSEDED, now, CLOCK, why)
        self.record(session, change, CLOCK, now, {"did": "superseded", "was": change.state, "why": why})


def due(session: Session, now: datetime) -> tuple[PolicyChange, ...]:
    """Scheduled versions whose day has come, in the order of their days."""
    scheduled = policy_changes.listed(session, {ChangeState.SCHEDULED})
    return tuple(sorted((one for one in scheduled if _starts(one) <= now), key=_starts))


def effective(policy: Policy) -> datetime | None:
    """The moment a document asks to be in force from: midnight UTC of its day."""
    return None if policy.effective_from is None else datetime.combine(policy.effective_from, time(0), tzinfo=UTC)


def _starts(change: PolicyChange) -> datetime:
    return change.effective_from or change.created_at


def _from(starts: datetime) -> str:
    return f"in force from {starts:%Y-%m-%d %H:%M} UTC on"
