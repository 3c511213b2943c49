"""The kill switch: stop all writes now, or those to one system; lifting it takes a second person."""

from __future__ import annotations

from datetime import datetime

from domain.actions import SYSTEM_OF
from domain.errors import BadInput, Conflict, NotAllowed
from guardrails.chain import EntryKind
from guardrails.ledger import Ledger
from guardrails.people import User
from guardrails.policy import Policy
from storage import switches
from storage.database import Session
from storage.records import Switch

EVERYTHING = switches.EVERYTHING
SYSTEMS = tuple(sorted(set(SYSTEM_OF.values())))


def stop(
    session: Session, ledger: Ledger, policy: Policy, user: User, *, at: datetime, why: str, system: str = EVERYTHING
) -> Switch:
    """Stop writes to `system` (everything by default). Anybody with a role that decides may, a service as well: to stop
    is the safe side, and only people lift it."""
    _check(system, user, policy)
    return _turn(session, ledger, Switch(system=system, stopped=True, by=user.id, at=at, why=why))


def lift(
    session: Session, ledger: Ledger, policy: Policy, user: User, *, at: datetime, why: str, system: str = EVERYTHING
) -> Switch:
    """Let writes to `system` go again. Raises NotAllowed for whoever stopped it, Conflict when it is not stopped."""
    _check(system, user, policy)
    if user.service:
        raise NotAllowed(f"{user.name} is a service; a person lifts it", field="user", fix="ask somebody who decides")
    known = next((one for one in switches.listed(session) if one.system == system and one.stopped), None)
    if known is None:
        raise Conflict(f"writes to {_name(system)} are not stopped", field="system", fix="nothing is left to do")
    if known.by == user.id:
        raise NotAllowed(
            f"{user.name} stopped writes to {_name(system)}; another person lifts it",
            field="four_eyes",
            fix="ask somebody else who decides",
        )
    return _turn(session, ledger, Switch(system=system, stopped=False, by=user.id, at=at, why=why))


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


def _turn(session: Session, ledger: Ledger, switch: Switch) -> Switch:
    ledger.hold(session)
    switches.turn(session, switch)
    body = {"kill_switch": "stopped" if switch.stopped else "lifted", "system": switch.system, "why": switch.why}
    ledger.append(session, EntryKind.AUTONOMY, switch.by, switch.at, body)
    return switch
