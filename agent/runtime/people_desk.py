"""The desk of those who run an installation: who may act here, and who no longer. What it does counts at once in every
process, because everybody looks at the same rows whenever they ask who somebody is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from agent.entities import MAIN
from agent.runtime.clock import Clock
from agent.settings import Settings
from domain.errors import BadInput, Conflict, NotAllowed, UnknownReference
from domain.noun import Id, Noun, Text
from guardrails.chain import EntryKind
from guardrails.ledger import Ledger
from guardrails.people import People, User, personas
from guardrails.policy import Policy
from guardrails.roster import PeopleFile, Roster
from guardrails.roster import Standing as Seen
from storage import approvals, deactivations, delegations, sessions
from storage.database import Database, Session
from storage.deactivations import Deactivation
from storage.records import ApprovalState


class Standing(Noun):
    """A user of this entity, and whether they may act; when not, since when, by whom and why (where that is known)."""

    user: User
    active: bool
    deactivated: Deactivation | None = None


class Turned(Noun):
    """What a change of somebody's standing came to: sessions and delegations that ended, and what to know of."""

    user: Id
    active: bool
    at: datetime
    sessions: int = 0
    delegations: tuple[Id, ...] = ()
    warnings: tuple[Text, ...] = ()


class OpenRoster:
    """The live people of one entity, and what they are read from."""

    def __init__(self, people: Roster, file: PeopleFile | None, database: Database) -> None:
        self.people: People = people
        self._file = file
        self._database = database

    @property
    def trouble(self) -> str:
        """Why the people file as it is now is not used; "" when it is."""
        self.people.known()
        return "" if self._file is None else self._file.trouble

    def close(self) -> None:
        """Give the connections back."""
        self._database.close()


def open_roster(settings: Settings, clock: Clock) -> OpenRoster:
    """The people of the entity that the settings are of: of its file, else the demo personas.

    Who was deactivated is read through connections of its own: it is asked in the middle of transactions, and must
    never wait for those. Raises BadInput for an unusable people file.
    """
    entity, alone = settings.entity or MAIN, settings.entities is None
    file = PeopleFile(settings.people, clock.wall) if settings.people else None
    everybody = personas() if file is None else None
    database = Database(settings.database)

    def source() -> People:
        return file.read() if file is not None else everybody or personas()

    def standing() -> tuple[Seen, ...]:
        with database.read() as session:
            return deactivations.standing(session)

    return OpenRoster(Roster(source, standing, lambda all_: all_.within(entity, alone=alone)), file, database)


def administrators(policy: Policy) -> tuple[str, ...]:
    """The roles that may end somebody's powers: those that decide, and that no other role stands above."""
    return tuple(name for name, role in policy.roles.items() if role.decides and role.escalates_to is None)


class PeopleDesk:
    """Lists people, deactivates them and lets them act again. Each is in the ledger."""

    def __init__(
        self, database: Database, ledger: Ledger, policy: Callable[[], Policy], roster: OpenRoster, clock: Clock
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._policy = policy
        self._roster = roster
        self._clock = clock

    @property
    def trouble(self) -> str:
        """Why the people file as it is now is not used; "" when it is."""
        return self._roster.trouble

    def listed(self) -> tuple[Standing, ...]:
        """Everybody known here, in written order."""
        with self._database.read() as session:
            known = {one.user: one for one in deactivations.listed(session)}
        return tuple(
            Standing(user=user, active=user.active, deactivated=known.get(user.id))
            for user in self._roster.people.all()
        )

    def deactivate(self, user: str, by: str, why: str) -> Turned:
        """End everything `user` may do here, at once and in every process: their sessions, what was handed to them and
        by them, and what they approved that is not carried out. `by` is a person with a role that administers.

        Raises NotAllowed, UnknownReference for somebody nobody knows, Conflict when it is so already, BadInput without
        a reason.
        """
        with self._turning(user, by, why) as (session, now):
            known = self._known(user)
            if not known.active:
                raise Conflict(f"{user} is not active", field="user", fix="nothing is left to do")
            deactivations.record(session, Deactivation(user=user, at=now, by=by, why=why.strip()))
            ended = sessions.end_of(session, user)
            open_ = [one for one in delegations.listed(session, user=user) if now < one.until]
            void = tuple(one.id for one in open_ if delegations.end(session, one.id, now))
            warnings = self._warnings(session, known)
            body = {"did": "deactivated", "user": user, "why": why.strip(), "sessions": ended, "delegations": void}
            self._ledger.append(session, EntryKind.IDENTITY, by, now, {**body, "warnings": warnings})
        return Turned(user=user, active=False, at=now, sessions=ended, delegations=void, warnings=warnings)

    def reactivate(self, user: str, by: str, why: str) -> Turned:
        """Let `user` act again. They sign in anew, and what ended stays ended.

        Raises as `deactivate`, and Conflict for somebody whom the people file itself says is not active.
        """
        with self._turning(user, by, why) as (session, now):
            self._known(user)
            found = next((one for one in deactivations.listed(session) if one.user == user), None)
            if found is None or found.ended_at is not None:
                raise Conflict(f"nobody has deactivated {user} here", field="user", fix="look into the people file")
            deactivations.record(session, found.model_copy(update={"ended_at": now}))
            body = {"did": "reactivated", "user": user, "why": why.strip()}
            self._ledger.append(session, EntryKind.IDENTITY, by, now, body)
        return Turned(user=user, active=True, at=now)

    @contextmanager
    def _turning(self, user: str, by: str, why: str) -> Iterator[tuple[Session, datetime]]:
        """One transaction in which nobody else turns anybody, after `by` was found to be entitled in it."""
        if not why.strip():
            raise BadInput("it needs a reason", field="why", fix="say why in a few words")
        now = self._clock.now()
        try:
            with self._database.write() as session:
                self._ledger.hold(session)
                self._entitled(by, user)
                yield session, now
        except NotAllowed as refused:
            self._refused(by, user, refused, now)
            raise

    def _entitled(self, by: str, user: str) -> None:
        person, needed = self._roster.people.get(by), administrators(self._policy())
        if person.service or not set(needed) & set(person.roles):
            raise NotAllowed(
                f"{person.name} may not end or give back anybody's powers",
                field="role",
                fix=f"ask somebody with the role {' or '.join(needed)}",
            )
        if by == user:
            raise NotAllowed("nobody does this to themself", field="user", fix="ask somebody else who administers")

    def _known(self, user: str) -> User:
        found = self._roster.people.known().get(user)
        if found is None:
            raise UnknownReference(f"there is no user '{user[:80]}' here", field="user", fix="list the people")
        return found

    def _warnings(self, session: Session, gone: User) -> tuple[str, ...]:
        """What nobody can do any more, with what waits for it now."""
        waiting = approvals.listed(session, {ApprovalState.PENDING})
        found: list[str] = []
        for role in sorted(set(gone.roles) & set(self._policy().roles)):
            if any(other.id != gone.id for other in self._roster.people.holding(role)):
                continue
            asked = [one.id for one in waiting if role in one.role.split("/")]
            waits = f"; {', '.join(asked[:5])} wait for it" if asked else ""
            found.append(f"nobody is left with the role {role}{waits}")
        return tuple(found)

    def _refused(self, by: str, user: str, refused: NotAllowed, now: datetime) -> None:
        actor = by if by in self._roster.people.known() else "unknown"
        body = {
            "attempt": "identity",
            "user": user[:80],
            "by": by[:80],
            "code": refused.code,
            "reasons": [str(refused)],
        }
        with self._database.write() as session:
            self._ledger.append(session, EntryKind.DENIAL, actor, now, body)
