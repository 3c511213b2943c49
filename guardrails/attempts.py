"""One person's attempt on one question: both rows locked, the table asked, and every refusal in the ledger."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.errors import BadInput, Conflict, NotAllowed, QuartermasterError, UnknownReference
from guardrails.approval_states import FINAL, Verb, line
from guardrails.chain import EntryKind
from guardrails.deciding import check_open
from guardrails.entitlement import entitled
from guardrails.ledger import Ledger, grounds
from guardrails.people import People, User
from guardrails.policy import Policy
from guardrails.powers import Power, powers
from guardrails.subject import Subject, describe
from storage import approvals, cases, delegations, moves, snapshots
from storage.database import Database, Session
from storage.records import Approval, MoveRecord
from storage.statements import wait_turn

_ACTOR = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._:/#-]{0,79}$")


@dataclass(frozen=True)
class Attempt:
    """What is being done: the question and its move (both locked), the person, the time, under which policy."""

    session: Session
    ledger: Ledger
    policy: Policy
    people: People
    asked: Approval
    record: MoveRecord
    person: User
    now: datetime

    def power(self, person: User | None = None, asked: Approval | None = None, subject: Subject | None = None) -> Power:
        """The power in which somebody (the one who attempts) may decide a question (this one); NotAllowed."""
        who, what = person or self.person, asked or self.asked
        case = cases.get(self.session, what.case)
        if subject is None:
            subject = describe(self.record.move, snapshots.get(self.session, what.facts), case)
        hold_powers(self.session, who.id)
        return entitled(
            who,
            what,
            raised_by=case.raised_by,
            subject=subject,
            policy=self.policy,
            people=self.people,
            at=self.now,
            delegations=delegations.listed(self.session, taker=who.id, at=self.now),
        )

    def powers(self) -> tuple[Power, ...]:
        """Everything the person may decide in now."""
        held = delegations.listed(self.session, taker=self.person.id, at=self.now)
        return powers(self.person, self.people, held, self.now)

    def write(self, kind: EntryKind, body: dict[str, Any]) -> None:
        """What came of it, in the ledger."""
        asked, record = self.asked, self.record
        said = {"approval": asked.id, "shown": asked.shown, **body, **grounds(policy=asked.policy, facts=asked.facts)}
        self.ledger.append(
            self.session, kind, self.person.id, self.now, said, case=record.case, run=record.run, move=record.id
        )


class Attempts:
    """Opens attempts, and records those that are refused."""

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

    @contextmanager
    def on(self, approval: str, user: str, verb: Verb, digest: str | None = None) -> Iterator[Attempt]:
        """One transaction with question and move locked, once the table lets `verb` be done to it now.

        Person and time are taken when the ledger and the rows are ours: whoever ends a power first has ended it for
        this decision too. NotAllowed for a service: a program does nothing with a question.
        """
        with self.recorded(user, verb, approval), self._database.write() as session:
            self._ledger.hold(session)
            person = self._people.person(user)
            asked = approvals.get(session, approval, lock=True)
            record, now = moves.get(session, asked.move, lock=True), self._now()
            if asked.state in FINAL and verb != "comment":
                check_open(asked, record, digest, now)
            guards = line(asked.state, verb).guards
            if "in time" in guards:
                check_open(asked, record, digest if "shown" in guards else None, now)
            yield Attempt(session, self._ledger, self._policy(), self._people, asked, record, person, now)

    @contextmanager
    def recorded(self, user: str, attempt: str, approval: str | None = None) -> Iterator[None]:
        """Whatever is refused inside is rolled back by then, and recorded here."""
        try:
            yield
        except (NotAllowed, Conflict, BadInput) as refused:
            self._refused(approval, user, attempt, refused)
            raise

    def _refused(self, approval: str | None, user: str, attempt: str, error: QuartermasterError) -> None:
        body = {"attempt": attempt, "user": user, "code": error.code, **grounds(reasons=[str(error)])}
        about: dict[str, Any] = {}
        actor = user if _ACTOR.match(user) else "unknown"
        with self._database.write() as session:
            self._ledger.hold(session)
            if approval is not None:
                body["approval"] = approval
                about = _about(session, approval)
            self._ledger.append(session, EntryKind.DENIAL, actor, self._now(), body, **about)


def hold_powers(session: Session, user: str) -> None:
    """Nobody hands a role to this person, or takes it back, before this transaction ends."""
    wait_turn(session, f"powers/{user}")


def _about(session: Session, approval: str) -> dict[str, Any]:
    try:
        found = approvals.get(session, approval)
    except UnknownReference:
        return {}
    return {"case": found.case, "run": found.run, "move": found.move}
