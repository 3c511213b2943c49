"""Roles in other hands: who stood in for whom, when, told from the ledger alone."""

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

    def held(self, taker: str, giver: str, role: str, line: Line) -> bool:
        """Whether `giver` had handed `role` to `taker` when `line` was written."""
        at = datetime.fromisoformat(line.at)
        return any(
            given.seq < line.seq < self._ended.get(given.says["id"], line.seq + 1)
            and (given.says["giver"], given.says["taker"], given.says["role"]) == (giver, taker, role)
            and datetime.fromisoformat(given.says["since"]) <= at < datetime.fromisoformat(given.says["until"])
            for given in self._given
        )
