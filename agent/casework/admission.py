"""Runs are admitted as a row before anything else happens: the first of a case, and the next revision of one."""

from __future__ import annotations

from datetime import timedelta

from agent.casework.pending import under_way
from agent.casework.services import Services
from domain.cases import Case, CaseState
from domain.requests import RejectedMove, Request
from guardrails.chain import EntryKind
from storage import cases, counters, moves, plans, run_events, runs
from storage.database import Session
from storage.records import MoveRecord, MoveState, Run, RunState

DOING = frozenset({MoveState.APPROVED, MoveState.READY, MoveState.EXECUTING, MoveState.PARKED, MoveState.EXECUTED})
"""States of a move that is or will be carried out."""
MOST_REVISIONS = 12
"""A case that was planned so often without coming to an end is for a person."""
UNDO = "undo"
"""The kind of a case that takes a move back."""
UNDONE_FOR = timedelta(days=7)
"""How long what somebody has taken back is not planned anew unasked."""


def admit(session: Session, request: Request, services: Services, actor: str) -> str:
    """Record a run before anything else happens; its id. What was undone lately is as if refused."""
    if request.kind in ("event", "sweep"):
        known = {item.move for item in request.rejected}
        fresh = tuple(item for item in undone_lately(session, request) if item.move not in known)
        request = request.model_copy(update={"rejected": (*request.rejected, *fresh)})
    run = Run(
        id=counters.next_id(session, "run"),
        case=request.case,
        kind=request.kind,
        revision=request.revision,
        request=request,
        actor=actor,
        created_at=services.now(),
    )
    runs.admit(session, run)
    return run.id


def next_revision(session: Session, case: str) -> int:
    """The revision after every one planned or admitted so far."""
    admitted = max((run.revision for run in runs.listed(session, case=case)), default=0)
    planned = max((record.revision for record in plans.of_case(session, case)), default=0)
    return max(admitted, planned) + 1


def rejected_so_far(session: Session, case: str) -> tuple[RejectedMove, ...]:
    """What people refused in earlier revisions of a case; it is never proposed again."""
    known = runs.listed(session, case=case)
    return known[-1].request.rejected if known else ()


def undone_lately(session: Session, request: Request) -> tuple[RejectedMove, ...]:
    """Moves of the SKUs of a request that somebody has taken back in the last days: nobody plans them anew unasked."""
    undone: dict[str, tuple[str, Case]] = {}
    for case in cases.listed(session, kind=UNDO):
        if case.opened_at >= request.now - UNDONE_FOR:
            for record in moves.listed(session, {MoveState.EXECUTED}, case=case.id):
                undone[case.events[0].removeprefix("undo:")] = (record.id, case)
    found = []
    for key, (by, case) in undone.items():
        if by not in undone and set(case.scope.skus) & set(request.scope.skus):
            found.append(refusal(moves.get(session, key), case.raised_by, f"undone by {by}"))
    return tuple(found)


def done_so_far(session: Session, case: str) -> tuple[str, ...]:
    """Substances of the moves of a case that were carried out or are being carried out."""
    return tuple(sorted({record.move.substance for record in under_way(session, DOING, case)}))


def revise(session: Session, services: Services, case: str, why: str, rejected: RejectedMove | None = None) -> str:
    """Admit the next revision of a case; its run. One that is admitted and not started yet takes the refusal on.

    A case that was planned too often is escalated instead.
    """
    last = runs.listed(session, case=case)[-1]
    if last.revision >= MOST_REVISIONS and last.state is not RunState.ADMITTED:
        _give_up(session, services, case, why)
        return last.id
    refused = last.request.rejected if rejected is None else (*last.request.rejected, rejected)
    if last.state is RunState.ADMITTED:
        run = last.id
        runs.record(session, run, request=last.request.model_copy(update={"rejected": refused}))
    else:
        update = {
            "revision": next_revision(session, case),
            "now": services.now(),
            "rejected": refused,
            "done": done_so_far(session, case),
        }
        run = admit(session, last.request.model_copy(update=update), services, last.actor)
    run_events.append(session, run, services.now(), "revise", {"why": why})
    return run


def _give_up(session: Session, services: Services, case: str, why: str) -> None:
    now = services.now()
    if cases.advance(session, case, {CaseState.OPEN, CaseState.WAITING}, CaseState.ESCALATED, now):
        text = f"planned {MOST_REVISIONS} times; the last reason was: {why}"
        body = {"state": CaseState.ESCALATED, "why": text[:4000]}
        services.ledger.append(session, EntryKind.CASE, "copilot", now, body, case=case)


def refusal(record: MoveRecord, by: str, reason: str) -> RejectedMove:
    """What the planner must know of a refused move: who keeps which units, and who has to be served otherwise.

    A line that gains, or gets its units sooner, is a winner; what it would have given up for that is not locked.
    """
    move = record.move
    winners = {effect.line for effect in move.effects if effect.units > 0 or (effect.units == 0 and effect.sooner > 0)}
    return RejectedMove(
        move=move.id,
        kind=move.kind,
        by=by,
        reason=reason,
        substance=move.substance,
        winners=tuple(sorted(winners)),
        keeps=tuple(
            (action.line, action.site, action.inbound or "", action.quantity)
            for action in move.actions
            if action.kind == "release_reservation" and action.line not in winners
        ),
    )
