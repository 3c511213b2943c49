"""What a message asks to be done: the verbs that must stand in it, and what a negation turns around.

A command only ever becomes an offer, and only when its own words are there: an unsure reading must never come near a
write. 'Do not release' and 'must not go out' mean hold; 'do not hold any longer' means release.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from agent.planners.rules.questions.phrases import MASKS

VERBS: Mapping[str, str] = {
    "hold_wave": r"hold|stop|freez|froze|paus|halt|block|park|keep|kept|back|wait|stay",
    "release_wave": r"releas|\bgo\b|going|\blet\b|\bout\b|resum|continu|restart|lift|off hold|\bfree\b|leav|\bun",
    "expedite": r"expedit|rush|hurr|speed|fast|soon|accelerat|pull|\bair|fly|forward|quick",
    "transfer": r"transf|mov|shift|send|sent|bring|relocat|rebalanc|ship|\bget\b|\bover\b|fulfil|answer",
    "reserve": r"reserv|aside|book|earmark|secur|block|allocat",
    "give": r"giv|allocat|assign|\blet\b|hand|serv|\bget\b",
    "share_out": r"shar|alloc|plan|redo|distribut|calc|re-?run|balanc|optimi|\brun\b",
    "buy": r"buy|purchas|order|replenish|stock|procur|\bget\b",
    "escalate": r"escal|\b(?:ask|get|let|have)\b|tell|look|rais|hand|flag|check|inform|involv|pull|loop|bring|seen",
}
"""Command -> a pattern of which something must stand in the message."""
COMMANDS = frozenset(VERBS)
_ASKING = re.compile(
    r"^(?:and |so |but |hey |hi |ok |pls |please )*"
    r"(?:why|wh?y|who|whom|whose|what|whats|what's|when|where|which|how|is|are|was|were|has|did|does|do (?:we|you|i)|"
    r"have (?:we|you|they)|am|should)\b"
)
_NOT = (
    r"(?:(?:is|are|was|do|does|did|has|have|wo|would|could|should|must|may|might|ca|need|sha)n'?t|not|cannot|never"
    r"|no longer|no need|nothing|nobody)"
)
_STOP = r"(?:hold|stop|freez|paus|halt|block|park|keep)\w*"
_GO = r"(?:releas|go|going|leav|ship|out|send|dispatch|pick|start|let|run|continu|resum)\w*"
_NEGATED = re.compile(rf"\b{_NOT}\b(?:\s+\S+){{0,4}}?\s+({_STOP}|{_GO})\b")
_UNDONE = re.compile(
    r"\bun-?(?:hold|block|freez|paus|stop|park)\w*|\boff hold\b|\bstop holding\b"
    r"|\b(?:lift|end|remov|cancel)\w*\b.*\bhold"
)
_PLAIN_STOP = re.compile(rf"\b{_STOP}\b")
_PLAIN_GO = re.compile(
    r"\b(?:releas\w*|let\b.*\b(?:go|out|leave|run)|(?:can|may) (?:now )?(?:go|leave)|resum\w*|continu\w*|restart\w*)\b"
)
_ANY_NOT = re.compile(rf"\b{_NOT}\b")


def asks(masked: str) -> bool:
    """Whether a message is a question about something, not a wish that something be done."""
    return bool(_ASKING.match(masked))


def spoken(intent: str, masked: str) -> bool:
    """Whether the words of a command stand in the message; its own negation is for `wave_wish` and `refuses`."""
    return bool(re.search(VERBS[intent], masked))


def refuses(masked: str) -> bool:
    """Whether the message says that something is not to be done."""
    return bool(_ANY_NOT.search(masked)) and not asks(masked)


def wave_wish(masked: str) -> str:
    """'hold_wave', 'release_wave', 'both' when the words contradict each other, "" when it is no wish about a wave."""
    if MASKS["wave"] not in masked or asks(masked):
        return ""
    wishes: set[str] = set()
    rest = masked
    for undone in _UNDONE.finditer(masked):
        wishes.add("release_wave")
        rest = rest.replace(undone[0], " ")
    while found := _NEGATED.search(rest):
        wishes.add("release_wave" if re.match(_STOP, found[1]) else "hold_wave")
        rest = f"{rest[: found.start()]} {rest[found.end() :]}"
    if not wishes:
        wishes |= {"hold_wave"} if _PLAIN_STOP.search(rest) else set()
        wishes |= {"release_wave"} if _PLAIN_GO.search(rest) else set()
    elif wishes == {"hold_wave"} and _PLAIN_GO.search(rest):
        wishes.add("release_wave")
    elif wishes == {"release_wave"} and _PLAIN_STOP.search(rest):
        wishes.add("hold_wave")
    return "" if not wishes else next(iter(wishes)) if len(wishes) == 1 else "both"
