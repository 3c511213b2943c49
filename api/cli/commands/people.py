"""`people`: who may act, and ending or giving back what somebody may do."""

from __future__ import annotations

import secrets

from agent.runtime.people_desk import Standing, Turned
from api.cli import exits
from api.cli.session import Session
from api.cli.view import view
from api.identity import ByName, digest_of, places_of
from domain.errors import QuartermasterError, UnknownReference
from guardrails.people import Grant


def list_(session: Session) -> int:
    """`people list`."""
    with session.application() as application:
        known, trouble = application.staff.listed(), application.staff.trouble
    rows = [(one.user.id, one.user.name, ", ".join(map(_grant, one.user.grants)), _state(one)) for one in known]
    notes = [f"The people file is not used as it is now: {trouble}"] if trouble else []
    session.output.show("people", [view("people", f"{len(rows)} users", "user | name | may act as | now", rows, notes)])
    return exits.OK


def turn(session: Session, *, user: str, why: str, active: bool) -> int:
    """`people deactivate` and `people reactivate`: at the named legal entity, else wherever who acts may do it."""
    told = session.told()
    by = session.user(told)
    done: list[tuple[str, Turned]] = []
    failed: list[tuple[str, QuartermasterError]] = []
    with session.installation() as held:
        places = places_of(held, ByName(by), told.entity or "")
        for entity in places:
            desk = held.application(entity.id).staff
            try:
                did = desk.reactivate(user, by, why) if active else desk.deactivate(user, by, why)
                done.append((entity.id, did))
            except QuartermasterError as refused:
                failed.append((entity.id, refused))
    if not done:
        raise next((error for _, error in failed if not isinstance(error, UnknownReference)), failed[0][1])
    rows = [(entity, did.user, "may act again" if active else "ended", did.sessions) for entity, did in done]
    notes = [f"{entity}: {warning}." for entity, did in done for warning in did.warnings]
    notes += [f"{entity}: not done, {error.message}." for entity, error in failed]
    session.output.show(
        "people",
        [
            view(
                "turned",
                f"{user} {'may act again' if active else 'may do nothing any more'}",
                "entity | user | now | sessions ended",
                rows,
                notes,
            )
        ],
    )
    return exits.OK if not any(not isinstance(error, UnknownReference) for _, error in failed) else exits.FAILED


def token(session: Session) -> int:
    """`people token`."""
    made = secrets.token_urlsafe(32)
    notes = [
        f"token {made}",
        f'in the people file: tokens: ["{digest_of(made)}"]',
        "It is shown once and kept nowhere.",
    ]
    session.output.show("token", [view("token", "A token for a service account", notes=notes)])
    return exits.OK


def _grant(grant: Grant) -> str:
    limits = [
        *(["at " + "/".join(grant.sites)] if grant.sites else []),
        *([f"up to {grant.max_value_at_stake}"] if grant.max_value_at_stake else []),
        *([f"up to {grant.max_units}"] if grant.max_units else []),
    ]
    return f"{grant.role} ({', '.join(limits)})" if limits else grant.role


def _state(one: Standing) -> str:
    gone = one.deactivated
    if gone is not None and gone.ended_at is None:
        return f"deactivated by {gone.by} on {gone.at:%Y-%m-%d %H:%M}: {gone.why}"
    if not one.active:
        return "not active"
    return "a service" if one.user.service else "active"
