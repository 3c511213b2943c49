"""Who governs the records themselves: the roles that the policy names under `records`."""

from __future__ import annotations

from collections.abc import Collection

from domain.errors import NotAllowed
from guardrails.people import User

FIX = "ask somebody with one of the roles that the policy names under records"


def must_hold(user: User, roles: Collection[str], what: str) -> None:
    """NotAllowed unless `user` is an active person who holds one of `roles` themself; `what` says what only they do."""
    if not user.active or user.service or not set(user.roles) & set(roles):
        raise NotAllowed(
            f"{what} by {', '.join(roles) or 'nobody'}, not by {user.name}",
            field="role",
            fix=FIX,
        )
