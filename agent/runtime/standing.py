"""How an installation stands, as every door shows it: what is stopped, how far autonomy goes, who may decide what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from agent.runtime.later import Later, later
from domain.errors import NotAllowed
from domain.facts import Facts
from domain.noun import Id, Noun, Text
from guardrails.cards import Card
from guardrails.demotions import Demotion
from guardrails.entitlement import entitled
from guardrails.levels import LevelView, levels
from guardrails.people import User
from guardrails.policy import Policy
from guardrails.policy.autonomy import Pilot
from guardrails.policy.reasons import Of, ReasonCode
from guardrails.powers import Delegation
from guardrails.subject import describe
from guardrails.switches import SYSTEMS, asked_lifts
from storage import approval_steps, approvals, cases, delegations, moves, snapshots, switches
from storage.records import ApprovalState, Switch
from storage.switches import EVERYTHING, Turn

if TYPE_CHECKING:
    from agent.runtime.compose import Parts


class Stop(Noun):
    """Writes to a system (`*` every one) are stopped: by whom and why, and which one person has asked to lift it."""

    system: Text
    by: Id
    at: datetime
    why: Text = ""
    asked_by: Id | None = None
    asked_at: datetime | None = None
    asked_why: Text = ""


class Standing(Noun):
    """How far the copilot goes today: whether anything is written, where, at which level, and what has lowered it."""

    policy: Id
    read_only: bool
    read_only_until: str = ""
    pilot: Pilot
    levels: tuple[LevelView, ...]
    demotions: tuple[Demotion, ...]
    stops: tuple[Stop, ...]


class Deciders(Noun):
    """Who may decide a question now (`away` or not), and why nobody else may: user -> sentence."""

    able: tuple[User, ...]
    refused: Mapping[str, str]
    away: frozenset[str] = frozenset()

    def others(self, but: str = "") -> tuple[User, ...]:
        """Those who may and are there, without one."""
        return tuple(one for one in self.able if one.id not in {but, *self.away})


class StandingDesk:
    """What doors may look up about powers and limits. Nothing here changes anything."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @property
    def systems(self) -> tuple[str, ...]:
        """Everything that has a kill switch, the one for all of it first."""
        return (EVERYTHING, *SYSTEMS)

    def stops(self) -> tuple[Stop, ...]:
        """What is stopped now, with who wants it to go on."""
        parts = self._parts
        with parts.database.read() as session:
            found = [one for one in switches.listed(session) if one.stopped]
            wanted = {turn.system: turn for turn in asked_lifts(session, parts.people, parts.clock.now())}
        return tuple(_stop(one, wanted.get(one.system)) for one in found)

    def now(self, demotions: Iterable[Demotion] = ()) -> Standing:
        """How the installation stands, with these demotions in force."""
        policy, lower = self._parts.policy, tuple(demotions)
        return Standing(
            policy=policy.id,
            read_only=self.reads_only(),
            read_only_until=_until(policy),
            pilot=policy.pilot,
            levels=levels(policy, lower),
            demotions=lower,
            stops=self.stops(),
        )

    def reads_only(self) -> bool:
        """Whether nothing is written today, whatever else is said."""
        autonomy = self._parts.policy.autonomy
        return autonomy.reads_only(self._parts.clock.now().date())

    def banner(self) -> str:
        """Why nothing, or not everything, is written, as one sentence for every page; "" when all is."""
        policy = self._parts.policy
        if self.reads_only():
            until = _until(policy)
            return f"Read-only{f' until {until}' if until else ''}: plans are made and compared, nothing is written."
        pilot = policy.pilot
        named = (("SKUs", pilot.skus), ("SKU classes", pilot.abc_classes), ("sites", pilot.sites))
        parts = [f"{len(ids)} {what}" if len(ids) > 3 else f"{what} {', '.join(ids)}" for what, ids in named if ids]
        return f"Pilot: writes go to {' at '.join(parts)} only." if parts else ""

    def reasons(self, of: Of) -> tuple[ReasonCode, ...]:
        """The reasons that policy lists for something, in written order."""
        return tuple(reason for reason in self._parts.policy.reasons if of in reason.of)

    def deciding_roles(self, user: User) -> tuple[str, ...]:
        """Roles of one's own that decide something, and so can be handed over."""
        roles = self._parts.policy.roles
        return tuple(name for name in user.roles if name in roles and roles[name].decides)

    def may_take(self, giver: User) -> tuple[User, ...]:
        """People to whom a role can be handed over: everybody but programs and those who never decide."""
        roles = self._parts.policy.roles
        return tuple(
            one
            for one in self._parts.people.all()
            if one.active
            and not one.service
            and one.id != giver.id
            and all(name not in roles or roles[name].decides for name in one.roles)
        )

    def stands_in(self, user: User) -> tuple[Delegation, ...]:
        """The roles of others that are in this person's hands now."""
        at = self._parts.clock.now()
        with self._parts.database.read() as session:
            held = delegations.listed(session, taker=user.id, at=at)
        active = {one.id: one for one in self._parts.people.all() if one.active}
        return tuple(one for one in held if one.giver in active and one.role in active[one.giver].roles)

    def roles_of(self, user: User) -> frozenset[str]:
        """A person's own roles and those they stand in for."""
        return frozenset((*user.roles, *(one.role for one in self.stands_in(user))))

    def later(self, card: Card, facts: Facts | None = None) -> tuple[Later, ...]:
        """The times at which a question may come back to somebody's list."""
        with self._parts.database.read() as session:
            move = moves.get(session, card.move).move
            facts = facts or snapshots.get(session, card.facts)
        return later(card, move, facts, self._parts.policy.waiting, self._parts.clock.now())

    def snoozed(self, user: str) -> dict[tuple[str, str], datetime]:
        """What this person has put aside, (approval, digest), each with the time it shows again."""
        with self._parts.database.read() as session:
            return approval_steps.snoozed(session, user, self._parts.clock.now())

    def deciders(self, approval: str, but: str = "", facts: Facts | None = None) -> tuple[User, ...]:
        """People who may decide a question now and are there, without `but`; nobody once it is decided."""
        return self.deciding(approval, facts).others(but)

    def deciding(self, approval: str, facts: Facts | None = None) -> Deciders:
        """Who may decide a question and who not. `facts` are those of its card, when they are at hand."""
        parts, at = self._parts, self._parts.clock.now()
        with parts.database.read() as session:
            asked = approvals.get(session, approval)
            if asked.state is not ApprovalState.PENDING:
                return Deciders(able=(), refused={})
            case, move = cases.get(session, asked.case), moves.get(session, asked.move).move
            subject = describe(move, facts or snapshots.get(session, asked.facts), case)
            gone = frozenset(one.user for one in delegations.absences(session, at=at))
            held = delegations.listed(session, at=at)
        able, refused = list[User](), dict[str, str]()
        for one in parts.people.all():
            try:
                entitled(
                    one,
                    asked,
                    raised_by=case.raised_by,
                    subject=subject,
                    policy=parts.policy,
                    people=parts.people,
                    at=at,
                    delegations=[given for given in held if given.taker == one.id],
                )
            except NotAllowed as why:
                refused[one.id] = f"{why.message}."
            else:
                able.append(one)
        return Deciders(able=tuple(able), refused=refused, away=gone)


def _stop(switch: Switch, asked: Turn | None) -> Stop:
    stop = Stop(system=switch.system, by=switch.by, at=switch.at, why=switch.why)
    if asked is None:
        return stop
    return stop.model_copy(update={"asked_by": asked.by, "asked_at": asked.at, "asked_why": asked.why})


def _until(policy: Policy) -> str:
    until = policy.autonomy.read_only_until
    return until.isoformat() if until else ""
