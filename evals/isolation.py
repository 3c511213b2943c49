"""Two companies in one installation: worlds whose every id and name carries a mark, and the look for a mark where it
must not be. What the judged program answers is bytes here; nothing of the program is imported."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from typing import Any

from evals.worlds.generate import generate
from evals.worlds.world import World

NAMED = ("id", "name")
"""The fields of a world whose values belong to its company alone."""


def marks(seed: int, count: int) -> tuple[str, ...]:
    """So many marks, ten capital letters each: no word of a program or of another world holds one."""
    dice = random.Random(f"quartermaster/isolation/{seed}")
    found: list[str] = []
    while len(found) < count:
        mark = "".join(dice.choice("BCDFGHJKLMNPQRSTVWXZ") for _ in range(10))
        if mark not in found:
            found.append(mark)
    return tuple(found)


def marked(seed: int, mark: str) -> World:
    """The world of a seed with the mark before every id and name, wherever one is written."""
    world = generate(seed)
    told = json.loads(world.model_dump_json())
    facts = told["facts"]
    names = set(_named(facts)) | {event["id"] for event in told["events"]} | {told["hot"]}
    told["facts"], told["events"], told["hot"] = (
        _renamed(part, names, mark) for part in (facts, told["events"], told["hot"])
    )
    return World.model_validate_json(json.dumps(told))


def _named(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (node[key] for key in NAMED if isinstance(node.get(key), str))
        for value in node.values():
            yield from _named(value)
    elif isinstance(node, list):
        for item in node:
            yield from _named(item)


def _renamed(node: Any, names: set[str], mark: str) -> Any:
    if isinstance(node, dict):
        return {_renamed(key, names, mark): _renamed(value, names, mark) for key, value in node.items()}
    if isinstance(node, list):
        return [_renamed(item, names, mark) for item in node]
    return f"{mark}-{node}" if isinstance(node, str) and node in names else node


def leaks(said: bytes, foreign: Iterable[str]) -> tuple[str, ...]:
    """The places in an answer that hold a mark of somebody else, with some text around each; case does not matter."""
    text = said.decode("utf-8", "replace")
    plain = text.upper()
    found: list[str] = []
    for mark in foreign:
        at = plain.find(mark)
        while at >= 0:
            found.append(text[max(0, at - 40) : at + 60])
            at = plain.find(mark, at + len(mark))
    return tuple(found)
