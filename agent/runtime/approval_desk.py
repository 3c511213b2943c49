"""The desk of those who decide: put aside, pass on, speak, hand a role over, be away, decide many, stop and lift."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from domain.errors import BadInput, QuartermasterError
from domain.noun import Noun, Text
from guardrails import switches
from guardrails.attempts import Attempts
from guardrails.cards import Card
from guardrails.deciding import Decision
from guardrails.delegating import Delegating
from guardrails.history import Step
from guardrails.powers import Delegation
from guardrails.switches import Lift
from storage import approval_steps
from storage.delegations import Absence
from storage.records import Switch
from storage.switches import Turn

if TYPE_CHECKING:
    from agent.runtime.compose import Parts

MANY = 200
"""How many questions may be named at once."""


class Outcome(Noun):
    """What became of one of many, by the name it was given: decided, or the sentence that says why not."""

    approval: Text
    decision: Decision | None = None
    error: Text = ""


class ApprovalDesk:
    """What people do around questions. Every verb names who does it; every refusal is in the ledger.

    `decided` is told of every decision made here, as after one made at the Application itself.
    """

    def __init__(self, parts: Parts, decided: Callable[[Decision], object], settle: Callable[[], object]) -> None:
        self._parts = parts
        self._decided = decided
        self._settle = settle
        asked = (parts.database, parts.ledger, lambda: parts.policy, parts.people, parts.clock.now)
        self._attempts = Attempts(*asked)
        self._delegating = Delegating(*asked)

    def snooze(self, approval: str, user: str, until: datetime, reason: str = "") -> Card:
        """Hide a question from this person's list until then, at most to its end or as long as policy lets. It waits,
        is reminded of and expires all the same."""
        return self._parts.approvals.snooze(approval, user, until, reason)

    def reassign(self, approval: str, user: str, to: str, reason_code: str = "", reason: str = "") -> Card:
        """Give a question to a person who may decide it; it leaves the lists of the others."""
        return self._parts.approvals.reassign(approval, user, to, reason_code, reason)

    def comment(self, approval: str, user: str, text: str) -> Card:
        """Say something about a question, for everybody who sees its card."""
        return self._parts.approvals.comment(approval, user, text)

    def delegate(self, giver: str, to: str, role: str, since: datetime, until: datetime, why: str = "") -> Delegation:
        """Hand a role of one's own to another person, from `since` (in it) until `until` (not in it)."""
        return self._delegating.delegate(giver, to, role, since, until, why)

    def end_delegation(self, delegation: str, user: str) -> Delegation:
        """Take a role back or give it back, at once."""
        return self._delegating.end(delegation, user)

    def delegations(self, user: str | None = None) -> tuple[Delegation, ...]:
        """Delegations in the order they were given, ended ones too; with `user`, those from or to them."""
        return self._delegating.listed(user)

    def away(self, user: str, since: datetime, until: datetime, why: str = "") -> Absence:
        """Be out of office: what is given to this person goes to their delegate; a question that nobody who is there
        may decide can be answered by the role above at once."""
        return self._delegating.away(user, since, until, why)

    def back(self, user: str) -> int:
        """Be back; how many absences that ends."""
        return self._delegating.back(user)

    def absences(self, at: datetime | None = None) -> tuple[Absence, ...]:
        """Absences in the order they were told; with `at`, those of people who are away then."""
        return self._delegating.absences(at)

    def decide_many(
        self,
        named: Sequence[tuple[str, str]],
        user: str,
        approve: bool,
        reason_code: str = "",
        reason: str = "",
        *,
        settle: bool = True,
    ) -> tuple[Outcome, ...]:
        """Decide every named question (id, digest of what was shown), each by itself: one that fails stops no other.

        BadInput when none or more than MANY are named; there is no way to say `all`. One named without its digest is
        not decided.
        """
        if not 0 < len(named) <= MANY:
            raise BadInput(f"name 1 to {MANY} questions, each with its digest", field="named", fix="name fewer")
        done = tuple(
            self._one_of_many(approval, digest, user, approve, reason_code, reason) for approval, digest in named
        )
        if settle:
            self._settle()
        return done

    def newest(
        self, user: str | None = None, *, case: str | None = None, after: str | None = None, limit: int
    ) -> tuple[tuple[Card, ...], int]:
        """At most `limit` questions, decided or not, the one asked last first, those after `after`; and how many there
        are in all."""
        return self._parts.approvals.newest(user, case=case, after=after, limit=limit)

    def history(self, approval: str) -> tuple[Step, ...]:
        """What happened to a question, oldest first: asked, reminded, escalated, snoozed, reassigned, commented,
        edited, decided."""
        return self._parts.approvals.history(approval)

    def steps(self, after: int = 0, limit: int | None = None) -> tuple[Step, ...]:
        """Steps of every question after a number, in order: for doors that post them (a reminder in its thread)."""
        with self._parts.database.read() as session:
            return approval_steps.since(session, after, limit)

    def stop(self, user: str, system: str = switches.EVERYTHING, reason: str = "", reason_code: str = "") -> Switch:
        """The kill switch: nothing is written to `system` (everything when not named) until it is lifted."""
        parts = self._parts
        with self._attempts.recorded(user, "stop"), parts.database.write() as session:
            parts.ledger.hold(session)
            person, at = parts.people.get(user), parts.clock.now()
            return switches.stop(
                session,
                parts.ledger,
                parts.policy,
                person,
                at=at,
                why=reason,
                system=system,
                reason_code=reason_code,
            )

    def lift(self, user: str, system: str = switches.EVERYTHING, reason: str = "") -> Lift:
        """Let writes go on: asked for by one person, done by a second within an hour; neither has stopped it."""
        parts = self._parts
        with self._attempts.recorded(user, "lift"), parts.database.write() as session:
            parts.ledger.hold(session)
            person, at = parts.people.get(user), parts.clock.now()
            made = switches.lift(
                session, parts.ledger, parts.policy, parts.people, person, at=at, why=reason, system=system
            )
        if made.state == "lifted":
            self._settle()
        return made

    def asked_lifts(self) -> tuple[Turn, ...]:
        """Stopped systems that one person wants to go on, waiting for a second: who asked, when and why."""
        with self._parts.database.read() as session:
            return switches.asked_lifts(session, self._parts.people, self._parts.clock.now())

    def _one_of_many(
        self, approval: str, digest: str, user: str, approve: bool, reason_code: str, reason: str
    ) -> Outcome:
        known = self._parts.approvals
        try:
            if not digest:
                raise BadInput(
                    f"{approval} is named without its digest", field="digest", fix="give what its card shows"
                )
            if approve:
                made = known.approve(approval, user, digest, reason, reason_code)
            else:
                made = known.reject(approval, user, reason, digest, reason_code)
        except QuartermasterError as error:
            return Outcome(approval=approval, error=str(error))
        self._decided(made)
        return Outcome(approval=approval, decision=made)
