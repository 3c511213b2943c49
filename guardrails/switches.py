"""The kill switch: one person stops all writes, or those to one system; two others let them go again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from domain.actions import SYSTEM_OF
from domain.errors import BadInput, Conflict, NotAllowed
from domain.noun import Id, Noun
from guardrails.chain import EntryKind
from guardrails.ledger import Ledger
from guardrails.people import People, User
from guardrails.policy import Policy
from guardrails.reasons import check_reason
from storage import switches
from storage.database import Session
from storage.records import Switch
from storage.statements import wait_turn
from storage.switches import Turn

EVERYTHING = switches.EVERYTHING
SYSTEMS = tuple(sorted(set(SYSTEM_OF.values())))
GOOD_FOR = timedelta(hours=1)
"""How long the word of the first of the two who lift a switch is good for."""


class Lift(Noun):
    """How far lifting has come: asked for by one, or lifted by two; `by` are those, the first first."""

    system: str
    state: Literal["asked", "lifted"]
    by: tuple[Id, ...]


def stop(
    session: Session,
    ledger: Ledger,
    policy: Policy,
    user: User,
    *,
    at: datetime,
    why: str,
    system: str = EVERYTHING,
    reason_code: str = "",
) -> Switch:
    """Stop writes to `system` (everything by default). Anybody with a role that decides may, a service as well: to
    stop is the safe side, and only people lift it. It is in the ledger.

    Stopping what is stopped adds a hand: whoever did it lifts it no more, and what was asked until then is void.
    """
    _check(system, user, policy)
    check_reason(policy, "stop", reason_code, why)
    _alone(session, ledger, system)
    switch = Switch(system=system, stopped=True, by=user.id, at=at, why=why)
    switches.turn(session, switch)
    switches.touch(session, Turn(system=system, what="stopped", by=user.id, at=at, why=why))
    code = {"reason_code": reason_code} if reason_code else {}
    body = {"kill_switch": "stopped", "system": system, "why": why, **code}
    ledger.append(session, EntryKind.AUTONOMY, user.id, at, body)
    return switch


def lift(
    session: Session,
    ledger: Ledger,
    policy: Policy,
    people: People,
    user: User,
    *,
    at: datetime,
    why: str,
    system: str = EVERYTHING,
) -> Lift:
    """Let writes to `system` go again: the first who says so asks, a second within an hour lifts it; both are in the
    ledger. Raises NotAllowed for whoever stopped it, Conflict when it is not stopped or the same person asks again."""
    _check(system, user, policy)
    if user.service:
        raise NotAllowed(f"{user.name} is a program", field="user", fix="have two people lift it")
    _alone(session, ledger, system)
    known = next((one for one in switches.listed(session) if one.system == system and one.stopped), None)
    if known is None:
        raise Conflict(f"writes to {_name(system)} are not stopped", field="system", fix="nothing is left to do")
    turns = switches.since_lifted(session, system)
    if user.id in {known.by, *(turn.by for turn in turns if turn.what == "stopped")}:
        raise NotAllowed(
            f"{user.name} stopped writes to {_name(system)}; two other people lift it",
            field="four_eyes",
            fix="ask somebody else who decides",
        )
    first = _asked(turns, people, at)
    if first is not None and first.by == user.id:
        raise Conflict(
            f"{user.name} asked for this at {first.at:%H:%M}; a second person lifts it",
            field="four_eyes",
            fix=f"ask somebody else who decides, by {first.at + GOOD_FOR:%H:%M}",
        )
    if first is None:
        switches.touch(session, Turn(system=system, what="asked", by=user.id, at=at, why=why))
        body = {"kill_switch": "lift asked", "system": system, "why": why}
        ledger.append(session, EntryKind.AUTONOMY, user.id, at, body)
        return Lift(system=system, state="asked", by=(user.id,))
    switches.turn(session, Switch(system=system, stopped=False, by=user.id, at=at, why=why))
    switches.touch(session, Turn(system=system, what="lifted", by=user.id, at=at, why=why))
    body = {"kill_switch": "lifted", "system": system, "why": why, "asked_by": first.by}
    ledger.append(session, EntryKind.AUTONOMY, user.id, at, body)
    return Lift(system=system, state="lifted", by=(first.by, user.id))


def asked_lifts(session: Session, people: People, at: datetime) -> tuple[Turn, ...]:
    """Who has asked for a stopped switch to be lifted, and waits for a second person at `at`."""
    stopped = [one.system for one in switches.listed(session) if one.stopped]
    found = (_asked(switches.since_lifted(session, system), people, at) for system in stopped)
    return tuple(turn for turn in found if turn is not None)


def _asked(turns: tuple[Turn, ...], people: People, at: datetime) -> Turn | None:
    """The word of the first of two, while it is good: an hour, unless they were deactivated or it was stopped since."""
    last = turns[-1] if turns else None
    if last is None or last.what != "asked" or at >= last.at + GOOD_FOR:
        return None
    first, void = people.known().get(last.by), people.void_until(last.by)
    return last if first is not None and first.active and (void is None or void < last.at) else None


def stopped(session: Session, systems: tuple[str, ...]) -> Switch | None:
    """The first switch that stops one of these systems, None when none does."""
    return next((found for name in systems if (found := switches.stopped(session, name)) is not None), None)


def in_words(switch: Switch) -> str:
    """What a stopped switch says."""
    return f"writes to {_name(switch.system)} were stopped by {switch.by} on {switch.at:%Y-%m-%d %H:%M}: {switch.why}"


def _name(system: str) -> str:
    return "every system" if system == EVERYTHING else system


def _check(system: str, user: User, policy: Policy) -> None:
    if system not in (*SYSTEMS, EVERYTHING):
        raise BadInput(f"there is no system '{system}'", field="system", fix=f"use one of {', '.join(SYSTEMS)}")
    if not any(name in policy.roles and policy.roles[name].decides for name in user.roles):
        raise NotAllowed(f"{user.name} has no role that decides", field="role", fix="ask somebody who decides")


def _alone(session: Session, ledger: Ledger, system: str) -> None:
    """Nobody else has a hand on this switch until this transaction ends."""
    ledger.hold(session)
    wait_turn(session, f"switch/{system}")
