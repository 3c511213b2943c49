"""What the case of an event is worth in a hurry: its latest plan says what is at stake, and from when it costs."""

from __future__ import annotations

from decimal import Decimal

from domain.calendar import end_of
from domain.facts import Facts
from domain.plans import Plan
from storage import cases
from storage.database import Session
from storage.records import Run


def stake(session: Session, run: Run, plan: Plan, facts: Facts) -> None:
    """Note on the case of an event: value at stake, the sum over the moves of its plan; deadline, the end of the first
    day (UTC) on which a line that the plan moves or leaves short is due. What triage found has its own."""
    if run.kind != "event":
        return
    touched = {effect.line for move in plan.moves for effect in move.effects}
    touched |= {shortage.line for shortage in plan.shortages}
    due = [facts.line(line).due for line in sorted(touched) if facts.has("line", line)]
    value = sum((move.value_at_stake for move in plan.moves), Decimal("0.00"))
    case = cases.get(session, run.case, lock=True)
    changes = {"value_at_stake": value, "deadline": end_of(min(due)) if due else None}
    cases.save(session, case.model_copy(update=changes))
