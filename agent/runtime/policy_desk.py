"""What people do with versions of the policy: look, compare, try out, propose, approve, reject, withdraw."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agent.runtime.clock import Clock
from agent.runtime.dry_run import DryRun, dry_run
from agent.runtime.policies import InForce, OtherFile
from domain.errors import QuartermasterError
from domain.noun import Id, Noun, Text
from guardrails.changes import Changes
from guardrails.ledger import Ledger
from guardrails.policy import Policy, parse
from guardrails.policy.difference import Difference, differences
from storage import policies
from storage.database import Database
from storage.policy_changes import PolicyChange


class Version(Noun):
    """One turn of the history: a document, from when on it counts or counted, and whether it does now.

    `name` and `number` are what the document calls itself; `note` says when this release cannot read it.
    """

    id: Id
    name: Text = ""
    number: int = 0
    active_from: datetime
    by: Id
    in_force: bool
    note: Text = ""


class Document(Noun):
    """A version as it was written."""

    id: Id
    text: str
    in_force: bool


class PolicyDesk:
    """The policy of one installation, and its versions."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        in_force: InForce,
        changes: Changes,
        clock: Clock,
        other_file: OtherFile | None,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._in_force = in_force
        self._changes = changes
        self._clock = clock
        self.other_file = other_file
        """The file that the installation was told of, when it is not what is in force."""

    @property
    def in_force(self) -> Policy:
        """The policy in force now."""
        return self._in_force()

    def propose(
        self, text: str, user: str, why: str, evidence: Mapping[str, Any] | None = None, name: str = "policy"
    ) -> PolicyChange:
        """Ask the owners to put a document in force; see `Changes.propose`. `name` is what errors call it."""
        return self._changes.propose(text, name, user, why, evidence)

    def approve(self, change: str, user: str, reason: str = "") -> PolicyChange:
        """Approve as an owner; the last one puts it in force, or schedules it."""
        return self._changes.approve(change, user, reason)

    def reject(self, change: str, user: str, reason: str) -> PolicyChange:
        """Say no as an owner."""
        return self._changes.reject(change, user, reason)

    def withdraw(self, change: str, user: str, reason: str = "") -> PolicyChange:
        """Take back what one has proposed."""
        return self._changes.withdraw(change, user, reason)

    def arrive(self) -> tuple[PolicyChange, ...]:
        """Record that the day of scheduled versions has come."""
        return self._changes.arrive()

    def why_not(self, change: PolicyChange, user: str) -> str:
        """Why somebody may not approve a change now; "" when they may."""
        return self._changes.why_not(change, user)

    def owns(self, change: PolicyChange, user: str) -> bool:
        """Whether somebody may reject a change."""
        return self._changes.owns(change, user)

    def changes(self) -> tuple[PolicyChange, ...]:
        """Every change, in the order proposed."""
        return self._changes.listed()

    def change(self, change: str) -> PolicyChange:
        """One change; UnknownReference when there is none."""
        return self._changes.get(change)

    def versions(self) -> tuple[Version, ...]:
        """Every version that counts, counted or will count, the last one first."""
        with self._database.read() as session:
            turns = policies.turns(session)
        current = policies.at(turns, self._clock.now())
        return tuple(
            Version(
                id=turn.policy,
                active_from=turn.active_from,
                by=turn.activated_by,
                in_force=turn == current,
                **self._called(turn.policy),
            )
            for turn in turns
        )

    def document(self, policy: str = "") -> Document:
        """A version as it was written; the one in force when none is named. UnknownReference when there is none."""
        with self._database.read() as session:
            turn = policies.at(policies.turns(session), self._clock.now())
            now = turn.policy if turn is not None else ""
            return Document(
                id=policy or now, text=policies.text_of(session, policy or now), in_force=policy in ("", now)
            )

    def version(self, policy: str) -> Policy:
        """A version by its id, as this release reads it."""
        return self._in_force.version(policy)

    def diff(self, before: str | Policy, after: str | Policy) -> tuple[Difference, ...]:
        """What differs between two versions, by id or as read from a file."""
        one, other = (self.version(item) if isinstance(item, str) else item for item in (before, after))
        return differences(one, other)

    def dry_run(self, text: str, since: datetime, name: str = "policy") -> DryRun:
        """What a document would have changed of what was judged since a moment. BadInput for a wrong document."""
        policy = parse(text, name)
        with self._database.read() as session:
            return dry_run(session, self._ledger, policy, since, self._in_force.kept)

    def _called(self, policy: str) -> dict[str, Any]:
        try:
            found = self.version(policy)
        except QuartermasterError as trouble:
            return {"note": str(trouble)[:4000]}
        return {"name": found.name, "number": found.version}
