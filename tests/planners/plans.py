"""Plan a request on a small world, and count what a plan does to stock."""

from __future__ import annotations

from collections import Counter

from agent.planners.assemble import assemble
from agent.planners.rules import RulesPlanner
from domain.facts import Facts
from domain.plans import Plan
from domain.requests import Answer, Request
from tests.tools.worlds import request, toolbox, world

Bucket = tuple[str, str, str]
"""SKU, site, inbound or ''."""


def planned(facts: Facts | None = None, asked: Request | None = None) -> Plan:
    facts, asked = facts or world(), asked or request()
    box, _ = toolbox(facts, asked)
    planner = RulesPlanner()
    draft = planner.plan(asked, box)
    return assemble(draft, asked, planner=f"{planner.name}/{planner.version}", policy="P-1", facts=facts.id)


def replied(question: str, facts: Facts | None = None) -> Answer:
    plan = planned(facts, request("question", question=question))
    assert plan.answer is not None and plan.moves == ()
    return plan.answer


def drawn(plan: Plan) -> tuple[Counter[Bucket], Counter[Bucket]]:
    """(units taken from each bucket, units given back to it) if every move is carried out."""
    taken: Counter[Bucket] = Counter()
    given: Counter[Bucket] = Counter()
    for move in plan.moves:
        for action in move.actions:
            if action.kind == "reserve":
                taken[action.sku, action.site, action.inbound or ""] += action.quantity
            elif action.kind == "release_reservation":
                given[action.sku, action.site, action.inbound or ""] += action.quantity
            elif action.kind == "transfer":
                taken[action.sku, action.from_site, ""] += action.quantity
            elif action.kind == "substitute":
                taken[action.alternative, action.site, ""] += action.quantity
    return taken, given


def free(facts: Facts) -> Counter[Bucket]:
    """Units of every bucket that nobody holds."""
    units: Counter[Bucket] = Counter()
    for position in facts.positions:
        units[position.sku, position.site, ""] += position.sellable
    for supply in facts.inbound:
        units[supply.sku, supply.site, supply.id] += supply.quantity
    for held in facts.reservations:
        units[held.sku, held.site, held.inbound or ""] -= held.quantity
    return units


def holdings(facts: Facts) -> Counter[tuple[str, Bucket]]:
    units: Counter[tuple[str, Bucket]] = Counter()
    for held in facts.reservations:
        units[held.line or "", (held.sku, held.site, held.inbound or "")] += held.quantity
    return units
