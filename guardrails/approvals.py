"""The only place where a person decides: compare and set, bound to exactly what was shown, by someone entitled."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.errors import BadInput, Conflict, NotAllowed, QuartermasterError
from domain.facts import Facts
from domain.verdicts import Verdict
from guardrails import asking, expiry, rebinding
from guardrails.cards import Card, card
from guardrails.chain import EntryKind
from guardrails.deciding import Decision, check_open, check_turn, decision, settle
from guardrails.endings import end
from guardrails.entitlement import entitled
from guardrails.ledger import Ledger, grounds
from guardrails.people import People, User
from guardrails.policy import Policy
from guardrails.subject import Subject, describe
from storage import approvals, cases, moves, snapshots
from storage.database import Database, Session
from storage.records import Approval, ApprovalState, MoveRecord, MoveState

_ACTOR = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._:/#-]{0,79}$")


@dataclass(frozen=True)
class _Desk:
    """One decision being made: the question and its move (both locked), the person, the time."""

    session: Session
    asked: Approval
    record: MoveRecord
    person: User
    now: datetime


class Approvals:
    """Ask, show, approve, reject, edit, expire. Every decision and every refused attempt is in the ledger."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        policy: Callable[[], Policy],
        people: People,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._policy = policy
        self._people = people
        self._now = now

    def ask(
        self, session: Session, record: MoveRecord, verdict: Verdict, facts: Facts, *, asked_by: str
    ) -> asking.Question:
        """One question per role of `verdict` about a recorded move, its units claimed; see `asking.ask`."""
        return asking.ask(
            session, self._ledger, record, verdict, self._policy(), facts, asked_by=asked_by, at=self._now()
        )

    def waiting(self, user: str | None = None) -> tuple[Card, ...]:
        """Cards that wait, in the order asked; with `user`, those for one of their roles whose turn it is."""
        mine = None if user is None else set(self._people.get(user).roles)
        with self._database.read() as session:
            cards = [self._card(session, one) for one in approvals.listed(session, {ApprovalState.PENDING})]
        return tuple(c for c in cards if mine is None or (mine & set(c.role.split("/")) and not c.before))

    def show(self, approval: str) -> Card:
        """The card of an approval; UnknownReference when there is none."""
        with self._database.read() as session:
            return self._card(session, approvals.get(session, approval))

    def approve(self, approval: str, user: str, digest: str | None = None, reason: str = "") -> Decision:
        """Say yes to exactly what `digest` shows (None: to what it shows now).

        Raises StaleDecision, AlreadyDecided, NotAllowed; Conflict when it expired or another role decides first.
        """
        with self._deciding(approval, user, "approve") as desk:
            check_open(desk.asked, desk.record, digest, desk.now)
            role = self._entitled(desk)
            check_turn(desk.session, desk.asked)
            settle(desk.session, desk.asked, ApprovalState.APPROVED, desk.person, desk.now, reason)
            left = approvals.listed(desk.session, {ApprovalState.PENDING}, move=desk.record.id)
            state = self._approved_unless(desk, left)
            self._record(desk, EntryKind.APPROVAL, {"decision": "approved", "role": role, "why": reason})
            return decision("approved", desk.asked, desk.person.id, state, left)

    def reject(self, approval: str, user: str, reason: str, digest: str | None = None) -> Decision:
        """Say no, for a reason. The move and what needs it are over; the rest is to be planned again."""
        with self._deciding(approval, user, "reject") as desk:
            check_open(desk.asked, desk.record, digest, desk.now)
            role = self._entitled(desk)
            settle(desk.session, desk.asked, ApprovalState.REJECTED, desk.person, desk.now, reason)
            why = f"rejected by {desk.person.id}" + (f": {reason}" if reason else "")
            cancelled = end(desk.session, desk.record, MoveState.REJECTED, why[:4000], at=desk.now) or ()
            body = {"decision": "rejected", "role": role, "why": reason, "cancelled": cancelled}
            self._record(desk, EntryKind.APPROVAL, body)
            return decision("rejected", desk.asked, desk.person.id, MoveState.REJECTED, cancelled=cancelled, text=why)

    def edit(
        self, approval: str, user: str, changes: Mapping[str, int], digest: str | None = None, reason: str = ""
    ) -> Decision:
        """Change quantities inside the move (action id -> units). It is judged again; the old card is stale from here.

        What is left inside the editor's own authority is approved by the edit; everything else is asked anew. Raises
        BadInput for an impossible edit and NotAllowed when policy denies what it would become.
        """
        with self._deciding(approval, user, "edit") as desk:
            check_open(desk.asked, desk.record, digest, desk.now)
            policy = self._policy()
            rebinding.may_edit(desk.person, desk.asked, policy, self._people)
            made = rebinding.rebind(
                desk.session, self._ledger, desk.asked, desk.record, changes, policy, by=desk.person.id, at=desk.now
            )
            body = {
                "changes": dict(changes),
                "why": reason,
                "verdict": made.verdict,
                "shown_after": made.shown,
                "move": moves.get(desk.session, desk.record.id).move,
            }
            self._record(desk, EntryKind.OVERRIDE, body)
            for question in made.questions:
                try:
                    role = self._role(desk.session, desk.person, question, made.subject)
                except NotAllowed:
                    continue
                settle(desk.session, question, ApprovalState.APPROVED, desk.person, desk.now, reason)
                body = {"approval": question.id, "decision": "approved", "role": role, "shown": made.shown}
                self._record(desk, EntryKind.APPROVAL, body)
            left = approvals.listed(desk.session, {ApprovalState.PENDING}, move=desk.record.id)
            return decision("edited", desk.asked, desk.person.id, self._approved_unless(desk, left), left)

    def expire(self, now: datetime | None = None) -> tuple[Decision, ...]:
        """End what waited too long: it is asked of the role above, or expires with everything that needs it."""
        return expiry.sweep(self._database, self._ledger, self._policy(), self._now() if now is None else now)

    @contextmanager
    def _deciding(self, approval: str, user: str, attempt: str) -> Iterator[_Desk]:
        """One transaction with question and move locked; a refusal is rolled back and then recorded."""
        now = self._now()
        try:
            person = self._people.person(user)
            with self._database.write() as session:
                self._ledger.hold(session)
                asked = approvals.get(session, approval, lock=True)
                yield _Desk(session, asked, moves.get(session, asked.move, lock=True), person, now)
        except (NotAllowed, Conflict, BadInput) as refused:
            self._refused(approval, user, attempt, refused, now)
            raise

    def _refused(self, approval: str, user: str, attempt: str, error: QuartermasterError, now: datetime) -> None:
        body = {
            "attempt": attempt,
            "approval": approval,
            "user": user,
            "code": error.code,
            **grounds(reasons=[str(error)]),
        }
        actor = user if _ACTOR.match(user) else "unknown"
        with self._database.write() as session:
            self._ledger.hold(session)
            found = [one for one in approvals.listed(session) if one.id == approval]
            about: dict[str, Any] = {"case": found[0].case, "run": found[0].run, "move": found[0].move} if found else {}
            self._ledger.append(session, EntryKind.DENIAL, actor, now, body, **about)

    def _approved_unless(self, desk: _Desk, left: tuple[Approval, ...]) -> MoveState:
        if left:
            return MoveState.WAITING
        text = f"approved by {desk.person.id}"
        moves.advance(desk.session, desk.record.id, {MoveState.WAITING}, MoveState.APPROVED, text)
        return MoveState.APPROVED

    def _entitled(self, desk: _Desk) -> str:
        facts = snapshots.get(desk.session, desk.asked.facts)
        subject = describe(desk.record.move, facts, cases.get(desk.session, desk.record.case))
        return self._role(desk.session, desk.person, desk.asked, subject)

    def _role(self, session: Session, person: User, asked: Approval, subject: Subject) -> str:
        raised_by = cases.get(session, asked.case).raised_by
        power = entitled(
            person,
            asked,
            raised_by=raised_by,
            subject=subject,
            policy=self._policy(),
            people=self._people,
            at=self._now(),
        )
        return power.grant.role

    def _record(self, desk: _Desk, kind: EntryKind, body: dict[str, Any]) -> None:
        asked, record = desk.asked, desk.record
        said = {"approval": asked.id, "shown": asked.shown, **body, **grounds(policy=asked.policy, facts=asked.facts)}
        self._ledger.append(
            desk.session, kind, desk.person.id, desk.now, said, case=record.case, run=record.run, move=record.id
        )

    def _card(self, session: Session, asked: Approval) -> Card:
        siblings = approvals.listed(session, move=asked.move)
        return card(asked, moves.get(session, asked.move), siblings)
