"""What a person may decide in: their own grants, and those that others have handed to them for a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from domain.noun import Id, Noun
from guardrails.people import Grant, People, User
from guardrails.policy import Policy
from storage.delegations import Delegation

__all__ = ["Delegation", "Power", "at_or_above", "powers"]


class Power(Noun):
    """One way in which a person may decide: a grant of their own, or (`for_whom`) of somebody who handed it over."""

    grant: Grant
    for_whom: Id | None = None

    def covers(self, value_at_stake: Decimal, units: int, sites: Iterable[str], policy: Policy) -> bool:
        """Whether a move of this size at these sites is inside the limits of role and grant."""
        grant, role = self.grant, policy.roles.get(self.grant.role)
        if role is None or not role.covers(value_at_stake, units):
            return False
        if grant.sites and not set(sites) <= set(grant.sites):
            return False
        if grant.max_units is not None and units > grant.max_units.number:
            return False
        limit = grant.max_value_at_stake
        return limit is None or (limit.unit == policy.currency and value_at_stake <= limit.number)


def powers(user: User, people: People, delegations: Iterable[Delegation], at: datetime) -> tuple[Power, ...]:
    """Everything `user` may decide in at `at`, their own first. Nothing for a service, or somebody who is not active.

    What was handed over ends with its giver: one who is no longer active, or has lost the role, hands nothing on. It is
    never handed on a second time, and does not come back when its giver or taker was deactivated and acts again.
    """
    if not user.active or user.service:
        return ()
    own = tuple(Power(grant=grant) for grant in user.grants)
    known = {one.id: one for one in people.all() if one.active and not one.service}
    handed = tuple(
        Power(grant=grant, for_whom=given.giver)
        for given in delegations
        if given.taker == user.id and given.giver in known and given.holds(at) and not _void(given, people)
        for grant in known[given.giver].grants
        if grant.role == given.role
    )
    return (*own, *handed)


def _void(given: Delegation, people: People) -> bool:
    """Whether giver or taker was deactivated after this was handed over."""
    moments = (people.void_until(given.giver), people.void_until(given.taker))
    return any(moment is not None and given.created_at <= moment for moment in moments)


def at_or_above(role: str, policy: Policy) -> frozenset[str]:
    """The roles of a question (`lead/finance`: either) with all those it can go up to."""
    found: set[str] = set()
    for name in role.split("/"):
        above: str | None = name
        while above is not None and above in policy.roles and above not in found:
            found.add(above)
            above = policy.roles[above].escalates_to
    return frozenset(found)
