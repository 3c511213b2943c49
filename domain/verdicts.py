"""What policy says of a move: allow, ask a role, or deny; always with the rules that said so."""

from __future__ import annotations

from enum import StrEnum

from domain.noun import Id, Noun, Text


class Outcome(StrEnum):
    """The three answers, mildest first."""

    ALLOW = "allow"
    APPROVAL = "approval"
    DENY = "deny"


class Reason(Noun):
    """One rule that spoke. `facts` are the values it compared, as text, so that a card can show them."""

    rule: Id
    outcome: Outcome
    text: Text
    facts: tuple[tuple[str, str], ...] = ()


class Verdict(Noun):
    """The judgement of one move under one policy version.

    `roles`: who must approve (each of them, in this order), empty unless APPROVAL. `four_eyes`: whoever asked,
    edited or raised the case may not decide.
    """

    outcome: Outcome
    policy: Id
    roles: tuple[Id, ...] = ()
    four_eyes: bool = False
    reasons: tuple[Reason, ...] = ()
