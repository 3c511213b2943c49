"""Plans by rules: every event has its handler; the SKUs they name are then shared out anew in one response."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agent.planners.interface import Draft
from agent.planners.rules.carrier import carrier_failure
from agent.planners.rules.commission import commission
from agent.planners.rules.credit import credit_hold
from agent.planners.rules.notebook import Notebook
from agent.planners.rules.outage import system_outage
from agent.planners.rules.questions import answer
from agent.planners.rules.shortage import share_out
from agent.planners.rules.spotted import answer_spotted, ask_somebody, buy_ahead
from agent.planners.rules.stock import (
    demand_spike,
    inventory_discrepancy,
    order_change,
    short_stock,
    supplier_delay,
)
from agent.planners.rules.sweep import skus_in_trouble
from agent.planners.rules.undo import take_back
from agent.planners.rules.wave import wave_at_risk
from domain.requests import Request
from tools.toolbox import Toolbox

Handler = Callable[[Notebook, Any], frozenset[str]]
"""Does what an event asks for beyond stock, and answers the SKUs whose stock has to be shared out anew."""

HANDLERS: Mapping[str, Handler] = {
    "supplier_delay": supplier_delay,
    "short_stock": short_stock,
    "demand_spike": demand_spike,
    "order_change": order_change,
    "inventory_discrepancy": inventory_discrepancy,
    "credit_hold": credit_hold,
    "carrier_failure": carrier_failure,
    "wave_at_risk": wave_at_risk,
    "system_outage": system_outage,
}


class RulesPlanner:
    """Deterministic: equal requests on equal facts give equal drafts, byte for byte."""

    name = "rules"
    version = "2"

    def plan(self, request: Request, toolbox: Toolbox) -> Draft:
        """The draft for any request. UnknownReference when an event names what nobody knows."""
        book = Notebook(request, toolbox)
        if request.commission is not None:
            return commission(book, request.commission)
        if request.undo is not None:
            return take_back(book, request.undo)
        if request.kind == "question":
            reply = answer(book, request.question)
            return Draft(summary=reply.text, answer=reply, allocations=tuple(book.allocations))
        skus: set[str] = set()
        for event in sorted(request.events, key=lambda item: (item.at, item.source, item.id)):
            skus |= HANDLERS[event.data.kind](book, event.data)
        if request.spotted:
            skus |= answer_spotted(book)
        elif request.kind == "sweep" or (not request.events and not skus):
            skus |= skus_in_trouble(book)
        if skus:
            share_out(book, tuple(sorted(skus)))
        if request.spotted:
            buy_ahead(book)
            if not book.moves:
                ask_somebody(book)
        if not book.moves:
            book.say("Nothing has to be done.")
        return book.draft()
