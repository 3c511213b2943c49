"""Propose to pay for faster inbound supply, when what it saves is more than what it costs."""

from __future__ import annotations

from domain.actions import ExpediteInbound
from domain.allocation.build import build
from domain.allocation.solve import allocate
from domain.allocation.types import AllocationPlan, Problem
from domain.noun import Id, Noun, from_minor
from domain.plans import Effect
from domain.response.promises import implied
from tools.context import Proposal, ToolContext, effect_on, propose


class ExpediteArgs(Noun):
    """A supply on its way."""

    inbound: Id


def expedite(context: ToolContext, args: ExpediteArgs) -> Proposal:
    """One move when value of the best allocation with the faster date - value with the present date > cost.

    Otherwise none, with both numbers in `note`. UnknownReference when the inbound supply is unknown.
    """
    facts = context.facts
    supply = facts.inbound_supply(args.inbound)
    offer = supply.expedite
    if offer is None or offer.eta >= supply.eta:
        return Proposal(note=f"{supply.id} cannot be made faster than {supply.eta}")
    faster = facts.replace(
        inbound=tuple(
            item.model_copy(update={"eta": offer.eta}) if item.id == supply.id else item for item in facts.inbound
        )
    )
    now_problem, then_problem = (build(world, (supply.sku,), context.request) for world in (facts, faster))
    now, then = allocate(now_problem), allocate(then_problem)
    gain = from_minor(then.value - now.value)
    worth = gain - offer.cost
    sum_text = f"margin and penalties saved {gain} - cost {offer.cost} = {worth} {facts.base_currency}"
    if worth <= 0:
        return Proposal(note=f"expediting {supply.id} to {offer.eta} does not pay: {sum_text}")
    effects = _effects(context, (now_problem, now), (then_problem, then))
    move = propose(
        "expedite",
        f"Expedite {supply.id} to {offer.eta} instead of {supply.eta}",
        f"{len(effects)} lines are served earlier or better: {sum_text}.",
        [
            ExpediteInbound(
                id="a1", inbound=supply.id, sku=supply.sku, site=supply.site, new_eta=offer.eta, cost=offer.cost
            )
        ],
        effects=effects,
        evidence=(supply.id, now.id, then.id),
        value=worth,
        value_at_stake=gain + offer.cost,
        cost=offer.cost,
    )
    return Proposal(moves=(move,))


def _effects(
    context: ToolContext, now: tuple[Problem, AllocationPlan], then: tuple[Problem, AllocationPlan]
) -> list[Effect]:
    """Lines that would be served earlier; `promise_before` is the date that the present plan gives them."""
    effects = []
    later = {demand.id: demand for demand in then[0].demand}
    for demand in sorted(now[0].demand, key=lambda item: item.id):
        if demand.is_transfer or demand.blocked or demand.id not in later:
            continue
        before = implied(context.facts, now[1], demand)
        after = implied(context.facts, then[1], later[demand.id])
        if after is None or before is None or after >= before:
            continue
        line = context.facts.line(demand.id)
        why = f"could arrive on {after} instead of {before}"
        effects.append(effect_on(context, line, 0, why, after).model_copy(update={"promise_before": before}))
    return effects
