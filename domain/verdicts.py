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
    """One rule that spoke. `facts` are the values it compared, as text, so that a card can show them.

    `document` and `line`: where the rule is written ("" and 0 for the house's own reasons, and in older records).
    """

    rule: Id
    outcome: Outcome
    text: Text
    facts: tuple[tuple[str, str], ...] = ()
    document: Text = ""
    line: int = 0

    @property
    def place(self) -> str:
        """Where the rule is written, as a person says it; "" when nobody wrote it."""
        return f"{self.document}, line {self.line}" if self.document and self.line else self.document


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
