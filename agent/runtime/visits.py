"""Who comes in through a door: signing in, being known again, being refused. Sign-ins and refusals go to the ledger."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from agent.runtime.clock import Clock
from domain.errors import NotAllowed
from guardrails.chain import EntryKind
from guardrails.ledger import Ledger
from guardrails.people import People, User
from storage import sessions
from storage.database import Database, Session
from storage.records import Visit

MOST_REMEMBERED = 1000
SILENCE = timedelta(minutes=10)
"""The same refusal of the same person is recorded once in this time: a client in a loop must not fill the ledger."""


class Visits:
    """The doors' one book of visitors. Sessions run on the machine's time; the ledger is dated by the clock."""

    def __init__(self, database: Database, ledger: Ledger, people: People, clock: Clock, hours: int) -> None:
        self._database = database
        self._ledger = ledger
        self._people = people
        self._clock = clock
        self._hours = hours
        self._refused: dict[tuple[str, str, str], datetime] = {}

    def sign_in(self, user: str, token: str, door: str) -> User:
        """Begin a session of an active user under a token that only the door and its visitor know.

        Raises NotAllowed (and records it) for a user nobody knows.
        """
        try:
            person = self._people.get(user)
        except NotAllowed as refused:
            self.refused(user, str(refused), door)
            raise
        with self._database.write() as session:
            sessions.forget(session, self._clock.wall())
            self._begin(session, _digest(token), person.id, door, hours=self._hours)
        return person

    def guest(self, token: str) -> User | None:
        """Who holds this token; None when it is unknown or over, or its user is no longer active."""
        with self._database.read() as session:
            visit = sessions.live(session, _digest(token), self._clock.wall())
        if visit is None:
            return None
        try:
            return self._people.get(visit.user)
        except NotAllowed:
            return None

    def sign_out(self, token: str) -> None:
        """End the session of this token."""
        with self._database.write() as session:
            sessions.end(session, _digest(token))

    def vouched(self, name: str, door: str) -> User:
        """The active user whom a trusted proxy names, by id or e-mail; the first time a day it is recorded.

        Raises NotAllowed (and records it) for anybody else.
        """
        known = {person.id for person in self._people.all()}
        person = self._people.with_email(name)
        if person is None:
            try:
                person = self._people.get(name if name in known else "")
            except NotAllowed:
                self.refused(name, "the proxy names somebody who is not an active user here", door)
                raise NotAllowed(
                    "you are signed in at the proxy, but you are not an active user here",
                    field="user",
                    fix="ask your administrator to add you to the people file",
                ) from None
        day = f"{door}/{person.id}/{self._clock.wall():%Y-%m-%d}"
        with self._database.read() as session:
            seen = sessions.live(session, _digest(day), self._clock.wall())
        if seen is None:
            with self._database.write() as session:
                sessions.forget(session, self._clock.wall())
                self._begin(session, _digest(day), person.id, door, hours=24)
        return person

    def refused(self, who: str, why: str, door: str) -> None:
        """Record that somebody was not let in, or not let do something."""
        now = self._clock.wall()
        key = (who[:80], why[:400], door)
        last = self._refused.get(key)
        if last is not None and now - last < SILENCE:
            return
        if len(self._refused) >= MOST_REMEMBERED:
            self._refused.clear()
        self._refused[key] = now
        actor = who if who in {person.id for person in self._people.all()} else "unknown"
        body = {"did": "refused", "door": door, "who": who[:80], "why": why[:400]}
        with self._database.write() as session:
            self._ledger.append(session, EntryKind.SIGN_IN, actor, self._clock.now(), body)

    def _begin(self, session: Session, digest: str, user: str, door: str, *, hours: int) -> None:
        now = self._clock.wall()
        visit = Visit(id=digest, user=user, door=door, created_at=now, expires_at=now + timedelta(hours=hours))
        if sessions.begin(session, visit):
            body = {"did": "signed in", "door": door}
            self._ledger.append(session, EntryKind.SIGN_IN, user, self._clock.now(), body)


def _digest(token: str) -> str:
    return hashlib.sha256(f"quartermaster/session/{token}".encode("utf-8", "replace")).hexdigest()
