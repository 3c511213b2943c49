"""An accepted offer becomes a case and a run of its own: once, for the one it was made to, and only right after.

The planner says that an offer was accepted; what it says is checked here against the record, in the transaction that
keeps the plan: a planner, a model or a forged history cannot start a run that nobody was offered.
"""

from __future__ import annotations

from agent.casework.admission import admit
from agent.casework.opening import open_case
from agent.casework.services import Services
from domain.plans import Plan
from domain.requests import Offer, Request
from storage import conversations, counters, plans, run_events, runs
from storage.database import Session
from storage.records import Run

KIND = "request"
"""The kind of a case that a person asked for."""


def commission(session: Session, services: Services, run: Run, plan: Plan) -> str | None:
    """Admit the run that carries out what `plan` says was accepted; None when nothing was, or it is refused.

    A refusal and the new run are told as a run event `follow` of the question's run.
    """
    accepted = plan.answer.accepted if plan.answer is not None else None
    if accepted is None:
        return None
    refusal = _refusal(session, services, run, accepted)
    if refusal:
        run_events.append(session, run.id, services.now(), "follow", {"run": None, "why": refusal})
        return None
    title = f"{accepted.tool.replace('_', ' ').capitalize()}: {accepted.text}"[:200]
    case = open_case(session, services, KIND, title, run.actor, accepted.scope, (f"offer:{_before(run)}",))
    request = Request(
        case=case.id,
        case_kind=case.kind,
        revision=1,
        kind="command",
        now=services.now(),
        by=run.actor,
        scope=accepted.scope,
        rates=services.policy.rates,
        commission=accepted,
    )
    follow = admit(session, request, services, run.actor)
    run_events.append(session, run.id, services.now(), "follow", {"run": follow, "case": case.id})
    return follow


def _before(run: Run) -> str:
    return run.request.history[-1].run if run.request.history else ""


def _refusal(session: Session, services: Services, run: Run, accepted: Offer) -> str:
    """Why an acceptance does not hold; "" when it does."""
    key = _before(run)
    if not key or run.kind != "question":
        return "no offer was made right before"
    before = runs.get(session, key)
    made = plans.of_run(session, key)
    offered = plans.load(session, made[-1].case, made[-1].revision).answer if made else None
    if offered is None or offered.offer != accepted:
        return "it is not what was offered"
    if before.actor != run.actor:
        return "it was offered to somebody else"
    if not conversations.follows(session, run.id, key):
        return "something else was said since"
    person = services.people.get(run.actor)
    if person.service:
        return f"{person.id} is a service: it may ask, and a person accepts"
    if not any(role in services.policy.roles and services.policy.roles[role].decides for role in person.roles):
        return f"{person.id} has no role that may decide anything"
    if counters.next_number(session, f"accepted/{key}") != 1:
        return "it was accepted before"
    return ""
