"""A random walk through the life of a policy, and an auditor who knows the laws and reads nothing but the ledger."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from agent.runtime.application import Application
from agent.runtime.clock import FixedClock
from domain.errors import QuartermasterError
from guardrails.policy import default_text

CROWD = ("paula", "lena", "farid", "fiona", "carla", "omar", "olga", "arthur", "stranger")
HOLDS = {
    "farid": {"finance"}, "fiona": {"finance"}, "carla": {"commercial"}, "omar": {"operations"}, "olga": {"operations"},
}  # fmt: skip
KNOBS = (
    ("moves-per-actor, per: actor, measure: moves, limit: ", "250", "budgets"),
    ("  horizon_days: ", "28", "triage"),
    ("  break_cost: 0.0", "2", "allocation"),
)
OWNERS = {
    "budgets": {"operations", "finance"}, "triage": {"operations"}, "allocation": {"commercial", "finance"},
}  # fmt: skip
MAY_FOLLOW = {
    None: {"proposed"},
    "proposed": {"approved", "rejected", "withdrawn", "superseded"},
    "approved": {"approved", "in force", "scheduled", "rejected", "withdrawn", "superseded"},
    "scheduled": {"in force", "rejected", "withdrawn", "superseded"},
    "in force": {"superseded"},
}


@dataclass
class Walk:
    """One walk: what was tried, what was let through, and what the application said was in force after each step."""

    app: Application
    dice: random.Random
    steps: int = 0
    let_through: int = 0
    seen: list[tuple[int, datetime, str]] = field(default_factory=list)
    """(entries in the ledger, moment, policy in force)"""

    def step(self) -> None:
        """Anybody does anything."""
        self.steps += 1
        desk, who = self.app.policies, self.dice.choice(CROWD)
        known = [change.id for change in desk.changes()] or ["PC-1"]
        change = self.dice.choice(known[-4:])
        try:
            match self.dice.randrange(8):
                case 0 | 1:
                    desk.propose(self._document(), who, "why not")
                case 2 | 3 | 4 | 5:
                    desk.approve(change, who)
                case 6:
                    (desk.reject if self.dice.random() < 0.5 else desk.withdraw)(change, who, "no")
                case _:
                    self._later()
            self.let_through += 1
        except QuartermasterError:
            pass
        self.seen.append((self.app.head().count, self.app.now, desk.in_force.id))

    def _document(self) -> str:
        text = default_text()
        for knob, value, _ in KNOBS:
            if self.dice.random() < 0.5:
                assert f"{knob}{value}" in text
                text = text.replace(f"{knob}{value}", f"{knob}{self.dice.randrange(3, 9)}")
        if self.dice.random() < 0.4:
            day = self.app.now + timedelta(days=self.dice.randrange(-2, 4))
            text = text.replace("version: 1\n", f"version: 1\neffective_from: {day:%Y-%m-%d}\n")
        return text

    def _later(self) -> None:
        clock = self.app._parts.clock
        assert isinstance(clock, FixedClock)
        clock.advance(timedelta(hours=self.dice.randrange(1, 40)))
        if self.dice.random() < 0.5:
            self.app.policies.arrive()


@dataclass
class Life:
    """What an auditor knows of one change."""

    policy: str
    by: str
    needed: set[str]
    state: str = "proposed"
    consents: list[tuple[str, str]] = field(default_factory=list)
    starts: datetime | None = None


class Auditor:
    """Reads entries in order and raises AssertionError for the first that breaks a law."""

    def __init__(self) -> None:
        self.lives: dict[str, Life] = {}
        self.first = ""
        self.line: list[tuple[datetime, str, str]] = []
        """(from when on, policy, change) of what was agreed and not taken back, in the order in which it was agreed"""

    def read(self, kind: str, actor: str, body: dict[str, Any]) -> None:
        """One entry."""
        if kind != "policy":
            return
        did = body["did"]
        if did == "began":
            assert not self.first, "an installation begins once"
            self.first = body["policy"]
            return
        life = self.lives.get(body["change"])
        assert did in MAY_FOLLOW[life.state if life else None], (did, life)
        if did == "proposed":
            parts = {part for part in OWNERS if any(one.startswith(_start(part)) for one in body["differences"])}
            needed = set().union(*(OWNERS[part] for part in parts)) or {"operations"}
            assert set(body["needed"]) == needed, (body["needed"], parts)
            self.lives[body["change"]] = Life(body["policy"], actor, needed)
            return
        assert life is not None and life.policy == body["policy"]
        if did == "approved":
            assert body["role"] in HOLDS.get(actor, set()) & life.needed, (actor, body)
            assert actor != life.by and actor not in {who for who, _ in life.consents}, "four eyes"
            assert body["role"] not in {role for _, role in life.consents}, "each role once"
            life.consents.append((actor, body["role"]))
        elif did in ("in force", "scheduled"):
            assert {role for _, role in life.consents} == life.needed, "every owner, and nobody else"
            if life.state != "scheduled":
                life.starts = datetime.fromisoformat(body["effective_from"])
                self.line.append((life.starts, life.policy, body["change"]))
        elif life.state == "scheduled":
            self.line = [one for one in self.line if one[2] != body["change"]]
        life.state = did

    def in_force(self, at: datetime) -> str:
        """What counts at a moment: the one with the latest day that has come; what was agreed last breaks a tie."""
        begun = [(starts, place, policy) for place, (starts, policy, _) in enumerate(self.line) if starts <= at]
        return max(begun)[2] if begun else self.first


def _start(part: str) -> str:
    return {"budgets": "budget ", "triage": "triage", "allocation": "allocation"}[part]
