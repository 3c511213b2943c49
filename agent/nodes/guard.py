"""Guard: policy judges every move of the plan; verdicts, approvals, claims and the ledger are written together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from agent.casework.lapse import call_off
from agent.casework.pending import FREE_TO_GO, waits_for_others
from agent.casework.services import Services
from agent.nodes.act import ACT_VERSION, Task
from domain.cases import Case
from domain.facts import Facts
from domain.plans import Move, Plan
from domain.verdicts import Outcome, Verdict
from guardrails import asking, claims, demoting, weighing
from guardrails.autonomy import level
from guardrails.chain import EntryKind
from guardrails.demotions import Demotion
from guardrails.ledger import grounds
from guardrails.overrides import kinds
from guardrails.subject import describe
from guardrails.verdict import judged
from storage import approvals, cases, moves, observations, plans, run_events, runs, snapshots
from storage.database import Session
from storage.records import ApprovalState, MoveRecord, MoveState, Run

STANDS = frozenset({MoveState.WAITING, MoveState.APPROVED})


@dataclass
class _Desk:
    """What is at hand while one plan is judged."""

    services: Services
    session: Session
    run: Run
    case: Case
    plan: Plan
    facts: Facts
    waiting: dict[str, MoveRecord]
    """Moves of earlier revisions that still wait, by substance."""
    states: dict[str, MoveState] = field(default_factory=dict)
    carried: dict[str, str] = field(default_factory=dict)
    demotions: tuple[Demotion, ...] = ()
    levels: dict[str, str] = field(default_factory=dict)


def guard(services: Services, run_id: str, facts_id: str) -> list[Task]:
    """A task per move of the run's plan. Done again after a crash it answers from what was written."""
    with services.database.write() as session:
        run = runs.get(session, run_id, lock=True)
        if not moves.listed(session, run=run_id):
            _judge_plan(services, session, run, facts_id)
        return [_task(session, record) for record in moves.listed(session, run=run_id)]


def _judge_plan(services: Services, session: Session, run: Run, facts_id: str) -> None:
    plan = plans.load(session, run.case, run.revision)
    facts = snapshots.get(session, facts_id)
    case = cases.get(session, run.case)
    before = moves.listed(session, {MoveState.WAITING}, case=run.case)
    desk = _Desk(services, session, run, case, plan, facts, {record.move.substance: record for record in before})
    if run.kind != "question" or plan.moves:
        _record_plan(desk)
    if plan.moves:
        now = services.now()
        demoting.demote_if_stale(session, services.ledger, services.policy, facts, now, run.actor)
    desk.demotions = demoting.active(session)
    fresh = {move.id for move in plan.moves if move.substance not in desk.waiting}
    kept = {desk.waiting[move.substance].id for move in plan.moves if move.id not in fresh}
    held_up = [r for r in moves.listed(session, FREE_TO_GO, case=run.case) if waits_for_others(session, r)]
    for record in (*before, *held_up):
        if record.id not in kept:
            call_off(services, session, record, MoveState.SUPERSEDED, f"replaced by revision {run.revision}")
    still = {record.id for record in moves.listed(session, {MoveState.WAITING}, case=run.case)}
    desk.waiting = {substance: record for substance, record in desk.waiting.items() if record.id in still}
    for position, move in enumerate(plan.moves):
        _judge_move(desk, position, move)
    if run.revision > 1:
        _record_difference(desk, before, kept)
    if plan.moves:
        _record_outcome(desk)
    if run.kind != "command" and any(found != "act" for found in desk.levels.values()):
        _observe(desk)


def _judge_move(desk: _Desk, position: int, move: Move) -> None:
    session, run = desk.session, desk.run
    record = MoveRecord(move=move, case=run.case, run=run.id, revision=run.revision, position=position)
    subject, policy = describe(move, desk.facts, desk.case), desk.services.policy
    desk.levels[move.id] = level(subject, policy, desk.demotions)
    if old := desk.waiting.get(move.substance):
        reason = f"unchanged: {old.id} goes on waiting with its approval"
        moves.propose(session, record.model_copy(update={"state": MoveState.SUPERSEDED, "reason": reason}))
        desk.states[move.id], desk.carried[move.id] = MoveState.WAITING, old.id
        return
    override = weighing.of_plan(move, desk.plan, run.request, desk.facts, run.actor, policy)
    verdict = judged(subject, policy, override, desk.demotions)
    record = record.model_copy(update={"verdict": verdict})
    moves.propose(session, record)
    state, reason = _state(desk, record, verdict)
    moves.advance(session, move.id, {MoveState.PROPOSED}, state, reason)
    desk.states[move.id] = state
    body = {
        "outcome": verdict.outcome,
        "roles": verdict.roles,
        "four_eyes": verdict.four_eyes,
        "state": state,
        "why": reason,
        "substance": move.substance,
        "move": move,
        **_grounds(desk, policy=verdict.policy, evidence=move.evidence, reasons=verdict.reasons),
    }
    _write(desk, EntryKind.DECISION if state in STANDS else EntryKind.DENIAL, body, move.id)
    if override is not None:
        _write(desk, EntryKind.OVERRIDE, override.body(kinds(subject, override)), move.id, by=run.actor)


