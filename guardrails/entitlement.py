"""Who may decide a question: the role, how far its authority goes, and four eyes."""

from __future__ import annotations

from decimal import Decimal

from domain.errors import NotAllowed
from guardrails.people import People, User
from guardrails.policy import Policy
from guardrails.subject import Subject
from storage.records import Approval


def entitled(user: User, asked: Approval, *, raised_by: str, subject: Subject, policy: Policy, people: People) -> str:
    """The role in which `user` may decide `asked`. NotAllowed names the role needed and who has it.

    Four eyes: whoever asked, edited or raised the case may not. Without four eyes the one who asked may confirm in a
    role that policy lets confirm, inside its limits.
    """
    names = [name for name in asked.role.split("/") if name in policy.roles and policy.roles[name].decides]
    mine = [name for name in names if name in user.roles]
    if not mine:
        have = ", ".join(user.roles) or "no role"
        raise NotAllowed(
            f"{asked.id} is for the role {asked.role}; {user.name} has {have}",
            field="role",
            fix=_ask(people, asked.role, but=()),
        )
    parties = {asked.asked_by, raised_by, *asked.edited_by}
    if asked.four_eyes and user.id in parties:
        raise NotAllowed(
            f"{asked.id} needs four eyes, and {user.name} asked for it, edited it or raised the case",
            field="four_eyes",
            fix=_ask(people, asked.role, but=tuple(parties)),
        )
    value, units = sizes(subject)
    able = [name for name in mine if policy.roles[name].covers(value, units)]
    if not able:
        above = policy.roles[mine[0]].escalates_to
        raise NotAllowed(
            f"{subject.text('value_at_stake')} and {units} units are beyond the authority of {mine[0]}",
            field="authority",
            fix=_ask(people, above or asked.role, but=()),
        )
    if user.id == asked.asked_by:
        able = [name for name in able if policy.roles[name].confirm]
        if not able:
            raise NotAllowed(
                f"{user.name} asked for this, and the role {mine[0]} does not confirm its own requests",
                field="role",
                fix=_ask(people, asked.role, but=(user.id,)),
            )
    return able[0]


def sizes(subject: Subject) -> tuple[Decimal, int]:
    """What authority limits are measured by: value at stake and units moved."""
    value, units = subject.facts["value_at_stake"], subject.facts["units_moved"]
    assert isinstance(value, Decimal) and isinstance(units, int)
    return value, units


def _ask(people: People, role: str, *, but: tuple[str, ...]) -> str:
    names = [user.id for user in people.holding(role) if user.id not in but]
    return f"ask {' or '.join(names)} (role {role})" if names else f"give somebody the role {role}"
