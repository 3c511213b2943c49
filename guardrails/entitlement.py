"""Who may decide a question: the role, how far its authority goes, and four eyes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from domain.errors import NotAllowed
from guardrails.people import People, User
from guardrails.policy import Policy
from guardrails.powers import Delegation, Power, powers
from guardrails.subject import Subject
from storage.records import Approval


def entitled(
    user: User,
    asked: Approval,
    *,
    raised_by: str,
    subject: Subject,
    policy: Policy,
    people: People,
    at: datetime,
    delegations: Iterable[Delegation] = (),
) -> Power:
    """The power in which `user` may decide `asked` at `at`. NotAllowed names the role needed and who has it.

    Four eyes: whoever asked, edited or raised the case may not, nor anybody in their name. Without four eyes the one
    who asked may confirm in a role of their own that policy lets confirm, inside its limits; somebody else in their
    name may do no more.
    """
    names = [name for name in asked.role.split("/") if name in policy.roles and policy.roles[name].decides]
    mine = [power for power in powers(user, people, delegations, at) if power.grant.role in names]
    if not mine:
        have = ", ".join(user.roles) or "no role"
        raise NotAllowed(
            f"{asked.id} is for the role {asked.role}; {user.name} has {have}",
            field="role",
            fix=_ask(people, asked.role, but=()),
        )
    parties = {asked.asked_by, raised_by, *asked.edited_by}
    if asked.four_eyes:
        mine = [power for power in mine if user.id not in parties and power.for_whom not in parties]
        if not mine:
            raise NotAllowed(
                f"{asked.id} needs four eyes, and {user.name} asked for it, edited it or raised the case",
                field="four_eyes",
                fix=_ask(people, asked.role, but=tuple(parties)),
            )
    value, units = sizes(subject)
    able = [power for power in mine if power.covers(value, units, subject.touched.sites, policy)]
    if not able:
        raise _beyond(user, mine[0], asked, subject, policy, people)
    confirmed = [power for power in able if _may_confirm(user, power, asked, policy)]
    if not confirmed:
        who = user if user.id == asked.asked_by else people.get(asked.asked_by)
        raise NotAllowed(
            f"{who.name} asked for this, and the role {able[0].grant.role} does not confirm its own requests",
            field="role",
            fix=_ask(people, asked.role, but=(user.id, asked.asked_by)),
        )
    return confirmed[0]


def _may_confirm(user: User, power: Power, asked: Approval, policy: Policy) -> bool:
    """Whether this power is good for a request of the decider's own, or of the one it was handed over by."""
    if user.id == asked.asked_by:
        return power.for_whom is None and policy.roles[power.grant.role].confirm
    return power.for_whom != asked.asked_by or policy.roles[power.grant.role].confirm


def _beyond(user: User, power: Power, asked: Approval, subject: Subject, policy: Policy, people: People) -> NotAllowed:
    """Why a move is outside somebody's authority: its sites, or its size."""
    grant, sites = power.grant, subject.touched.sites
    if grant.sites and not set(sites) <= set(grant.sites):
        return NotAllowed(
            f"the move touches {', '.join(sites)}; {user.name} decides as {grant.role} at {', '.join(grant.sites)}",
            field="sites",
            fix=_ask(people, asked.role, but=(user.id,)),
        )
    units = sizes(subject)[1]
    above = policy.roles[grant.role].escalates_to
    return NotAllowed(
        f"{subject.text('value_at_stake')} and {units} units are beyond the authority of {user.name} as {grant.role}",
        field="authority",
        fix=_ask(people, above or asked.role, but=()),
    )


def sizes(subject: Subject) -> tuple[Decimal, int]:
    """What authority limits are measured by: value at stake and units moved."""
    value, units = subject.facts["value_at_stake"], subject.facts["units_moved"]
    assert isinstance(value, Decimal) and isinstance(units, int)
    return value, units


def _ask(people: People, role: str, *, but: tuple[str, ...]) -> str:
    names = [user.id for user in people.holding(role) if user.id not in but]
    return f"ask {' or '.join(names)} (role {role})" if names else f"give somebody the role {role}"
