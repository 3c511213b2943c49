"""The names the built-in world gives its SKUs, customers and sites, read from the world itself."""

from __future__ import annotations

import importlib
import inspect
from datetime import UTC, date, datetime
from types import ModuleType
from typing import Any, get_type_hints

from domain.facts import Facts

MOMENT = datetime(2026, 1, 5, 9, tzinfo=UTC)
# What a world may ask for before it gives its facts.
GIVEN: dict[Any, Any] = {datetime: MOMENT, date: MOMENT.date(), int: 0}


def worlds_in(module: ModuleType) -> list[Facts]:
    """Every Facts the module holds, or gives when asked with a moment at most."""
    found = []
    for name, member in vars(module).items():
        if isinstance(member, Facts):
            found.append(member)
        elif inspect.isfunction(member) and not name.startswith("_") and member.__module__ == module.__name__:
            hints = get_type_hints(member)
            needed = [p for p in inspect.signature(member).parameters.values() if p.default is p.empty]
            if hints.get("return") is Facts and all(hints.get(p.name) in GIVEN for p in needed):
                found.append(member(**{p.name: GIVEN[hints[p.name]] for p in needed}))
    return found


def built_in_ids(module: str = "connectors.embedded.world") -> set[str]:
    """Raises LookupError when the module holds no world: then this rule would hold nothing."""
    worlds = worlds_in(importlib.import_module(module))
    if not worlds:
        raise LookupError(f"{module} has no Facts and no function that gives one")
    return {item.id for facts in worlds for items in (facts.skus, facts.customers, facts.sites) for item in items}
