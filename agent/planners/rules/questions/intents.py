"""Written patterns of what a question asks for: they decide between the classifier's best guesses when it is unsure."""

from __future__ import annotations

import re
from collections.abc import Mapping

INTENTS: tuple[tuple[str, str], ...] = (
    ("help", r"^\s*(help|\?+)\s*[.!?]*$|what can (you|i) (do|ask|answer)|how do i ask"),
    (
        "documents",
        r"\b(playbooks?|procedures?|sops?|run ?books?|handbook)\b"
        r"|\b(contract|agreement|sla|polic(y|ies)|rules?|documents?)\b.*\b(says?|states?|about|allows?)\b"
        r"|\b(says?|stands?|written|look up)\b.*\b(contract|agreement|sla|polic(y|ies)|rules?|documents?)\b"
        r"|according to (the|our) (contract|agreement|sla|policy|documents?)",
    ),
    (
        "what_would_it_take",
        r"what (would|does|will|might) it take|what (do|would|does) (we|i|you|it) need|what needs to happen"
        r"|how (can|could|do|would) (we|i|you) (still )?(ship|deliver|serve|fill|make|meet|get)"
        r"|(can|could) (we|you|i) (still )?(ship|deliver|serve|fill|make|meet|get)",
    ),
    (
        "who_should_get",
        r"\bwho(m)? (should|would|will|could|ought|gets?|deserves?|wins?|has priority|comes first)\b"
        r"|\bwho(m)?\b.*\blast \d|how (should|would) .*(split|share|allocate|divide)",
    ),
    (
        "who_holds",
        r"\bwho (holds?|has|is holding|reserved|owns?|is sitting|sits|took|keeps|blocks)\b|who.s holding"
        r"|(reserved|held) (by|for) whom|holders? of|reservations? (of|on|for)",
    ),
    ("why", r"\bwhy\b|how come|reason (for|why)|what happened (to|with)|explain"),
    ("waits", r"\b(waits|waiting|pending)\b|open approvals?|what is claimed|claims?\b"),
    (
        "atp",
        r"\batp\b|available|availability|in stock|how (much|many)|stock of|on hand|free stock|left of|is left",
    ),
    (
        "status",
        r"\bstatus\b|where (is|are)|how is|when (will|does|do|is|are|can)|tell me about|\bshow\b|what about"
        r"|\bis\b.*\b(late|on time|short|covered|reserved|shipped|held)\b",
    ),
)

EXAMPLE: Mapping[str, str] = {
    "why": "why did ORDER get nothing?",
    "what_would_it_take": "what would it take to ship ORDER by DATE?",
    "who_holds": "who holds SKU?",
    "who_should_get": "who should get the last 120 of SKU?",
    "atp": "what is the ATP of SKU?",
    "status": "what is the status of ORDER?",
    "waits": "what waits?",
    "documents": "what is the procedure when a carrier does not collect?",
    "hold_wave": "hold wave WAVE",
    "release_wave": "release wave WAVE",
    "expedite": "expedite INBOUND",
    "transfer": "transfer 40 of SKU from SITE to SITE",
    "reserve": "reserve what is free for ORDER",
    "give": "give 60 of SKU to ORDER",
    "share_out": "share out SKU again",
    "buy": "buy 100 of SKU for SITE",
    "escalate": "escalate ORDER to lead",
    "help": "help",
}
"""How each intent is asked for, in words that are surely understood."""
EXAMPLES: tuple[str, ...] = tuple(
    EXAMPLE[name]
    for name in ("why", "what_would_it_take", "who_holds", "who_should_get", "atp", "status", "waits", "documents")
)
DEEDS: tuple[str, ...] = tuple(
    EXAMPLE[name]
    for name in (
        "hold_wave", "release_wave", "expedite", "transfer", "reserve", "give", "share_out", "buy", "escalate",
    )
)  # fmt: skip
"""What may be asked to be done; the answer is an offer."""


def intent_of(text: str) -> str | None:
    """The intent of a question, None when no pattern fits."""
    words = text.casefold()
    return next((intent for intent, pattern in INTENTS if re.search(pattern, words)), None)
