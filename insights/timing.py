"""How long things take: from an exception to reserved units, and to its end."""

from __future__ import annotations

from collections.abc import Sequence

from domain.cases import CaseState
from guardrails.chain import EntryKind
from insights.numbers import ONE, Item, Number, Telling, durations, minutes, total
from insights.past import Line, Past
from storage.records import MoveState

CYCLE = (
    "time from the exception raised (its case was opened) to the last reservation of a move committed in the ERP; "
    "one measurement for each move carried out in the period that reserves units; parts: kind of exception"
)
RESOLUTION = (
    "time from the exception raised (its case was opened) to nothing of it waiting or under way any more; "
    "one measurement for each case that was done in the period; parts: kind of exception"
)
ESCALATED = Telling(
    "cases_escalated",
    "Cases left to a person",
    "cases",
    "cases that ended in the period because something of them failed or could not be planned; "
    "taken over all cases that ended; parts: kind of exception",
)


def numbers(past: Past) -> tuple[Number, ...]:
    """Allocation cycle time, exception resolution time, and the cases that need a person."""
    resolved = [_since_opening(past, line, line) for line in _over(past, CaseState.DONE, CaseState.CLOSED)]
    given_up = [_one(past, line) for line in _over(past, CaseState.ESCALATED)]
    over = len(_over(past, CaseState.DONE, CaseState.CLOSED, CaseState.ESCALATED))
    return (
        *durations("cycle_time", "Allocation cycle time", CYCLE, _cycles(past)),
        *durations("resolution_time", "Exception resolution time", RESOLUTION, [one for one in resolved if one]),
        ESCALATED.of(given_up, total, over),
    )


def _over(past: Past, *states: CaseState) -> list[Line]:
    return [line for line in past.of(EntryKind.CASE) if line.said.get("state") in states]


def _one(past: Past, line: Line) -> Item:
    return Item(past.case_kind(line.case), ONE, (line.seq,))


def _cycles(past: Past) -> list[Item]:
    found = []
    for line in carried_out(past):
        committed = _reserved(past.moves.get(line.move or "", ()))
        if committed and (item := _since_opening(past, committed[-1], committed[-1], line)):
            found.append(item)
    return found


def carried_out(past: Past) -> list[Line]:
    """The lines that closed the books on a move that was carried out in the period."""
    return [line for line in past.of(EntryKind.OUTCOME) if line.said.get("ended") == MoveState.EXECUTED]


def _reserved(lines: Sequence[Line]) -> list[Line]:
    return [
        line
        for line in lines
        if line.kind == EntryKind.OUTCOME
        and (line.said.get("operation"), line.said.get("state")) == ("erp.reserve", "done")
        and not str(line.said["key"]).endswith(":undo")
    ]


def _since_opening(past: Past, until: Line, *behind: Line) -> Item | None:
    opened = past.opening(until.case)
    if opened is None:
        return None
    return Item(past.case_kind(until.case), minutes(opened.at, until.at), past.here(opened, *behind))
