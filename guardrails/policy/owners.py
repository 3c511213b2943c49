"""Who must approve a new version of a policy, by what it changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from pydantic import Field

from domain.noun import Noun
from guardrails.policy.fields import RoleId
from guardrails.policy.roles import Role

Path = tuple[str | int, ...]

FORM = frozenset({"name", "version", "effective_from"})
"""Parts that say nothing of moves or people: when nothing else changes, the default owners decide."""


class Owners(Noun):
    """Which roles approve a new version, each of them once, in any order.

    `parts`: by the part of the document that changes (`rules`, `budgets`, ...); `default` for parts not named there.
    `four_eyes`: whoever proposed it approves nothing, and nobody approves in two roles. No owners at all: the roles
    that decide and that nobody stands above.
    """

    default: tuple[RoleId, ...] = ()
    parts: dict[str, tuple[RoleId, ...]] = Field(default_factory=dict)
    four_eyes: bool = True

    def needed(self, changed: Iterable[str], roles: Mapping[str, Role]) -> tuple[str, ...]:
        """The roles that must approve a version in which these parts are changed. `roles`: those of the same policy."""
        default = self.default or at_the_top(roles)
        parts = [part for part in changed if part not in FORM]
        named = [role for part in parts for role in self.parts.get(part, default)]
        return tuple(dict.fromkeys(named or default))


def at_the_top(roles: Mapping[str, Role]) -> tuple[str, ...]:
    """The roles that decide and that nobody stands above."""
    return tuple(name for name, role in roles.items() if role.decides and role.escalates_to is None)


def faults(owners: Owners, roles: Mapping[str, Role], parts: Collection[str]) -> Iterator[tuple[Path, str, str]]:
    """What is wrong with the owners of a policy with these roles and parts: where, what, and what to write instead."""
    deciders = ", ".join(name for name, role in roles.items() if role.decides)
    if not owners.default and not at_the_top(roles):
        yield ("owners",), "nobody could approve a new version", f"name owners.default, one of {deciders}"
    for part in owners.parts:
        if part not in parts:
            fix = f"use one of {', '.join(name for name in parts if name not in FORM)}"
            yield ("owners", "parts", part), f"a policy has no part '{part}'", fix
        elif not owners.parts[part]:
            yield ("owners", "parts", part), f"nobody owns '{part}'", "name a role, or leave it to the default"
    named: list[tuple[Path, str]] = [(("owners", "default", index), role) for index, role in enumerate(owners.default)]
    named += [
        (("owners", "parts", part, index), role)
        for part, some in owners.parts.items()
        for index, role in enumerate(some)
    ]
    for path, name in named:
        if name not in roles:
            yield path, f"there is no role '{name}'", f"use one of {deciders}, or add it under roles"
        elif not roles[name].decides:
            yield path, f"the role '{name}' decides nothing", f"use one of {deciders}"