def _state(desk: _Desk, record: MoveRecord, verdict: Verdict) -> tuple[MoveState, str]:
    """Where a judged move goes, and why: its needs and its claims can still stop what policy allows."""
    if verdict.outcome is Outcome.DENY:
        return MoveState.DENIED, " ".join(r.text for r in verdict.reasons if r.outcome is Outcome.DENY)[:4000]
    for need in record.move.needs:
        if desk.states.get(need) not in STANDS:
            return MoveState.CANCELLED, f"needs {need}, which is {desk.states.get(need, 'not there')}"
    services, session = desk.services, desk.session
    if verdict.outcome is Outcome.APPROVAL:
        asked = services.approvals.ask(session, record, verdict, desk.facts, asked_by=desk.run.request.by)
        short, waits = asked.short, f"waits for {', then '.join(verdict.roles)}"
    else:
        held = _claim(desk, record.move)
        short, waits = held.short, ""
    if short:
        return MoveState.CANCELLED, short
    return (MoveState.WAITING, waits) if waits else (MoveState.APPROVED, "allowed by policy")


def _claim(desk: _Desk, move: Move) -> claims.Held:
    """The units of an allowed move, held until it is carried out."""
    now, waiting = desk.services.now(), desk.services.policy.waiting
    held = claims.hold(
        desk.session,
        move,
        desk.run.case,
        desk.facts,
        now=now,
        expires_at=now + waiting.span,
        displaceable=waiting.displaceable,
    )
    asking.supersede(desk.session, desk.services.ledger, held.displaced, move.id, now)
    return held


def _observe(desk: _Desk) -> None:
    """Have the plan compared with what people do, when somebody besides us decides what is done. What a person has
    ordered or takes back is their plan, and says nothing of ours."""
    now = desk.services.now()
    due = now + timedelta(minutes=int(desk.services.policy.autonomy.compare_after.number))
    run = desk.run
    skus = cases.get(desk.session, run.case).scope.skus
    observations.note(desk.session, run.id, run.case, run.revision, desk.levels, skus, now, due)


def _record_plan(desk: _Desk) -> None:
    plan = desk.plan
    body = {
        "revision": plan.revision,
        "digest": plans.plan_digest(plan),
        "engine": plan.engine,
        "fallback": desk.run.fallback,
        "moves": len(plan.moves),
        "summary": plan.summary,
        "events": [f"{event.source}/{event.id}" for event in desk.run.request.events],
        **_grounds(desk),
    }
    _write(desk, EntryKind.PLAN, body)


def _record_difference(desk: _Desk, before: tuple[MoveRecord, ...], kept: set[str]) -> None:
    """What this revision keeps, drops and adds, and what was refused, as a run event for those who watch."""
    refused = [moves.get(desk.session, item.move) for item in desk.run.request.rejected]
    body = {
        "revision": desk.run.revision,
        "refused": [{"move": r.id, "title": r.move.title, "why": r.reason} for r in refused],
        "kept": sorted(kept),
        "dropped": [{"move": r.id, "title": r.move.title} for r in before if r.id not in kept],
        "added": [{"move": m.id, "title": m.title} for m in desk.plan.moves if m.id not in desk.carried],
        "same_as": desk.carried,
    }
    run_events.append(desk.session, desk.run.id, desk.services.now(), "difference", body)


def _record_outcome(desk: _Desk) -> None:
    """How many moves may go, wait for people or were stopped, as a run event for those who watch."""
    states = Counter(state.value for state in desk.states.values())
    run_events.append(desk.session, desk.run.id, desk.services.now(), "guard", {"states": dict(sorted(states.items()))})


def _grounds(desk: _Desk, **more: object) -> dict[str, object]:
    plan = desk.plan
    said = {"policy": plan.policy, "planner": plan.planner, "facts": plan.facts, **more}
    return grounds(**said)  # type: ignore[arg-type]


def _write(desk: _Desk, kind: EntryKind, body: dict[str, object], move: str | None = None, by: str = "copilot") -> None:
    run = desk.run
    at = desk.services.now()
    desk.services.ledger.append(desk.session, kind, by, at, body, case=run.case, run=run.id, move=move)


def _task(session: Session, record: MoveRecord) -> Task:
    asked = approvals.listed(session, {ApprovalState.PENDING}, move=record.id)
    waits = record.state is MoveState.WAITING
    return Task(
        version=ACT_VERSION,
        run=record.run,
        move=record.id,
        waits=waits,
        approvals=[approval.id for approval in asked],
        shown=asked[0].shown if asked else "",
    )
