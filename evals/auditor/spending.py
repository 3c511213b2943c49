"""Spending: no budget was passed at any moment, counted from the admissions alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from evals.accounting.books import Finding
from evals.auditor.book import Line

Spent = tuple[str, str, str, int]
"""(budget's scope, whose, measure, amount)"""


def overspent(lines: Sequence[Line]) -> Iterator[Finding]:
    """Every admission adds what it was charged, a refund takes it back; no total may pass the limit it was held to."""
    totals: Counter[tuple[str, str, str]] = Counter()
    by_move: dict[str, tuple[Spent, ...]] = {}
    for line in lines:
        if line.kind == "admission" and not line.redacted:
            _take_back(totals, by_move.pop(line.move, ()))
            charges = line.says["charges"]
            by_move[line.move] = tuple(
                (one["scope"]["kind"], one["scope"]["key"], one["measure"], one["amount"]) for one in charges
            )
            for one in charges:
                key = (one["scope"]["kind"], one["scope"]["key"], one["measure"])
                totals[key] += one["amount"]
                if totals[key] > one["limit"]:
                    yield Finding("budget", line.place, f"{one['budget']}: {totals[key]} of at most {one['limit']}")
        elif line.says.get("refunded"):
            _take_back(totals, by_move.pop(line.move, ()))


def _take_back(totals: Counter[tuple[str, str, str]], spent: tuple[Spent, ...]) -> None:
    for kind, key, measure, amount in spent:
        totals[kind, key, measure] -= amount
