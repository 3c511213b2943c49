"""From a question to its answer: what is meant, what it names, then the room that knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agent.planners.rules.notebook import Notebook
from agent.planners.rules.questions.documents import documents
from agent.planners.rules.questions.intents import EXAMPLES, intent_of
from agent.planners.rules.questions.mentions import Mentions, Unclear, mentions
from agent.planners.rules.questions.ship_by import what_would_it_take
from agent.planners.rules.questions.state import atp, status, waits
from agent.planners.rules.questions.who import who_holds, who_should_get
from agent.planners.rules.questions.why import why
from domain.requests import Answer

Room = Callable[[Notebook, str, Mentions], Answer]

ROOMS: Mapping[str, tuple[Room, tuple[str, ...], str]] = {
    "why": (why, ("order", "line", "sku", "customer"), "order, line or SKU"),
    "what_would_it_take": (what_would_it_take, ("order", "line"), "order or line"),
    "who_holds": (who_holds, ("sku", "order", "line"), "SKU"),
    "who_should_get": (who_should_get, ("sku",), "SKU"),
    "atp": (atp, ("sku",), "SKU"),
    "status": (status, ("order", "line", "customer", "wave", "inbound", "sku"), "order, wave or SKU"),
    "waits": (waits, (), ""),
    "documents": (documents, (), ""),
}
"""Intent -> room, the kinds of entity of which it needs at least one (none: it needs nothing), and their name."""


def answer(book: Notebook, question: str) -> Answer:
    """The answer to a question. Nothing is proposed or changed by it; words of the question are data only."""
    intent = intent_of(question)
    if intent == "help":
        return Answer(
            intent="help", text="I answer questions about supply, orders and allocation.", suggestions=EXAMPLES
        )
    if intent is None:
        return _not_understood(mentions(question, book.facts))
    room, kinds, what = ROOMS[intent]
    named = mentions(question, book.facts, likely=kinds[0] if kinds else "")
    if kinds and not named.of(*kinds):
        return _ask_back(intent, what, named)
    if kinds and (unclear := _worrying(named, kinds)):
        return _which(intent, unclear)
    reply = room(book, question, named)
    evidence = dict.fromkeys((*reply.evidence, *book.evidence))
    return reply.model_copy(update={"evidence": tuple(evidence)})


def _worrying(named: Mentions, kinds: tuple[str, ...]) -> Unclear | None:
    """An unclear word that may be what the question is about, although something else is named clearly."""
    return next((item for item in named.unclear if item.kind in ("", *kinds)), None)


def _which(intent: str, unclear: Unclear) -> Answer:
    if not unclear.candidates:
        return Answer(intent=intent, text=f"No connected system knows '{unclear.word}'. Please check the id.")
    lead = f"'{unclear.word}' can be several things:" if unclear.several else f"I do not know '{unclear.word}':"
    text = f"{lead} did you mean {' or '.join(unclear.candidates)}?"
    return Answer(intent=intent, text=text, suggestions=unclear.candidates)


def _ask_back(intent: str, what: str, named: Mentions) -> Answer:
    if named.unclear:
        return _which(intent, named.unclear[0])
    example = next((text for text in EXAMPLES if intent_of(text) == intent), EXAMPLES[0])
    return Answer(intent=intent, text=f"Which {what} do you mean? Please name its id.", suggestions=(example,))


def _not_understood(named: Mentions) -> Answer:
    """Says so; suggestions use what the question names."""
    suggestions = EXAMPLES
    if orders := named.of("order", "line"):
        suggestions = tuple(text.replace("ORDER", orders[0]) for text in EXAMPLES if "ORDER" in text)
    elif skus := named.of("sku"):
        suggestions = tuple(text.replace("SKU", skus[0]) for text in EXAMPLES if "SKU" in text)
    return Answer(
        intent="not_understood",
        text="I did not understand the question, and nothing was changed. These I can answer:",
        suggestions=suggestions,
    )
