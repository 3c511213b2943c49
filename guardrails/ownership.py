"""Who may speak for an owner of the policy: their powers now, four eyes, and that there is somebody at all."""

from __future__ import annotations

from collections.abc import Iterable

from domain.errors import BadInput, NotAllowed
from guardrails.people import People, User
from guardrails.policy import Policy
from guardrails.powers import Power
from storage.policy_changes import Consent, PolicyChange


def speaks_for(
    person: User, mine: Iterable[Power], change: PolicyChange, wanted: Iterable[str], policy: Policy, people: People
) -> Power:
    """The power in which `person` speaks for one of the `wanted` roles. NotAllowed names who does otherwise.

    `mine`: their powers now. A grant that ends at sites says nothing about the policy of all of them.
    """
    roles = [role for role in wanted if role in policy.roles and policy.roles[role].decides]
    found = [one for role in roles for one in mine if one.grant.role == role and not one.grant.sites]
    if not found:
        raise NotAllowed(
            f"{change.id} is for {', '.join(roles) or 'nobody any more'}; "
            f"{person.name} has {', '.join(person.roles) or 'no role'}",
            field="role",
            fix=_ask(people, roles, {change.by}),
        )
    return found[0]


def must_see_with_other_eyes(person: User, power: Power, change: PolicyChange, people: People) -> None:
    """Four eyes: whoever proposed the change approves nothing, nor does anybody in their name, and nobody twice."""
    spoke = {change.by, *(name for one in change.consents for name in (one.by, one.for_whom) if name)}
    if spoke & {person.id, power.for_whom}:
        raise NotAllowed(
            f"{change.id} needs four eyes, and {person.name} proposed it or has approved it already",
            field="four_eyes",
            fix=_ask(people, change.missing, spoke),
        )


def counts(given: Consent, people: People) -> bool:
    """Whether an approval still counts: nobody in whose name it was given is gone, or was deactivated since."""
    for name in (given.by, given.for_whom):
        user, void = (None, None) if name is None else (people.known().get(name), people.void_until(name))
        if name is not None and (user is None or not user.active or (void is not None and given.at <= void)):
            return False
    return True


def must_decide(person: User, mine: Iterable[Power], policy: Policy) -> None:
    """NotAllowed for somebody without a role that decides anything."""
    deciding = {name for name, role in policy.roles.items() if role.decides}
    if not any(one.grant.role in deciding for one in mine):
        raise NotAllowed(f"{person.name} has no role that decides", field="role", fix="ask somebody who decides")


def must_be_held(roles: Iterable[str], policy: Policy, people: People) -> None:
    """BadInput when nobody holds one of these owner roles: the version could never be approved, or never be left."""
    for role in roles:
        if not people.holding(role):
            raise BadInput(
                f"nobody holds the role {role}, an owner in version {policy.version} of '{policy.name}'",
                field="owners",
                fix=f"give somebody the role {role}, or name another owner",
            )


def _ask(people: People, roles: Iterable[str], but: set[str]) -> str:
    names = [user.name for role in roles for user in people.holding(role) if user.id not in but]
    return f"ask {' or '.join(dict.fromkeys(names))}" if names else "give somebody else that role"
