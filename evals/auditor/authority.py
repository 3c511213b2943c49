"""Authority: what needed a person was decided by one with the role, of exactly what was shown, before it went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from evals.accounting.books import Finding
from evals.auditor.book import Line, shown
from evals.auditor.effects import moves_as_decided
from evals.auditor.hands import Hands
from evals.auditor.people import House


def unauthorised(lines: Sequence[Line], house: House) -> Iterator[Finding]:
    """Every admission of a move that needed people, against the approvals that stand before it."""
    raised, editors = {}, defaultdict[str, set[str]](set)
    said = {line.seq: move for line, move in moves_as_decided(lines)}
    decided: dict[str, dict[str, Any]] = {}
    given: dict[str, list[Line]] = defaultdict(list)
    ended: set[str] = set()
    hands = Hands(lines)
    for line in lines:
        if line.kind == "case" and line.says.get("did") == "opened":
            raised[line.case] = line.actor
        if line.seq in said:
            decided[line.move] = said[line.seq]
        if line.kind == "override":
            editors[line.move].add(line.actor)
        elif line.kind == "expiry":
            ended |= set(_names(line))
        elif line.kind == "approval" and line.says.get("decision") in ("approved", "rejected"):
            yield from _one(line, house, ended, hands)
            given[line.move].append(line)
        elif line.kind == "admission" and not line.redacted:
            parties = {raised.get(line.case, ""), *editors[line.move]}
            standing = [
                one
                for one in given[line.move]
                if one.says["decision"] == "rejected" or not hands.voided(one.actor, one, line)
            ]
            yield from _covered(line, standing, decided.get(line.move), house, parties)


def _names(line: Line) -> Iterator[str]:
    for name in ("approval", "approvals", "expired"):
        value = line.says.get(name, ())
        yield from (value,) if isinstance(value, str) else (item for item in value if isinstance(item, str))


def _one(line: Line, house: House, ended: set[str], hands: Hands) -> Iterator[Finding]:
    """One decision: by somebody with the role (or in the name of somebody with it), on a question still open."""
    giver = line.says.get("for_whom")
    who = giver or line.actor
    if hands.gone(line.actor, line):
        yield Finding("authority", line.place, f"{line.actor} decided after their powers had ended")
    if giver and not hands.held(line.actor, giver, line.says["role"], line):
        yield Finding("authority", line.place, f"{line.actor} decided for {giver}, who had not handed it over")
    if line.says["role"] not in house.roles.get(who, frozenset()):
        yield Finding("authority", line.place, f"{line.actor} decided as {line.says['role']}, which {who} is not")
    if line.says["approval"] in ended:
        yield Finding("authority", line.place, f"{line.says['approval']} was decided after it had ended")


def _covered(
    line: Line, given: Sequence[Line], move: dict[str, Any] | None, house: House, parties: set[str]
) -> Iterator[Finding]:
    verdict = line.says["verdict"]
    yes = [one for one in given if one.says["decision"] == "approved"]
    if any(one.says["decision"] == "rejected" for one in given):
        yield Finding("authority", line.place, "admitted although it was rejected")
    for step in verdict["roles"]:
        able = [one for one in yes if one.says["role"] in house.at_or_above(step)]
        if move is not None:
            able = [one for one in able if one.says["shown"] == shown(move, one.says["policy"], one.says["facts"])]
        if not able:
            yield Finding("authority", line.place, f"admitted without {step} having approved exactly this")
        elif verdict["four_eyes"] and all({one.actor, one.says.get("for_whom")} & parties for one in able):
            yield Finding("authority", line.place, f"{step} was answered by somebody who asked, edited or raised it")
