"""Audit what is left when everybody has decided, in part, and everything has come to rest.

Reads our own tables as they lie in the file (moves and effects) and the distributor's books before and after. No move
is half executed, what needs a move that did not happen has not happened, and the executed moves alone explain the
books: stock conserved, no unit given up that nobody gets, no promise that cannot be kept.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from domain.actions import Action
from domain.facts import Facts
from evals.accounting.audit import audit
from evals.accounting.books import Finding

EXECUTED = "executed"
OPEN = frozenset({"proposed", "waiting", "approved", "ready", "executing", "parked"})
_ACTIONS: TypeAdapter[tuple[Action, ...]] = TypeAdapter(tuple[Action, ...])


@dataclass(frozen=True)
class Deed:
    """A move as our tables have it. `carried` are its actions whose effect stands, `place` when the last was sent."""

    id: str
    state: str
    needs: tuple[str, ...]
    actions: tuple[Action, ...]
    carried: frozenset[str]
    place: int


def deeds(database: Path) -> tuple[Deed, ...]:
    """Every move of our database, those that were carried out last coming last."""
    rows = sqlite3.connect(database)
    try:
        moves = rows.execute("SELECT id, state, body FROM moves").fetchall()
        effects = rows.execute('SELECT move, action, key, state, position FROM effects ORDER BY "position"').fetchall()
    finally:
        rows.close()
    found = []
    for key, state, text in moves:
        body = json.loads(text)
        mine = [effect for effect in effects if effect[0] == key and effect[1] != "earmark"]
        undone = {action for _, action, name, how, _ in mine if name.endswith(":undo") and how == "done"}
        stands = {action for _, action, name, how, _ in mine if not name.endswith(":undo") and how == "done"}
        unknown = {action for _, action, name, how, _ in mine if how in ("intent", "unknown")}
        found.append(
            Deed(
                id=key,
                state=state,
                needs=tuple(body["needs"]),
                actions=_ACTIONS.validate_python(body["actions"]),
                carried=frozenset((stands - undone) | unknown),
                place=max((effect[4] for effect in mine), default=0),
            )
        )
    return tuple(sorted(found, key=lambda deed: (deed.place, deed.id)))


def audit_settled(before: Facts, after: Facts, done: Sequence[Deed]) -> tuple[Finding, ...]:
    """Every broken law, sorted; empty when nothing is left half-way and the books are right."""
    executed = [deed.actions for deed in done if deed.state == EXECUTED]
    return tuple(sorted({*_whole(done), *_at_rest(done), *_needs(done), *audit(before, after, executed)}))


def _whole(done: Sequence[Deed]) -> Iterator[Finding]:
    """All of a move or none of it."""
    for deed in done:
        wanted = {action.id for action in deed.actions} if deed.state == EXECUTED else set()
        if deed.carried != wanted:
            says = f"{deed.state}, with {sorted(deed.carried) or 'nothing'} of {len(deed.actions)} actions in force"
            yield Finding("half", deed.id, says)


def _at_rest(done: Sequence[Deed]) -> Iterator[Finding]:
    for deed in done:
        if deed.state in OPEN:
            yield Finding("unsettled", deed.id, f"is still {deed.state}")


def _needs(done: Sequence[Deed]) -> Iterator[Finding]:
    states = {deed.id: deed.state for deed in done}
    for deed in done:
        for need in deed.needs:
            if deed.state == EXECUTED and states.get(need) != EXECUTED:
                yield Finding(
                    "half", deed.id, f"was carried out without {need}, which is {states.get(need, 'unknown')}"
                )
