"""The only place where a person decides: compare and set, bound to exactly what was shown, by someone entitled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from domain.errors import NotAllowed
from domain.facts import Facts
from domain.verdicts import Verdict
from guardrails import approval_states, asking, expiry, rebinding, reminding, routing, weighing
from guardrails.approval_states import Verb
from guardrails.attempts import Attempt, Attempts
from guardrails.cards import Card, card
from guardrails.chain import EntryKind
from guardrails.deciding import Decision, check_turn, decision, settle
from guardrails.endings import end
from guardrails.history import Step, history
from guardrails.ledger import Ledger
from guardrails.overrides import kinds
from guardrails.people import People
from guardrails.policy import Policy
from guardrails.powers import Power, powers
from guardrails.reasons import check_reason, on_cards
from storage import approval_steps, approvals, delegations, moves
from storage.database import Database, Session
from storage.records import Approval, ApprovalState, MoveRecord, MoveState


class Approvals:
    """Ask, show, approve, reject, edit, pass on, expire. Every decision and every refused attempt is in the ledger."""

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
        self._attempts = Attempts(database, ledger, policy, people, now)

    def ask(
        self, session: Session, record: MoveRecord, verdict: Verdict, facts: Facts, *, asked_by: str
    ) -> asking.Question:
        """One question per role of `verdict` about a recorded move, its units claimed; see `asking.ask`."""
        return asking.ask(
            session, self._ledger, record, verdict, self._policy(), facts, asked_by=asked_by, at=self._now()
        )

    def waiting(self, user: str | None = None) -> tuple[Card, ...]:
        """Cards that wait, in the order asked; with `user`, those that are theirs to answer now.

        Theirs: a power of theirs is in its role, its turn has come, they have not put it aside, and it was given to
        nobody else who is there.
        """
        with self._database.read() as session:
            cards = self._cards(session, approvals.listed(session, {ApprovalState.PENDING}), user)
            if user is None:
                return cards
            now, person = self._now(), self._people.get(user)
            held = delegations.listed(session, taker=person.id, at=now)
            mine = {power.grant.role for power in powers(person, self._people, held, now)}
            away = {absence.user for absence in delegations.absences(session, at=now)}
        here = {one.id for one in self._people.all() if one.active} - away - {person.id}
        return tuple(
            c
            for c in cards
            if mine & set(c.role.split("/")) and not c.before and not c.snoozed_until and c.assigned_to not in here
        )

    def listed(
        self, user: str | None = None, *, over: bool = False, newest: int | None = None, offset: int = 0
    ) -> tuple[Card, ...]:
        """Every card (`over`: only of what waits no more) in the order asked; with `newest`, so many at most, the one
        asked last first, after leaving out `offset`."""
        with self._database.read() as session:
            states = approval_states.FINAL if over else None
            return self._cards(session, approvals.listed(session, states, newest=newest, offset=offset), user)

    def newest(
        self, user: str | None = None, *, case: str | None = None, after: str | None = None, limit: int
    ) -> tuple[tuple[Card, ...], int]:
        """At most `limit` cards of every state, the one asked last first, those after `after`; and how many in all."""
        with self._database.read() as session:
            found, total = approvals.newest(session, case=case, after=after, limit=limit)
            return self._cards(session, found, user), total

    def show(self, approval: str, user: str | None = None) -> Card:
        """The card of an approval, as `user` sees it; UnknownReference when there is none."""
        with self._database.read() as session:
            return self._cards(session, (approvals.get(session, approval),), user)[0]

    def history(self, approval: str) -> tuple[Step, ...]:
        """What happened to a question, oldest first; see `guardrails.history`."""
        with self._database.read() as session:
            return history(session, approvals.get(session, approval))

    def approve(
        self, approval: str, user: str, digest: str | None = None, reason: str = "", reason_code: str = ""
    ) -> Decision:
        """Say yes to exactly what `digest` shows (None: to what it shows now).

        Raises StaleDecision, AlreadyDecided, NotAllowed; Conflict when it expired or another role decides first;
        BadInput for a reason code that policy does not list.
        """
        with self._attempts.on(approval, user, "approve", digest) as attempt:
            check_reason(attempt.policy, "approve", reason_code, reason)
            body = self._yes(attempt, attempt.asked, reason, reason_code)
            left = approvals.listed(attempt.session, {ApprovalState.PENDING}, move=attempt.record.id)
            state = self._approved_unless(attempt, left)
            attempt.write(EntryKind.APPROVAL, body)
            name = body.get("for_whom")
            return decision("approved", attempt.asked, attempt.person.id, state, left, on_behalf_of=name)

    def reject(
        self, approval: str, user: str, reason: str, digest: str | None = None, reason_code: str = ""
    ) -> Decision:
        """Say no, for a reason. The move and what needs it are over; the rest is to be planned again."""
        with self._attempts.on(approval, user, "reject", digest) as attempt:
            power, asked, record = attempt.power(), attempt.asked, attempt.record
            check_reason(attempt.policy, "reject", reason_code, reason)
            self._settle(attempt, asked, "reject", power, reason, reason_code)
            said = reason or reason_code
            why = f"rejected by {attempt.person.id}" + (f": {said}" if said else "")
            cancelled = end(attempt.session, record, MoveState.REJECTED, why[:4000], at=attempt.now) or ()
            body = {"decision": "rejected", "role": power.grant.role, "why": reason, "cancelled": cancelled}
            attempt.write(EntryKind.APPROVAL, {**body, **_told(reason_code, power.for_whom)})
            return decision(
                "rejected",
                asked,
                attempt.person.id,
                MoveState.REJECTED,
                cancelled=cancelled,
                text=why,
                on_behalf_of=power.for_whom,
            )

    def edit(
        self,
        approval: str,
        user: str,
        changes: Mapping[str, int],
        digest: str | None = None,
        reason: str = "",
        reason_code: str = "",
    ) -> Decision:
        """Change quantities inside the move (action id -> units). It is judged again; the old card is stale from here.

        What is left inside the editor's own authority is approved by the edit; everything else is asked anew. Raises
        BadInput for an impossible edit and NotAllowed when policy denies what it would become.
        """
        with self._attempts.on(approval, user, "edit", digest) as attempt:
            session, person, record = attempt.session, attempt.person, attempt.record
            rebinding.may_edit(person, attempt.powers(), attempt.asked, attempt.policy, self._people)
            made = rebinding.rebind(
                session,
                self._ledger,
                attempt.asked,
                record,
                changes,
                attempt.policy,
                by=person.id,
                at=attempt.now,
                reason_code=weighing.counted_as(attempt.policy, reason_code, reason),
            )
            check_reason(attempt.policy, "edit", reason_code, reason)
            routing.note(attempt, "edited", text=reason or reason_code)
            change = {
                "changes": dict(changes),
                "why": reason,
                "verdict": made.verdict,
                "shown_after": made.shown,
                "move": moves.get(session, record.id).move,
                **made.override.body(kinds(made.subject, made.override)),
            }
            attempt.write(EntryKind.OVERRIDE, {**_told(reason_code, None), **change})
            for question in made.questions:
                try:
                    body = self._yes(attempt, question, reason, reason_code, made)
                except NotAllowed:
                    break  # what comes after it is not in turn
                attempt.write(EntryKind.APPROVAL, {**body, "approval": question.id, "shown": made.shown})
            left = approvals.listed(session, {ApprovalState.PENDING}, move=record.id)
            state = self._approved_unless(attempt, left)
            return decision("edited", attempt.asked, person.id, state, left, text=made.override.words)

    def snooze(self, approval: str, user: str, until: datetime, reason: str = "") -> Card:
        """Hide a question from this person until then; see `routing.snooze`."""
        with self._attempts.on(approval, user, "snooze") as attempt:
            routing.snooze(attempt, until, reason)
        return self.show(approval, user)

    def reassign(self, approval: str, user: str, to: str, reason_code: str = "", reason: str = "") -> Card:
        """Give a question to a person who may decide it; see `routing.reassign`."""
        with self._attempts.on(approval, user, "reassign") as attempt:
            check_reason(attempt.policy, "reassign", reason_code, reason)
            routing.reassign(attempt, to, reason_code, reason)
        return self.show(approval, user)

    def comment(self, approval: str, user: str, text: str) -> Card:
        """Say something about a question, for everybody who sees it; see `routing.comment`."""
        with self._attempts.on(approval, user, "comment") as attempt:
            routing.comment(attempt, text)
        return self.show(approval, user)

    def remind(self, now: datetime | None = None) -> tuple[Step, ...]:
        """Bring to mind what waits, pass on what waits for people who are away, let the role above answer too what
        waited too long; see `reminding.sweep`."""
        at = self._now() if now is None else now
        return reminding.sweep(self._database, self._ledger, self._policy(), self._people, at)

    def expire(self, now: datetime | None = None) -> tuple[Decision, ...]:
        """End what waited too long: it is asked of the role above, or expires with everything that needs it."""
        return expiry.sweep(self._database, self._ledger, self._policy(), self._now() if now is None else now)

    def _yes(
        self, attempt: Attempt, asked: Approval, reason: str, reason_code: str, made: rebinding.Rebound | None = None
    ) -> dict[str, str]:
        """Approve a question in the attempt's person's power; what the ledger says of it."""
        power = attempt.power(asked=asked, subject=made.subject if made else None)
        check_turn(attempt.session, asked)
        self._settle(attempt, asked, "approve", power, reason, reason_code)
        body = {"decision": "approved", "role": power.grant.role, "why": reason}
        return {**body, **_told(reason_code, power.for_whom)}

    def _settle(
        self, attempt: Attempt, asked: Approval, verb: Verb, power: Power, reason: str, reason_code: str
    ) -> None:
        settle(
            attempt.session,
            asked,
            verb,
            attempt.person,
            attempt.now,
            reason,
            reason_code=reason_code,
            decided_for=power.for_whom,
        )

    def _approved_unless(self, attempt: Attempt, left: tuple[Approval, ...]) -> MoveState:
        if left:
            return MoveState.WAITING
        text = f"approved by {attempt.person.id}"
        moves.advance(attempt.session, attempt.record.id, {MoveState.WAITING}, MoveState.APPROVED, text)
        return MoveState.APPROVED

    def _cards(self, session: Session, asked: tuple[Approval, ...], user: str | None) -> tuple[Card, ...]:
        siblings = approvals.of_moves(session, {one.move for one in asked})
        happened: dict[str, list[Step]] = {one.id: [] for one in asked}
        for step in approval_steps.steps(session, happened):
            happened[step.approval].append(step)
        aside = {} if user is None else approval_steps.snoozed(session, user, self._now())
        reasons = on_cards(self._policy())
        records = {move: moves.get(session, move) for move in siblings}
        return tuple(
            card(
                one,
                records[one.move],
                siblings[one.move],
                steps=happened[one.id],
                snoozed_until=aside.get((one.id, one.shown)),
                reasons=reasons,
            )
            for one in asked
        )


def _told(reason_code: str, for_whom: str | None) -> dict[str, str]:
    """What the ledger says of a decision besides, where there is something to say."""
    said = {"reason_code": reason_code, "for_whom": for_whom}
    return {name: value for name, value in said.items() if value}
