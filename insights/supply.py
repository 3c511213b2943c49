"""How much of what was asked for is served, planned and reserved, and what plans are worth beside simpler rules."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from domain.customers import CreditStatus
from domain.noun import from_minor
from domain.plans import Plan
from guardrails.chain import EntryKind
from insights.numbers import Item, Number, Part, Telling, percent, seqs, total
from insights.past import Line, Past

_RUNS = (
    "over the order lines of the plans of all runs of which the last move ended in the period; parts: kind of exception"
)
_WHEN = {
    "planned": "as the plan grants it",
    "reserved": "as the lines held it when the run's last move had ended: the snapshot planned on, and every "
    "reservation made or released since, of any run",
}
_LEVELS = {
    "units": (
        "Unit fill rate",
        "units served / units open; nothing is served on hold, and no line more than it asks for",
    ),
    "lines": ("Line fill rate", "lines served whole / lines"),
    "orders": ("Order fill rate", "orders of which every line in the plan is served whole / orders"),
}
FILLS = {
    (level, basis): Telling(f"fill_{level}_{basis}", f"{title}, {basis}", "percent", f"{formula}, {when}; {_RUNS}")
    for level, (title, formula) in _LEVELS.items()
    for basis, when in _WHEN.items()
}
AGAINST = Telling(
    "value_against_fcfs",
    "Value against first come, first served",
    "percent",
    "value of the plans made in the period / value of first come, first served on the same input, added up over plans; "
    "parts: kind of exception",
)
OVER = (
    "value less that of first come, first served on the same input, added up over the first plans of cases made in the "
    "period; parts: kind of exception"
)
OF_BOUND = Telling(
    "value_of_bound",
    "Value in percent of the bound",
    "percent",
    "value of the plans made in the period / the bound that no plan inside the same ranks passes, added up over plans; "
    "parts: the plan (optimal) and simpler policies on the same input",
)


def numbers(past: Past) -> tuple[Number, ...]:
    """Fill rates, and value against first come, first served."""
    made = [line for line in past.of(EntryKind.PLAN) if line.run]
    over = _over(past)
    plans = past.plans({str(line.run) for line in made} | over.keys())
    return (*_fill_rates(past, over, plans), *_worth(past, made, plans))


@dataclass
class _Sum:
    """What was served of what was asked for, of one kind of exception, and the lines behind it."""

    part: int = 0
    whole: int = 0
    entries: list[int] = field(default_factory=list)


Sums = dict[tuple[str, str], dict[str, _Sum]]
"""(level, basis) -> kind of exception -> sum."""


def _over(past: Past) -> dict[str, tuple[Line, Line]]:
    """Runs of which the last move ended in the period: their plan's line, and their last."""
    found: dict[str, tuple[Line, Line]] = {}
    for run in past.ended({line.run for line in past.lines if line.run}):
        lines = [line for line in past.runs[run] if not (line.kind == EntryKind.DENIAL and "attempt" in line.said)]
        plan = next((line for line in lines if line.kind == EntryKind.PLAN and line.body is not None), None)
        if plan is not None and lines[-1].seq in past.seqs:
            found[run] = (plan, lines[-1])
    return found


def _fill_rates(past: Past, over: Mapping[str, tuple[Line, Line]], plans: Mapping[str, Plan]) -> list[Number]:
    placed = {run: both for run, both in over.items() if plans[run].allocations}
    facts = past.snapshots({plans[run].facts for run in placed})
    first = min((plan.seq for plan, _ in placed.values()), default=0)
    last = max((end.seq for _, end in placed.values()), default=0)
    effects = _Effects(past.effects(first, last + 1))
    sums: Sums = {key: {} for key in FILLS}
    for run in sorted(run for run in placed if plans[run].facts in facts):
        plan, end = placed[run]
        kind = past.case_kind(plan.case)
        wanted, planned = _asked(plans[run])
        kept = facts[plans[run].facts]
        held, behind = effects.held(kept, plan.seq, end.seq, wanted)
        _add(sums, "planned", kind, kept, wanted, planned, past.here(plan))
        _add(sums, "reserved", kind, kept, wanted, held, past.here(plan, *behind))
    return [_rate(telling, sums[key]) for key, telling in FILLS.items()]


def _asked(plan: Plan) -> tuple[Counter[str], Counter[str]]:
    """Units that lines ask for, and units granted to them."""
    wanted: Counter[str] = Counter()
    planned: Counter[str] = Counter()
    for allocation in plan.allocations:
        for grant in allocation.grants:
            planned[grant.line] += grant.quantity
        for short in allocation.shortages:
            wanted[short.line] += short.units
    wanted.update(planned)
    return wanted, planned


class _Effects:
    """Reservations made and released, in the order of the ledger."""

    def __init__(self, lines: Sequence[Line]) -> None:
        intents = {line.said["key"]: line.said["body"] for line in lines if line.kind == EntryKind.INTENT and line.body}
        self._done = [
            (line, intents[line.said["key"]])
            for line in lines
            if line.kind == EntryKind.OUTCOME and line.said.get("state") == "done" and line.said["key"] in intents
        ]
        self._seqs = [line.seq for line, _ in self._done]

    def held(
        self, kept: Mapping[str, Any], after: int, upto: int, wanted: Mapping[str, int]
    ) -> tuple[Counter[str], list[Line]]:
        """Units each wanted line holds at `upto`: those of a snapshot and what was done since; and what did it."""
        held: Counter[str] = Counter()
        for reservation in kept["reservations"]:
            held[str(reservation["line"])] += int(reservation["quantity"])
        behind = []
        for line, action in self._done[bisect_left(self._seqs, after) : bisect_left(self._seqs, upto + 1)]:
            key, units = _change(action)
            if units and key in wanted:
                held[key] += units
                behind.append(line)
        return held, behind


