"""What a policy says, computed a second time the slow and obvious way: from the plain data of the documents, sharing no
code with the guard. Judge of `guardrails.judge` and `policy check`. Roles have no limits here, autonomy is act."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

DIMENSIONS = ("entities", "regions", "channels", "segments", "customers", "sku_classes")
FIELD = {
    "entities": "entity",
    "regions": "region",
    "channels": "channel",
    "segments": "segment",
    "customers": "customer",
    "sku_classes": "sku_class",
}
TIMES = {"minute": 1, "minutes": 1, "hour": 60, "hours": 60, "day": 1440, "days": 1440}

Data = Mapping[str, Any]
Fact = Decimal | int | bool | str | tuple[str, ...]


def documents(policy: Data) -> list[Data]:
    """The company document, then the narrower ones."""
    return [policy, *policy.get("documents", [])]


def written(policy: Data) -> list[tuple[Data, Data]]:
    """(Document, rule) in the order written."""
    return [(document, rule) for document in documents(policy) for rule in document["rules"]]


def counts(document: Data, place: Mapping[str, str]) -> bool:
    scope = document.get("scope") or {}
    return all(not scope.get(name) or place[FIELD[name]] in scope[name] for name in DIMENSIONS)


def narrowness(document: Data) -> list[int]:
    """Read from the right: the last dimension that two documents do not share decides."""
    scope = document.get("scope") or {}
    return [1 if scope.get(name) else 0 for name in DIMENSIONS][::-1]


def in_force(policy: Data, place: Mapping[str, str]) -> Iterator[tuple[Data, Data]]:
    """The rules that count at one place."""
    here = [(document, rule) for document, rule in written(policy) if counts(document, place)]
    for document, rule in here:
        rivals = [other for other, one in here if one.get("topic", one["id"]) == rule.get("topic", rule["id"])]
        if rule.get("final") or all(narrowness(other) <= narrowness(document) for other in rivals):
            yield document, rule


def speaks(rule: Data, facts: Mapping[str, Fact]) -> bool:
    actions, kind = facts["actions"], facts["move_kind"]
    assert isinstance(actions, tuple)
    named = rule["actions"]
    if named != "any" and not any(one in named for one in actions):
        return False
    if rule.get("moves") and kind not in rule["moves"]:
        return False
    return "when" not in rule or true(rule["when"], facts)


def true(part: Data, facts: Mapping[str, Fact]) -> bool:
    if "all" in part:
        return all(true(one, facts) for one in part["all"])
    if "any" in part:
        return any(true(one, facts) for one in part["any"])
    value, operator, wanted = facts[part["fact"]], part["operator"], part["value"]
    if isinstance(value, bool):
        return value == wanted
    if isinstance(value, tuple):
        found = [one for one in value if one in wanted]
        return {
            "includes_any": len(found) > 0,
            "includes_none": len(found) == 0,
            "only": len(found) == len(value),
        }[operator]
    if isinstance(value, str):
        names = [wanted] if isinstance(wanted, str) else wanted
        return (value in names) == (operator in ("==", "in"))
    number, unit = wanted.split()
    limit = Decimal(number) * (TIMES[unit] if part["fact"] == "fact_age" else 1)
    if operator == "==":
        return value == limit
    if operator == "!=":
        return value != limit
    if operator in ("<", "<="):
        return value < limit or (operator == "<=" and value == limit)
    return value > limit or (operator == ">=" and value == limit)


def answer(
    policy: Data, facts: Mapping[str, Fact], places: Sequence[Mapping[str, str]]
) -> tuple[str, tuple[str, ...], bool, list[tuple[str, str]]]:
    """(Outcome, roles, four eyes, [(document, rule) that spoke]) of a move that touches these places."""
    heard: list[tuple[Data, Data]] = []
    silent = False
    for place in places:
        here = [(document, rule) for document, rule in in_force(policy, place) if speaks(rule, facts)]
        heard += [pair for pair in here if not any(pair[1] is known for _, known in heard)]
        silent = silent or bool(unspoken([rule for _, rule in here], facts))
    order = [id(rule) for _, rule in written(policy)]
    heard.sort(key=lambda pair: order.index(id(pair[1])))
    names = [(document["name"], rule["id"]) for document, rule in heard]
    four_eyes = any(rule.get("four_eyes", False) for _, rule in heard)
    if silent or any(rule["outcome"] == "deny" for _, rule in heard):
        return "deny", (), False, names
    roles: list[str] = []
    for _, rule in heard:
        steps = rule.get("roles", [])
        for step in ["/".join(steps)] if rule.get("mode") == "any" and steps else steps:
            if step not in roles:
                roles.append(step)
    return ("approval" if roles else "allow"), tuple(roles), four_eyes, names


def unspoken(heard: list[Data], facts: Mapping[str, Fact]) -> list[str]:
    """Action kinds that no allow or approval rule among these names."""
    covering = [rule["actions"] for rule in heard if rule["outcome"] != "deny" and rule["actions"] != "any"]
    actions = facts["actions"]
    assert isinstance(actions, tuple)
    return [kind for kind in actions if not any(kind in named for named in covering)]
