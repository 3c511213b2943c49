"""How to ask back: which one was meant, what is missing, or what could have been meant, with examples that work."""

from __future__ import annotations

from agent.planners.rules.questions.intents import EXAMPLE, EXAMPLES
from agent.planners.rules.questions.linked import Mentions, Unclear
from domain.facts import Facts
from domain.requests import Answer

SAID = {
    "line": "line", "order": "order", "sku": "SKU", "customer": "customer", "site": "site", "wave": "wave",
    "inbound": "delivery", "transfer": "transfer request",
}  # fmt: skip
LIKELY = 3
"""Suggestions at most."""


def which(intent: str, unclear: Unclear) -> Answer:
    """Asks which of several is meant, or names what is most like a word that nobody knows."""
    if not unclear.candidates:
        text = f"No connected system knows '{unclear.word}'. Please check the id."
        return Answer(intent=intent, text=text, asks=True)
    lead = f"'{unclear.word}' can be several things:" if unclear.several else f"I do not know '{unclear.word}':"
    text = f"{lead} did you mean {' or '.join(unclear.candidates)}?"
    return Answer(intent=intent, text=text, asks=True, suggestions=unclear.candidates)


def ask_back(intent: str, kinds: tuple[str, ...], facts: Facts) -> Answer:
    """Asks for what is missing."""
    what = " or ".join(SAID[kind] for kind in kinds[:2])
    text = f"Which {what} do you mean? Please name its id."
    return Answer(intent=intent, text=text, asks=True, suggestions=(_filled(EXAMPLE[intent], Mentions(), facts),))


def not_understood(facts: Facts, named: Mentions, likely: tuple[str, ...]) -> Answer:
    """Says so, with what may have been meant, in words that are understood, about what the message names."""
    wanted = [*(EXAMPLE[name] for name in likely if name in EXAMPLE), *EXAMPLES]
    choices = tuple(dict.fromkeys(_filled(text, named, facts) for text in wanted))[:LIKELY]
    if named.unclear and not named.found:
        unclear = which("not_understood", named.unclear[0])
        return unclear.model_copy(update={"suggestions": unclear.suggestions or choices})
    text = f"I am not sure what you mean, and nothing was changed. Did you mean: {' / '.join(choices)}"
    return Answer(intent="not_understood", text=text, asks=True, suggestions=choices)


def _filled(text: str, named: Mentions, facts: Facts) -> str:
    """An example with ids: those the message names, else the first of the kind that there is."""
    orders = named.of("order", "line") or tuple(order.id for order in facts.orders[:1])
    skus = named.of("sku") or tuple(sku.id for sku in facts.skus[:1])
    sites = (*named.of("site"), *(site.id for site in facts.sites if site.id not in named.of("site")))
    waves = named.of("wave") or tuple(wave.id for wave in facts.waves[:1])
    supplies = named.of("inbound") or tuple(supply.id for supply in facts.inbound[:1])
    days = (named.day or facts.today).isoformat()
    known = {"ORDER": orders, "SKU": skus, "WAVE": waves, "INBOUND": supplies, "DATE": (days,)}
    for slot, keys in known.items():
        if keys:
            text = text.replace(slot, keys[0])
    for key in sites[:2]:
        text = text.replace("SITE", key, 1)
    return text