def _change(action: Mapping[str, Any]) -> tuple[str, int]:
    """The line an action changes and by how many units; an undo changes it back."""
    back = -1 if "undo" in action else 1
    done = action.get("undo", action)
    way = {"reserve": 1, "substitute": 1, "release_reservation": -1}.get(done.get("kind"), 0)
    return str(done.get("line", "")), back * way * int(done.get("quantity", 0))


def _add(
    sums: Sums,
    basis: str,
    kind: str,
    kept: Mapping[str, Any],
    wanted: Mapping[str, int],
    got: Mapping[str, int],
    behind: tuple[int, ...],
) -> None:
    for level in _LEVELS:
        sums[level, basis].setdefault(kind, _Sum()).entries.extend(behind)
    stopped = {one["id"] for one in kept["customers"] if one["credit"]["status"] == CreditStatus.HOLD}
    for order in kept["orders"]:
        lines = [line["id"] for line in order["lines"] if line["id"] in wanted]
        ships = not order["holds"] and order["customer"] not in stopped
        served = [min(got.get(line, 0), wanted[line]) if ships else 0 for line in lines]
        whole = [units == wanted[line] for line, units in zip(lines, served, strict=True)]
        for level, part, of in (
            ("units", sum(served), sum(wanted[line] for line in lines)),
            ("lines", sum(whole), len(lines)),
            ("orders", int(bool(lines) and all(whole)), int(bool(lines))),
        ):
            sums[level, basis][kind].part += part
            sums[level, basis][kind].whole += of


def _rate(telling: Telling, sums: Mapping[str, _Sum]) -> Number:
    part, whole = sum(one.part for one in sums.values()), sum(one.whole for one in sums.values())
    parts = [
        Part(label=kind, value=percent(one.part, one.whole), count=one.whole, entries=seqs(one.entries))
        for kind, one in sorted(sums.items())
        if one.whole
    ]
    entries = (seq for one in sums.values() for seq in one.entries)
    return telling.number(percent(part, whole), whole, entries if whole else (), parts)


def _worth(past: Past, made: Sequence[Line], plans: Mapping[str, Plan]) -> list[Number]:
    """Ours, first come first served, the bound and the other policies, of every plan that shares something out."""
    rows = [(line, _values(plans[str(line.run)])) for line in made if plans[str(line.run)].allocations]
    rows = [(line, values) for line, values in rows if "fcfs" in values]
    behind = [line.seq for line, _ in rows]
    first = [
        Item(past.case_kind(line.case), from_minor(values["optimal"] - values["fcfs"]), (line.seq,))
        for line, values in rows
        if line.said["revision"] == 1
    ]
    over = Telling("value_over_fcfs", "Value over first come, first served", _currency(past, rows), OVER)
    policies = sorted({name for _, values in rows for name in values} - {"bound"})
    return (
        [
            _ratio(AGAINST, rows, "fcfs", [(kind, "optimal", some) for kind, some in _by_kind(past, rows)]),
            over.of(first, total),
            _ratio(OF_BOUND, rows, "bound", [(name, name, rows) for name in policies]),
        ]
        if rows
        else [AGAINST.number(None, 0, behind), over.of(first, total), OF_BOUND.number(None, 0, behind)]
    )


Rows = list[tuple[Line, dict[str, int]]]


def _values(plan: Plan) -> dict[str, int]:
    """Value in minor units by policy, "optimal" being the plan, and the bound, over its allocations."""
    found: Counter[str] = Counter()
    for allocation in plan.allocations:
        found.update({kpis.policy: kpis.value for kpis in allocation.kpis if kpis.policy != "optimal"})
        found["optimal"] += allocation.value
        found["bound"] += allocation.bound
    return dict(found)


def _by_kind(past: Past, rows: Rows) -> list[tuple[str, Rows]]:
    kinds = sorted({past.case_kind(line.case) for line, _ in rows})
    return [(kind, [row for row in rows if past.case_kind(row[0].case) == kind]) for kind in kinds]


def _ratio(telling: Telling, rows: Rows, under: str, parts: Sequence[tuple[str, str, Rows]]) -> Number:
    def value(name: str, some: Rows) -> Decimal | None:
        return percent(sum(values.get(name, 0) for _, values in some), sum(values[under] for _, values in some))

    told = [
        Part(label=label, value=value(name, some), count=len(some), entries=seqs(line.seq for line, _ in some))
        for label, name, some in parts
    ]
    whole = value("optimal", rows)
    return telling.number(whole, len(rows) if whole is not None else 0, [line.seq for line, _ in rows], told)


def _currency(past: Past, rows: Rows) -> str:
    ids = sorted({str(line.said["facts"]) for line, _ in rows})[:1]
    return next((str(kept["base_currency"]) for kept in past.snapshots(ids).values()), "base currency")
