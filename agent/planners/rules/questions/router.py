"""From a message to its answer: what is meant, what it names, then the room that knows, or an offer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agent.planners.rules.notebook import Notebook
from agent.planners.rules.questions.asking_back import ask_back, not_understood, which
from agent.planners.rules.questions.commands import COMMANDS
from agent.planners.rules.questions.documents import documents
from agent.planners.rules.questions.followup import reply, waiting_offer
from agent.planners.rules.questions.intents import DEEDS, EXAMPLES
from agent.planners.rules.questions.linked import Mentions, Unclear
from agent.planners.rules.questions.mentions import mentions
from agent.planners.rules.questions.offers import offer
from agent.planners.rules.questions.ship_by import what_would_it_take
from agent.planners.rules.questions.state import atp, status, waits
from agent.planners.rules.questions.understand import NEEDS, Reading, understand
from agent.planners.rules.questions.who import who_holds, who_should_get
from agent.planners.rules.questions.why import why
from domain.requests import Answer

Room = Callable[[Notebook, str, Mentions], Answer]


def _help(_: Notebook, __: str, ___: Mentions) -> Answer:
    return Answer(
        intent="help",
        text="I answer questions about supply, orders and allocation. I can also offer to do something, and do it only "
        f"after your yes and by policy: {'; '.join(DEEDS)}.",
        suggestions=EXAMPLES,
    )


def _smalltalk(_: Notebook, __: str, ___: Mentions) -> Answer:
    return Answer(intent="smalltalk", text="At your service. Ask me about an order, a SKU, a wave or a delivery.")


def _outside(_: Notebook, __: str, ___: Mentions) -> Answer:
    text = (
        "That is not something I do, and nothing was changed. Approvals are given on their cards, one at a time. I "
        "answer questions about supply and orders, and offer single steps such as to hold a wave."
    )
    return Answer(intent="outside", text=text)


def _declined(_: Notebook, __: str, ___: Mentions) -> Answer:
    return Answer(intent="declined", text="Understood: I propose nothing, and nothing was changed.")


ROOMS: Mapping[str, Room] = {
    "why": why,
    "what_would_it_take": what_would_it_take,
    "who_holds": who_holds,
    "who_should_get": who_should_get,
    "atp": atp,
    "status": status,
    "waits": waits,
    "documents": documents,
    "help": _help,
    "smalltalk": _smalltalk,
    "outside": _outside,
    "declined": _declined,
}
"""Intent -> the room that answers; commands are answered by `offer`."""


def answer(book: Notebook, question: str) -> Answer:
    """The answer to a message. Nothing is proposed or changed by it; words of the question are data only."""
    said = reply(mentions(question, book.facts).masked)
    if said and (answered := _replied(book, said)):
        return answered
    reading = understand(question, book.request.history, book.facts)
    found = _answered(book, question, reading)
    evidence = dict.fromkeys((*found.evidence, *book.evidence)) if found.rows or found.evidence else ()
    return found.model_copy(update={"evidence": tuple(evidence), "named": reading.named.named[:20]})


def _replied(book: Notebook, said: str) -> Answer | None:
    """The answer to a yes or no; None when there is nothing that it could be said to and it may mean something else."""
    waiting, trouble = waiting_offer(book.request)
    named = book.request.history[-1].named if book.request.history else ()
    if said == "yes" and waiting is not None:
        text = f"Done as you said: I propose it now, and policy judges it. {waiting.text}"
        return Answer(intent="accepted", text=text[:4000], accepted=waiting, named=named)
    if said == "yes" and (trouble != "nothing was offered" or not book.request.history):
        text = f"There is nothing I could take as agreed: {trouble}. Please say what is to be done."
        return Answer(intent="not_understood", text=text, asks=True, named=named)
    if said == "unsure" and waiting is not None:
        text = f"I take only a plain yes. Shall I propose this? {waiting.text}"
        return Answer(intent="not_understood", text=text[:4000], asks=True, suggestions=("yes", "no"), named=named)
    if said == "no" and waiting is not None:
        return _declined(book, "", Mentions()).model_copy(update={"named": named})
    return None


def _answered(book: Notebook, question: str, reading: Reading) -> Answer:
    intent, named = reading.intent, reading.named
    if not intent:
        return not_understood(book.facts, named, reading.likely)
    kinds = NEEDS.get(intent, ())
    if kinds and not named.of(*kinds):
        return which(intent, named.unclear[0]) if named.unclear else ask_back(intent, kinds, book.facts)
    if kinds and (unclear := _worrying(named, kinds, intent)):
        return which(intent, unclear)
    if named.no_day and intent == "what_would_it_take":
        return Answer(intent=intent, text=f"There is no day '{named.no_day}'. Which day do you mean?", asks=True)
    return offer(intent, book, named) if intent in COMMANDS else ROOMS[intent](book, question, named)


def _worrying(named: Mentions, kinds: tuple[str, ...], intent: str) -> Unclear | None:
    """An unclear word that may be what the message is about, although something else is named clearly.

    For a command every unclear word is worrying.
    """
    sites = ("site",) if intent in ("atp", "who_holds", "who_should_get") else ()
    return next((item for item in named.unclear if intent in COMMANDS or item.kind in ("", *kinds, *sites)), None)
