"""Look at what people did with the shortages that were only planned for, once it is time, and keep what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.canonical import canonical_json
from domain.errors import DependencyDown
from domain.facts import Facts
from domain.verdicts import Outcome
from guardrails.chain import EntryKind
from guardrails.policy.autonomy import LEVELS
from guardrails.touched import touched
from insights.agreement import tally
from insights.compared import Compared, compare_moves
from storage import cases, moves, observations, plans, runs, snapshots
from storage.database import Session
from storage.observations import Observation
from storage.records import MoveRecord

if TYPE_CHECKING:
    from agent.runtime.compose import Parts

HELD_BACK = frozenset({"autonomy", "pilot", "read-only"})
"""Reasons that deny a move only because nothing is to be written there; any other would have stopped it anyway."""


def look(parts: Parts) -> int:
    """Compare every plan whose time has come with what the systems say now; how many that were.

    A system that is silent puts it off. Two processes that look at once keep one finding.
    """
    now = parts.clock.now()
    with parts.database.read() as session:
        due = observations.due(session, now)
        skus = sorted({sku for one in due for sku in one.skus})
    if not due:
        return 0
    try:
        later = parts.fresh(skus)
    except DependencyDown:
        return 0
    count = 0
    with parts.database.write() as session:
        parts.ledger.hold(session)
        snapshots.put(session, later)
        for one in due:
            found = _compared(session, one, later)
            if observations.settle(session, one.run, now, later.id, canonical_json(found)):
                body = {"compared": tally([found]), "facts": list(found.facts), "policy": found.policy}
                parts.ledger.append(session, EntryKind.AUTONOMY, "copilot", now, body, case=one.case, run=one.run)
                count += 1
    return count


def seen(found: tuple[Observation, ...]) -> tuple[Compared, ...]:
    """The comparisons as they were kept."""
    return tuple(Compared.model_validate_json(one.body) for one in found if one.body is not None)


def _compared(session: Session, one: Observation, later: Facts) -> Compared:
    case, run, plan = (
        cases.get(session, one.case),
        runs.get(session, one.run),
        plans.load(session, one.case, one.revision),
    )
    then = snapshots.get(session, plan.facts)
    records = {record.id: record for record in moves.listed(session, run=one.run)}
    levels = {move: LEVELS[LEVELS.index(name)] for move, name in one.levels}
    ours = [move for move in plan.moves if move.id in levels and set(touched(move, then).skus) <= set(one.skus)]
    wanted = [move for move in ours if _would_go(records[move.id])]
    lines, compared = compare_moves(
        wanted,
        {move.id: levels[move.id] for move in wanted},
        case,
        then,
        later,
        run.request.rates,
        one.skus,
    )
    return Compared(
        case=case.id,
        run=run.id,
        case_kind=case.kind,
        planned_at=one.planned_at,
        looked_at=later.taken_at,
        currency=then.base_currency,
        facts=(then.id, later.id),
        policy=plan.policy,
        lines=lines,
        moves=compared,
        left_out=len(ours) - len(wanted),
    )


def _would_go(record: MoveRecord) -> bool:
    """Whether nothing but the level, the pilot or read-only mode kept a move from people or the gate. One that was not
    judged again goes on waiting from an earlier revision."""
    verdict = record.verdict
    if verdict is None:
        return True
    return all(reason.rule in HELD_BACK for reason in verdict.reasons if reason.outcome is Outcome.DENY)
