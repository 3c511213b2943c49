"""Takes an executed move back as a new move, from what was carried out and today's facts; policy judges it as ever."""

from __future__ import annotations

from agent.planners.interface import Draft
from agent.planners.rules.notebook import Notebook
from domain.allocation.build import build
from domain.allocation.types import AllocationPlan
from domain.requests import Undo
from domain.response.undoing import undoing


def take_back(book: Notebook, undo: Undo) -> Draft:
    """The draft of an undo: one move at most, and in words what stays as it is."""
    skus = book.request.scope.skus
    plan = book.look(AllocationPlan, "allocate", skus=skus)
    problem = build(book.facts, skus, book.request)
    made = undoing(book.facts, problem, plan, undo, "undo/m1")
    if made.move is None:
        book.say(f"Nothing of {undo.move} can be taken back.")
    else:
        evidence = tuple(dict.fromkeys((*made.move.evidence, *book.evidence)))
        book.moves.append(made.move.model_copy(update={"evidence": evidence}))
        book.say(f"{made.move.title}.")
    for sentence in made.left:
        book.say(sentence)
    return book.draft()
