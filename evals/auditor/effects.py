"""Effects: each was admitted as it was shown, none was done twice, no move ended half done."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from evals.accounting.books import Finding
from evals.auditor.book import Line, substance

EARMARK = "earmark"
"""The step that gives back what is left of a move in the ERP; it changes nothing that was decided."""


def moves_as_decided(lines: Sequence[Line]) -> Iterator[tuple[Line, dict[str, Any]]]:
    """Every entry that says what a move is, with the move: decisions of the guard, and edits."""
    for line in lines:
        if line.kind in ("decision", "override") and isinstance(line.says.get("move"), dict):
            yield line, line.says["move"]


def unasked(lines: Sequence[Line]) -> Iterator[Finding]:
    """Nothing is sent that the gate has not let through, and nothing else than it let through."""
    decided: dict[str, dict[str, Any]] = {}
    said = {line.seq: move for line, move in moves_as_decided(lines)}
    admitted: dict[str, Line] = {}
    for line in lines:
        if line.seq in said:
            decided[line.move] = said[line.seq]
        elif line.kind == "admission":
            admitted[line.move] = line
            yield from _as_decided(line, decided.get(line.move))
        elif line.kind == "denial" and line.says.get("refused") in ("denied", "stale"):
            admitted.pop(line.move, None)
        elif line.kind == "intent" and not line.redacted:
            yield from _admitted(line, admitted.get(line.move), decided.get(line.move))


def _as_decided(line: Line, move: dict[str, Any] | None) -> Iterator[Finding]:
    if line.redacted:
        return
    if line.says["verdict"]["outcome"] not in ("allow", "approval"):
        yield Finding("effect", line.place, f"admitted although policy says {line.says['verdict']['outcome']}")
    if move is not None and substance(move) != line.says["substance"]:
        yield Finding("effect", line.place, "admitted as something else than was decided")


def _admitted(line: Line, admission: Line | None, move: dict[str, Any] | None) -> Iterator[Finding]:
    if admission is None:
        yield Finding("effect", line.place, f"{line.says['operation']} was sent without an admission")
    if move is None or line.action == EARMARK:
        return
    actions = {action["id"]: action for action in move["actions"]}
    body = line.says["body"].get("undo", line.says["body"])
    if actions.get(line.action) != body:
        yield Finding("effect", line.place, f"{line.action} was sent as something else than was decided")


def twice(lines: Sequence[Line]) -> Iterator[Finding]:
    """A key is done once, and answered only after it was asked."""
    asked: set[str] = set()
    done: Counter[str] = Counter()
    for line in lines:
        key = line.says.get("key")
        if line.kind == "intent" and key is not None:
            if key in asked:
                yield Finding("once", line.place, f"{key} is intended a second time")
            asked.add(key)
        elif line.kind == "outcome" and key is not None:
            if key not in asked:
                yield Finding("once", line.place, f"{key} was done and never intended")
            done[key] += line.says["state"] == "done"
    for key in sorted(done):
        if done[key] > 1:
            yield Finding("once", key, f"done {done[key]} times")


def half(lines: Sequence[Line]) -> Iterator[Finding]:
    """A move that ended as executed has done each of its actions; one that was taken back has undone what it did."""
    decided = {line.move: move for line, move in moves_as_decided(lines)}
    states: dict[str, dict[str, str]] = defaultdict(dict)
    for line in lines:
        if line.kind == "outcome" and line.says.get("key") and line.action and line.action != EARMARK:
            name = f"{line.action}:undo" if line.says["key"].endswith(":undo") else line.action
            states[line.move][name] = line.says["state"]
    for line in lines:
        ended = line.says.get("ended") if line.kind == "outcome" else None
        known = states[line.move]
        if ended == "executed" and line.move in decided:
            for action in decided[line.move]["actions"]:
                if known.get(action["id"]) != "done":
                    yield Finding("half", line.place, f"ended executed, and {action['id']} was not done")
        if ended == "compensated":
            for name, state in sorted(known.items()):
                if state == "done" and not name.endswith(":undo") and known.get(f"{name}:undo") != "done":
                    yield Finding("half", line.place, f"ended taken back, and {name} stands")
