"""Whose word counted when: who stood in for whom, and whose powers were ended, told from the ledger alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from evals.auditor.book import Line


class Hands:
    """Every delegation of an export, to be asked whether it held."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._given = [line for line in lines if line.kind == "authority" and line.says.get("authority") == "delegated"]
        self._ended = {
            line.says.get("id"): line.seq
            for line in lines
            if line.kind == "authority" and line.says.get("authority") == "delegation ended"
        }
        self._turns = [line for line in lines if line.kind == "identity" and not line.redacted]

    def gone(self, user: str, line: Line) -> bool:
        """Whether this user's powers were ended when `line` was written."""
        turns = [one for one in self._turns if one.says["user"] == user and one.seq < line.seq]
        return bool(turns) and turns[-1].says["did"] == "deactivated"

    def voided(self, user: str, since: Line, line: Line) -> bool:
        """Whether this user's powers were ended between two lines, whether or not they came back."""
        return any(
            one.says["user"] == user and one.says["did"] == "deactivated" and since.seq < one.seq < line.seq
            for one in self._turns
        )

    def held(self, taker: str, giver: str, role: str, line: Line) -> bool:
        """Whether `giver` had handed `role` to `taker` when `line` was written."""
        at = datetime.fromisoformat(line.at)
        return any(
            not (self.voided(giver, given, line) or self.voided(taker, given, line))
            and given.seq < line.seq < self._ended.get(given.says["id"], line.seq + 1)
            and (given.says["giver"], given.says["taker"], given.says["role"]) == (giver, taker, role)
            and datetime.fromisoformat(given.says["since"]) <= at < datetime.fromisoformat(given.says["until"])
            for given in self._given
        )
