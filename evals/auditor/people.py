"""The people and roles an export is judged against, as plain names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import yaml


@dataclass(frozen=True)
class House:
    """`roles`: person -> the roles they have; `above`: role -> the role it escalates to ("" at the top).

    `may_confirm`: roles in which whoever asked may decide what they asked for; `may_undo`: roles that take moves back.
    """

    roles: Mapping[str, frozenset[str]]
    above: Mapping[str, str]
    may_confirm: frozenset[str]
    may_undo: frozenset[str]

    @classmethod
    def read(cls, people: str, policy: str) -> House:
        """From the YAML of a people file and of a policy."""
        persons, rules = yaml.safe_load(people)["people"], yaml.safe_load(policy)
        roles = rules["roles"]
        ruled = [role for one in rules.get("overrides", ()) if one["kind"] == "undo" for role in one["roles"]]
        return cls(
            roles={
                one["id"]: frozenset((*one.get("roles", ()), *(grant["role"] for grant in one.get("grants", ()))))
                for one in persons
            },
            above={name: role.get("escalates_to", "") for name, role in roles.items()},
            may_confirm=frozenset(name for name, role in roles.items() if role.get("confirm")),
            may_undo=frozenset(ruled or (name for name, role in roles.items() if role.get("decides", True))),
        )

    def at_or_above(self, step: str) -> frozenset[str]:
        """The roles that may answer for a step (`lead/finance` is one of them)."""
        found: set[str] = set()
        for name in step.split("/"):
            while name and name not in found:
                found.add(name)
                name = self.above.get(name, "")
        return frozenset(found)
