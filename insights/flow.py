"""How cases really go: which step directly follows which, how often, and after how long; read from the ledger alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from domain.noun import Noun, Text
from guardrails.chain import EntryKind
from insights.numbers import median, minutes
from insights.past import Line, Past, read
from storage.database import Session
from storage.records import MoveState

WHOLE = {
    EntryKind.PLAN: "planned",
    EntryKind.OVERRIDE: "edited",
    EntryKind.ADMISSION: "admitted",
    EntryKind.DENIAL: "refused",
    EntryKind.REDACTION: "redacted",
}
"""Entries that are one step, whatever they say. Single writes to other systems are no steps of a case."""
FORMULA = (
    "per case, in the order of the ledger: how often one step directly follows another, and the median time between "
    "them; a pair belongs to the period in which its second step lies"
)


class Edge(Noun):
    """`after` directly followed `before` so many times; `median`: minutes between them; `entries`: the second steps."""

    before: Text
    after: Text
    count: int
    median: Decimal
    entries: tuple[int, ...]


class Flow(Noun):
    """The directly-follows graph of a period. `steps`: how often each step was taken; most frequent edges first."""

    since: datetime | None
    until: datetime | None
    formula: Text = FORMULA
    steps: tuple[tuple[Text, int], ...]
    edges: tuple[Edge, ...]


def discover(session: Session, now: datetime, since: datetime | None = None, until: datetime | None = None) -> Flow:
    """The flow of all cases in the period from `since` (in it) to `until` (not in it). Redacted entries are skipped."""
    past = read(session, since, until, now)
    steps = Counter(name for line in past.lines if line.case and (name := step(line)))
    found: dict[tuple[str, str], list[tuple[Decimal, int]]] = {}
    for before, after in _pairs(past):
        if after.seq in past.seqs:
            found.setdefault((step(before), step(after)), []).append((minutes(before.at, after.at), after.seq))
    edges = [_edge(before, after, times) for (before, after), times in found.items()]
    return Flow(
        since=since,
        until=until,
        steps=tuple(sorted(steps.items())),
        edges=tuple(sorted(edges, key=lambda edge: (-edge.count, edge.before, edge.after))),
    )


def _edge(before: str, after: str, times: list[tuple[Decimal, int]]) -> Edge:
    middle = median([time for time, _ in times])
    assert middle is not None  # an edge was seen at least once
    return Edge(before=before, after=after, count=len(times), median=middle, entries=tuple(sorted(s for _, s in times)))


def _pairs(past: Past) -> Iterator[tuple[Line, Line]]:
    """Steps of each case and the step directly before them."""
    for case in sorted(past.cases):
        before: Line | None = None
        for line in past.cases[case]:
            if not step(line):
                continue
            if before is not None:
                yield before, line
            before = line


def step(line: Line) -> str:
    """The step of a case that a line is; "" when it is none, or was redacted."""
    said = line.body
    if said is None:
        return ""
    match line.kind:
        case EntryKind.CASE:
            return f"case {said.get('did') or said.get('state', '')}".strip()
        case EntryKind.DECISION:
            return "asked" if said["state"] == MoveState.WAITING else "allowed"
        case EntryKind.APPROVAL:
            return str(said["decision"])
        case EntryKind.EXPIRY if said["what"] != "approval":
            return "withdrawn"
        case EntryKind.EXPIRY:
            return "escalated" if "escalated_to" in said else "expired"
        case EntryKind.OUTCOME:
            ended = str(said.get("ended", ""))
            return "carried out" if ended == MoveState.EXECUTED else ended
    return WHOLE.get(EntryKind(line.kind), "")
