"""Carries out an accepted offer as moves, on fresh facts and by the rules; policy and the gate judge them as ever."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from agent.planners.interface import Draft
from agent.planners.rules.notebook import Notebook
from agent.planners.rules.shortage import share_out
from agent.planners.shortfalls import shortages
from domain.allocation.types import AllocationPlan
from domain.errors import BadInput, QuartermasterError
from domain.plans import Move
from domain.requests import Offer
from tools.context import Proposal

COMMISSIONED = frozenset({"hold_wave", "release_wave", "expedite", "transfer", "reserve", "escalate"})
"""Write tools that an offer calls as they are; `reallocate` and `replenish` first share a SKU out."""


def commission(book: Notebook, offer: Offer) -> Draft:
    """The draft of a command run. What can no longer be done is said, and proposes nothing."""
    arguments = json.loads(offer.arguments)
    try:
        _carry(book, offer.tool, arguments)
    except QuartermasterError as wrong:
        book.moves.clear()
        book.say(f"It can no longer be done: {wrong}")
    if not book.moves and not book.sentences:
        book.say("Nothing has to be done any more.")
    return book.draft()


def tried(book: Notebook, tool: str, arguments: Mapping[str, Any]) -> tuple[tuple[Move, ...], str]:
    """The moves that a call would propose, and its note; nothing is gathered, only the evidence of what was read."""
    aside = Notebook(book.request, book.toolbox)
    _carry(aside, tool, arguments)
    book.evidence.extend(key for key in aside.evidence if key not in book.evidence)
    return tuple(aside.moves), " ".join(aside.sentences)


def _carry(book: Notebook, tool: str, arguments: Mapping[str, Any]) -> None:
    if tool in COMMISSIONED:
        proposal = book.propose(tool, **arguments)
    elif tool in _SHARING:
        proposal = _SHARING[tool](book, arguments)
    else:
        raise BadInput(f"'{tool}' cannot be offered", field="tool", fix="ask for something else")
    if not proposal.moves and proposal.note:
        book.say(f"{proposal.note[0].upper()}{proposal.note[1:].rstrip('.')}.")
    elif proposal.moves and not book.sentences:
        book.say(" ".join(f"{move.title}." for move in proposal.moves))


def _reallocate(book: Notebook, arguments: Mapping[str, Any]) -> Proposal:
    """The whole response for the SKUs; or, with winners, only the moves of the allocation in which they gain."""
    skus, winners = tuple(arguments["skus"]), tuple(arguments.get("winners", ()))
    if not winners:
        share_out(book, skus)
        return Proposal(moves=tuple(book.moves), note="" if book.moves else "what is reserved now is best already")
    plan = _allocated(book, skus)
    found = book.propose("reallocate", allocation_id=plan.id, winners=winners)
    short = {item.line: item.text for item in plan.shortages if item.line in winners}
    book.shortages.extend(item for item in shortages(book.facts, plan) if item.line in winners)
    if found.moves:
        return found
    why = "; ".join(short.values()) or "it has what the best allocation gives it"
    return Proposal(note=f"the best allocation gives it no more: {why}")


def _replenish(book: Notebook, arguments: Mapping[str, Any]) -> Proposal:
    """What a person named; without a quantity, what the allocation of the SKU leaves short."""
    if "quantity" in arguments:
        return book.propose("replenish", **arguments)
    return book.propose("replenish", **arguments, allocation_id=_allocated(book, (arguments["sku"],)).id)


def _allocated(book: Notebook, skus: tuple[str, ...]) -> AllocationPlan:
    plan = book.look(AllocationPlan, "allocate", skus=skus)
    book.allocations.append(plan)
    return plan


_SHARING: Mapping[str, Callable[[Notebook, Mapping[str, Any]], Proposal]] = {
    "reallocate": _reallocate,
    "replenish": _replenish,
}
