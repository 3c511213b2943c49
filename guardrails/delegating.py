"""A role handed over for a time, and people who are away: who may say so, and what the ledger keeps of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from domain.errors import BadInput, Conflict, NotAllowed
from guardrails.attempts import Attempts, hold_powers
from guardrails.chain import EntryKind
from guardrails.ledger import Ledger
from guardrails.people import People, User
from guardrails.policy import Policy
from guardrails.powers import Delegation
from storage import counters, delegations
from storage.database import Database
from storage.delegations import Absence


class Delegating:
    """Hands roles over and takes them back. Everything done and everything refused is in the ledger."""

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

    def delegate(self, giver: str, to: str, role: str, since: datetime, until: datetime, why: str = "") -> Delegation:
        """Hand a role of one's own over, from `since` (in it) until `until` (not in it).

        NotAllowed for a role that is not the giver's own (one handed to them is never handed on), and for a taker who
        is not an active person or whose own role never decides. BadInput for a time that is over or ends before it
        begins, and for a role that decides nothing. Conflict when the taker has it from the giver for some of that
        time already: what is taken back is then in nobody's hands any more.
        """
        with self._attempts.recorded(giver, "delegate"), self._database.write() as session:
            self._ledger.hold(session)
            person = self._people.person(giver)
            hold_powers(session, to)
            now = self._now()
            _check_times(since, until, now)
            taker = self._may_take(person, to, role)
            for one in delegations.listed(session, taker=taker.id):
                if (
                    (one.giver, one.role, one.ended_at) == (person.id, role, None)
                    and one.since < until
                    and since < one.until
                ):
                    raise Conflict(
                        f"{taker.name} has {role} from {person.name} until {one.until:%Y-%m-%d %H:%M} already",
                        field="until",
                        fix=f"end {one.id} first, or name another time",
                    )
            given = Delegation(
                id=counters.next_id(session, "delegation"),
                giver=person.id,
                taker=taker.id,
                role=role,
                since=since,
                until=until,
                why=why[:4000],
                created_at=now,
            )
            delegations.give(session, given)
            body = {"authority": "delegated", **given.model_dump(mode="json", exclude={"ended_at", "created_at"})}
            self._ledger.append(session, EntryKind.AUTHORITY, person.id, now, body)
            return given

    def end(self, delegation: str, user: str) -> Delegation:
        """Take a role back, or give it back: the giver or the taker, at once. Conflict when it has ended already."""
        with self._attempts.recorded(user, "end_delegation"), self._database.write() as session:
            self._ledger.hold(session)
            person = self._people.person(user)
            given = delegations.get(session, delegation)
            hold_powers(session, given.taker)
            now = self._now()
            if person.id not in (given.giver, given.taker):
                raise NotAllowed(
                    f"{given.id} is between {given.giver} and {given.taker}",
                    field="delegation",
                    fix=f"ask {given.giver} or {given.taker}",
                )
            if now >= given.until or not delegations.end(session, given.id, now):
                raise Conflict(f"{given.id} has ended already", field="delegation", fix="nothing is left to do")
            body = {"authority": "delegation ended", "id": given.id, "giver": given.giver, "taker": given.taker}
            self._ledger.append(session, EntryKind.AUTHORITY, person.id, now, {**body, "role": given.role})
            return given.model_copy(update={"ended_at": now})

    def listed(self, user: str | None = None) -> tuple[Delegation, ...]:
        """Delegations in the order they were given, ended ones too; with `user`, those from or to them."""
        with self._database.read() as session:
            return delegations.listed(session, user=user)

    def away(self, user: str, since: datetime, until: datetime, why: str = "") -> Absence:
        """Say that one is out of office; what was said before and is not over, ends. They may still decide."""
        with self._attempts.recorded(user, "away"), self._database.write() as session:
            self._ledger.hold(session)
            person = self._people.person(user)
            now = self._now()
            _check_times(since, until, now)
            told = Absence(number=0, user=person.id, since=since, until=until, why=why[:4000], created_at=now)
            kept = delegations.leave(session, told)
            body = {"authority": "away", "since": since.isoformat(), "until": until.isoformat(), "why": kept.why}
            self._ledger.append(session, EntryKind.AUTHORITY, person.id, now, body)
            return kept

    def back(self, user: str) -> int:
        """Say that one is back; how many absences that ends. Conflict when one was not away."""
        with self._attempts.recorded(user, "back"), self._database.write() as session:
            self._ledger.hold(session)
            person = self._people.person(user)
            now = self._now()
            ended = delegations.come_back(session, person.id, now)
            if not ended:
                raise Conflict(f"{person.name} is not away", field="user", fix="nothing is left to do")
            self._ledger.append(session, EntryKind.AUTHORITY, person.id, now, {"authority": "back"})
            return ended

    def absences(self, at: datetime | None = None) -> tuple[Absence, ...]:
        """Absences in the order they were told; with `at`, those of people who are away then."""
        with self._database.read() as session:
            return delegations.absences(session, at=at)

    def _may_take(self, giver: User, to: str, role: str) -> User:
        policy = self._policy()
        named = policy.roles.get(role)
        if named is None or not named.decides:
            known = ", ".join(name for name, one in policy.roles.items() if one.decides)
            raise BadInput(f"there is no role '{role[:60]}' that decides", field="role", fix=f"name one of {known}")
        if role not in giver.roles:
            have = ", ".join(giver.roles) or "no role"
            raise NotAllowed(
                f"{giver.name} has {have} and hands over only that",
                field="role",
                fix=f"ask somebody with the role {role}",
            )
        taker = self._people.get(to)
        if taker.id == giver.id:
            raise BadInput("a role is handed to somebody else", field="to", fix="name another person")
        aside = [name for name in taker.roles if name in policy.roles and not policy.roles[name].decides]
        if taker.service or aside:
            what = "is a program" if taker.service else f"is {aside[0]}"
            raise NotAllowed(f"{taker.name} {what} and never decides", field="to", fix="name somebody who may")
        return taker


def _check_times(since: datetime, until: datetime, now: datetime) -> None:
    for name, moment in (("since", since), ("until", until)):
        if moment.tzinfo is None:
            raise BadInput(f"the time {moment.isoformat()} names no zone", field=name, fix="give it with its offset")
    if until <= since or until <= now:
        raise BadInput("it must end after it begins, and not be over", field="until", fix="name a later time")
