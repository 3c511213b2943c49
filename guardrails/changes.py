"""How a policy changes: proposed, approved by its owners, in force from its day on. Judged by the policy in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.canonical import canonical_json
from domain.errors import AlreadyDecided, BadInput, Conflict, NotAllowed, QuartermasterError
from guardrails.chain import EntryKind
from guardrails.ledger import Ledger, grounds
from guardrails.ownership import counts, must_be_held, must_decide, must_see_with_other_eyes, speaks_for
from guardrails.people import People, User
from guardrails.policy import Policy, parse
from guardrails.policy.difference import changed_parts, differences
from guardrails.powers import Power, powers
from guardrails.succession import OPEN, TRANSITIONS, Succession, Verb, due, effective
from storage import delegations, policies, policy_changes
from storage.database import Database, Session
from storage.policy_changes import Consent, PolicyChange

MOST_TOLD = 200
"""Differences that are written out in the ledger."""


@dataclass(frozen=True)
class _Desk:
    """One step being taken: the change (locked), who takes it with which powers, when, and the policy in force."""

    session: Session
    change: PolicyChange
    person: User
    powers: tuple[Power, ...]
    now: datetime
    policy: Policy

    @property
    def needed(self) -> tuple[str, ...]:
        """The owners that the policy in force asks; never those of the new version."""
        return self.policy.owners.needed(self.change.changed, self.policy.roles)


class Changes:
    """Propose, approve, reject, withdraw. Every step and every refused attempt is in the ledger.

    `kept` gives a policy by its id, read in a transaction.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        in_force: Callable[[], Policy],
        kept: Callable[[Session, str], Policy],
        people: People,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._in_force = in_force
        self._people = people
        self._now = now
        self._succession = Succession(ledger, kept)

    def propose(
        self, text: str, name: str, user: str, why: str, evidence: Mapping[str, Any] | None = None
    ) -> PolicyChange:
        """Ask the owners to put this document (`name`: of its file) in force, from its `effective_from` on.

        Raises BadInput when the document is wrong or an owner role is nobody's, Conflict when it is the policy already,
        NotAllowed for somebody without a role that decides.
        """
        now = self._now()
        try:
            _must_say(why, "why")
            policy = parse(text, name)
            with self._database.write() as session:
                self._ledger.hold(session)
                self._succession.arrive(session, now)
                person = self._people.person(user)
                must_decide(person, self._powers(session, person, now), self._in_force())
                return self._proposal(session, policy, text, person, why, evidence or {}, now)
        except (NotAllowed, Conflict, BadInput) as refused:
            self._refused("propose", name, user, refused, now)
            raise

    def approve(self, change: str, user: str, reason: str = "") -> PolicyChange:
        """Approve as the first owner role that is still missing and that `user` has. The last one puts it in force.

        Raises NotAllowed (no owner, or four eyes), AlreadyDecided when it is over or that role has approved.
        """
        with self._step(change, user, Verb.APPROVE) as desk:
            session, found = desk.session, desk.change
            if desk.needed != found.needed:
                policy_changes.set_needed(session, found.id, desk.needed)
                found = policy_changes.get(session, found.id)
            found = self._of_those_who_are_here(desk, found)
            power = speaks_for(desk.person, desk.powers, found, found.missing, desk.policy, self._people)
            if desk.policy.owners.four_eyes:
                must_see_with_other_eyes(desk.person, power, found, self._people)
            role = power.grant.role
            given = Consent(role=role, by=desk.person.id, for_whom=power.for_whom, at=desk.now, why=reason)
            if not policy_changes.consent(session, found.id, given):
                raise AlreadyDecided(f"{role} has approved {found.id} already", field="role", fix="look at it again")
            self._record(desk, {"did": "approved", "role": role, "for_whom": power.for_whom, "why": reason})
            agreed = policy_changes.get(session, found.id)
            return agreed if agreed.missing else self._succession.begin(session, agreed, desk.now, desk.person.id)

    def reject(self, change: str, user: str, reason: str) -> PolicyChange:
        """Say no, as one of its owners; also to one that waits for its day."""
        with self._step(change, user, Verb.REJECT) as desk:
            _must_say(reason, "reason")
            speaks_for(desk.person, desk.powers, desk.change, desk.needed, desk.policy, self._people)
            return self._succession.end(desk.session, desk.change, Verb.REJECT, desk.now, desk.person.id, reason)

    def withdraw(self, change: str, user: str, reason: str = "") -> PolicyChange:
        """Take back what one has proposed oneself, until it is in force."""
        with self._step(change, user, Verb.WITHDRAW) as desk:
            if desk.person.id != desk.change.by:
                raise NotAllowed(
                    f"{desk.change.by} proposed {desk.change.id}", field="user", fix="reject it, as one of its owners"
                )
            return self._succession.end(desk.session, desk.change, Verb.WITHDRAW, desk.now, desk.person.id, reason)

    def why_not(self, change: PolicyChange, user: str) -> str:
        """Why `user` may not approve a change now; "" when they may. For those who only look."""
        policy = self._in_force()
        needed = policy.owners.needed(change.changed, policy.roles)
        given = {consent.role for consent in change.consents if counts(consent, self._people)}
        try:
            person = self._people.get(user)
            with self._database.read() as session:
                mine = self._powers(session, person, self._now())
            wanted = tuple(role for role in needed if role not in given)
            power = speaks_for(person, mine, change, wanted, policy, self._people)
            if policy.owners.four_eyes:
                must_see_with_other_eyes(person, power, change, self._people)
        except NotAllowed as refused:
            return refused.message
        return ""

    def owns(self, change: PolicyChange, user: str) -> bool:
        """Whether `user` may reject a change, as one of its owners."""
        policy = self._in_force()
        needed = policy.owners.needed(change.changed, policy.roles)
        try:
            person = self._people.get(user)
            with self._database.read() as session:
                mine = self._powers(session, person, self._now())
            speaks_for(person, mine, change, needed, policy, self._people)
        except NotAllowed:
            return False
        return True

    def arrive(self) -> tuple[PolicyChange, ...]:
        """Record that the day of scheduled versions has come. They are in force from that day on without this."""
        now = self._now()
        with self._database.read() as session:
            if not due(session, now):
                return ()
        with self._database.write() as session:
            self._ledger.hold(session)
            return self._succession.arrive(session, now)

    def listed(self) -> tuple[PolicyChange, ...]:
        """Every change, in the order proposed."""
        with self._database.read() as session:
            return policy_changes.listed(session)

    def get(self, change: str) -> PolicyChange:
        """One change; UnknownReference when there is none."""
        with self._database.read() as session:
            return policy_changes.get(session, change)

    def _proposal(
        self,
        session: Session,
        policy: Policy,
        text: str,
        person: User,
        why: str,
        evidence: Mapping[str, Any],
        now: datetime,
    ) -> PolicyChange:
        asked = effective(policy)
        starts = asked if asked is not None and asked > now else None
        current, base = self._in_force(), self._succession.at(session, starts or now)
        changed = changed_parts(base, policy)
        self._must_be_new(session, policy, base)
        needed = current.owners.needed(changed, current.roles)
        must_be_held(needed, current, self._people)
        must_be_held(policy.owners.needed(("owners",), policy.roles), policy, self._people)
        policies.keep(session, policy.id, kept_text(session, policy.id, text))
        change = PolicyChange(
            id=policy_changes.next_id(session),
            policy=policy.id,
            base=base.id,
            by=person.id,
            why=why,
            evidence=canonical_json(dict(evidence)),
            changed=changed,
            needed=needed,
            four_eyes=current.owners.four_eyes,
            effective_from=starts,
            created_at=now,
        )
        policy_changes.propose(session, change)
        told = [one.text for one in differences(base, policy)]
        body = {
            "did": "proposed",
            "name": policy.name,
            "version": policy.version,
            "before": base.id,
            "differences": told[:MOST_TOLD],
            "more": max(0, len(told) - MOST_TOLD),
            "needed": needed,
            "effective_from": starts,
            "why": why,
            "given": dict(evidence),
            "judged_by": current.id,
        }
        self._succession.record(session, change, person.id, now, body)
        return change

    def _of_those_who_are_here(self, desk: _Desk, found: PolicyChange) -> PolicyChange:
        """The change without the approvals of people whose powers have ended since: their roles are asked anew."""
        void = [one for one in found.consents if not counts(one, self._people)]
        for one in void:
            policy_changes.take_back(desk.session, found.id, one.role)
            self._record(desk, {"did": "approval ended", "role": one.role, "of": one.by})
        return policy_changes.get(desk.session, found.id) if void else found

    def _must_be_new(self, session: Session, policy: Policy, base: Policy) -> None:
        if base.id == policy.id:
            raise Conflict(f"{policy.id} is the policy already", field="policy", fix="change something in the document")
        for other in policy_changes.listed(session, OPEN):
            if other.policy == policy.id:
                raise Conflict(f"{other.id} proposes the same", field="policy", fix=f"approve or withdraw {other.id}")

    @contextmanager
    def _step(self, change: str, user: str, verb: Verb) -> Iterator[_Desk]:
        """One transaction with the change locked; a refusal is rolled back and then recorded."""
        now = self._now()
        try:
            self.arrive()
            with self._database.write() as session:
                self._ledger.hold(session)
                person = self._people.person(user)
                found = policy_changes.get(session, change, lock=True)
                if found.state not in TRANSITIONS[verb]:
                    state = found.state.value.replace("_", " ")
                    raise AlreadyDecided(
                        f"{change} is {state}" + (f": {found.note}" if found.note else ""),
                        field="change",
                        fix="propose it again",
                    )
                yield _Desk(session, found, person, self._powers(session, person, now), now, self._in_force())
        except (NotAllowed, Conflict, BadInput) as refused:
            self._refused(verb.value, change, user, refused, now)
            raise

    def _powers(self, session: Session, person: User, now: datetime) -> tuple[Power, ...]:
        return powers(person, self._people, delegations.listed(session, taker=person.id, at=now), now)

    def _record(self, desk: _Desk, body: Mapping[str, Any]) -> None:
        said = {**body, "judged_by": desk.policy.id}
        self._succession.record(desk.session, desk.change, desk.person.id, desk.now, said)

    def _refused(self, attempt: str, change: str, user: str, error: QuartermasterError, now: datetime) -> None:
        body = {"attempt": f"policy {attempt}", "change": change[:200], "user": user[:200], "code": error.code}
        actor = user if any(one.id == user for one in self._people.all()) else "unknown"
        with self._database.write() as session:
            said = {**body, **grounds(reasons=[str(error)[:4000]])}
            self._ledger.append(session, EntryKind.DENIAL, actor, now, said)


def _must_say(why: str, field: str) -> None:
    if not why.strip():
        raise BadInput("no reason is given", field=field, fix="say why; it goes to the ledger")


def kept_text(session: Session, policy_id: str, text: str) -> str:
    """What a version was written as when it came first: comments and spaces do not make another version."""
    return policies.text_of(session, policy_id) if policy_id in policies.known(session) else text
