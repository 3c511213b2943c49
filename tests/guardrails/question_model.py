"""The judge of the questions: what may happen to one, worked out anew from raw rows and plain tables.

It shares no code with what it judges: roles, limits and who escalates to whom stand here in figures, rows are read with
SQL, and whoever decides is looked up in the judge's own book of people, delegations and absences.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

ABOVE = {
    "planner": "lead",
    "lead": "operations",
    "finance": "operations",
    "commercial": "operations",
    "warehouse_manager": "operations",
    "operations": None,
}
CONFIRMS = {"planner", "lead", "warehouse_manager", "operations"}
FINAL = {"approved", "rejected", "expired", "superseded", "cancelled"}
LONGEST_SNOOZE = timedelta(hours=8)


@dataclass
class Person:
    """Somebody: own roles, each with (value limit, units limit, sites) of the grant; None and () are no limit."""

    roles: dict[str, tuple[int | None, int | None, tuple[str, ...]]]
    active: bool = True
    service: bool = False


@dataclass
class Handed:
    """A role in other hands."""

    giver: str
    taker: str
    role: str
    since: datetime
    until: datetime
    ended: datetime | None = None

    def good(self, at: datetime) -> bool:
        return self.since <= at < self.until and (self.ended is None or at < self.ended)


@dataclass
class Book:
    """What the judge knows of people at a moment, and the limits of roles in force."""

    people: dict[str, Person]
    limits: dict[str, tuple[int | None, int | None]]
    handed: dict[str, Handed] = field(default_factory=dict)
    away: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)

    def powers(self, user: str, at: datetime) -> list[tuple[str, str | None, tuple]]:
        """(role, in whose name, limits of the grant), own ones first."""
        person = self.people.get(user)
        if person is None or not person.active or person.service:
            return []
        found: list[tuple[str, str | None, tuple]] = [(role, None, grant) for role, grant in person.roles.items()]
        for one in self.handed.values():
            giver = self.people[one.giver]
            if one.taker == user and one.good(at) and giver.active and one.role in giver.roles:
                found.append((one.role, one.giver, giver.roles[one.role]))
        return found

    def may_decide(self, user: str, row: dict, size: tuple, raised_by: str, at: datetime) -> list[str | None]:
        """In whose names `user` may decide the question (None: their own), the first that counts first."""
        value, units, sites = size
        parties = {row["asked_by"], raised_by, *json.loads(row["edited_by"])}
        good = []
        for role, name, (most, many, where) in self.powers(user, at):
            top, number = self.limits.get(role, (None, None))
            inside = (
                role in row["role"].split("/")
                and (top is None or value <= top)
                and (number is None or units <= number)
                and (most is None or value <= most)
                and (many is None or units <= many)
                and (not where or set(sites) <= set(where))
            )
            blind = row["four_eyes"] and (user in parties or name in parties)
            own = user == row["asked_by"]
            if own and (name is not None or role not in CONFIRMS):
                continue
            if name == row["asked_by"] and role not in CONFIRMS:
                continue
            if inside and not blind:
                good.append(name)
        return good

    def is_away(self, user: str, at: datetime) -> bool:
        since, until = self.away.get(user, (at, at))
        return since <= at < until


def up(role: str) -> set[str]:
    """The roles of a question and all above them."""
    found: set[str] = set()
    for name in role.split("/"):
        above: str | None = name
        while above is not None:
            found.add(above)
            above = ABOVE[above]
    return found


class Rows:
    """Raw rows of the database file."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(next(folder.glob("migrated*.db")))
        self._connection.row_factory = sqlite3.Row

    def questions(self) -> dict[str, dict]:
        return {row["id"]: _times(dict(row)) for row in self._connection.execute("SELECT * FROM approvals")}

    def moves(self) -> dict[str, str]:
        return {row["id"]: row["state"] for row in self._connection.execute("SELECT id, state FROM moves")}

    def steps(self) -> list[dict]:
        return [_times(dict(row)) for row in self._connection.execute("SELECT * FROM approval_steps ORDER BY number")]

    def close(self) -> None:
        self._connection.close()


def _times(row: dict) -> dict:
    for name in ("created_at", "expires_at", "decided_at", "at"):
        if row.get(name):
            row[name] = datetime.fromisoformat(row[name])
    return row


def check_change(before: dict[str, dict], after: dict[str, dict], verb: str) -> None:
    """Between two looks at the rows, under one verb: what is final stays as it is, and only what the verb may do was
    done."""
    allowed = {
        "approve": {"approved"},
        "reject": {"rejected", "cancelled"},
        "edit": {"approved", "superseded"},
        "remind": set(),
        "expire": {"expired", "cancelled"},
        "propose": {"superseded", "cancelled"},
        "batch": {"approved", "rejected", "cancelled"},
    }.get(verb, set())
    assert before.keys() <= after.keys(), "no question is forgotten"
    for key, row in after.items():
        old = before.get(key)
        if old is None:
            assert row["state"] == "pending" or verb == "edit", f"{key} began {row['state']}"
            continue
        if old["state"] in FINAL:
            assert row == old, f"{key} was final and changed under {verb}"
        elif row["state"] != "pending":
            assert row["state"] in allowed, f"{verb} made {key} {row['state']}"
            assert row["decided_at"] is not None
        if row["state"] == "approved":
            assert row["decided_at"] < row["expires_at"], f"{key} was approved too late"
        if row["role"] != old["role"] and verb == "remind":
            assert row["role"].startswith(old["role"] + "/") and up(row["role"]) == up(old["role"])


def check_executable(questions: dict[str, dict], moves: dict[str, str], asked: Iterable[str]) -> None:
    """A move that was asked about and may go has an approval of every role asked, for what it shows now."""
    for move in asked:
        if moves[move] != "approved":
            continue
        mine = [row for row in questions.values() if row["move"] == move]
        assert not [row for row in mine if row["state"] in ("pending", "rejected")], f"{move} goes without an answer"
        live = [row for row in mine if row["state"] == "approved"]
        if live:
            newest = max(live, key=lambda row: (row["decided_at"], row["number"]))["shown"]
            round_ = [row for row in mine if row["shown"] == newest]
            for row in round_:
                later = [one for one in live if row["decided_at"] <= one["created_at"]]
                assert row["state"] in ("approved", "superseded") or (row["state"] == "expired" and later), move
        else:
            left = {row["state"] for row in mine}
            assert "superseded" in left <= {"superseded", "expired"}, f"{move} goes without any approval"
