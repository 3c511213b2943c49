"""Reasons with codes: which a policy lists for what, and when one must be given."""

from __future__ import annotations

from domain.errors import BadInput
from guardrails.policy import Policy
from guardrails.policy.reasons import Of, ReasonCode

ON_A_CARD: frozenset[Of] = frozenset({"approve", "reject", "edit", "reassign"})
"""What a card offers reasons for."""

NEEDED: frozenset[Of] = frozenset({"reject", "edit", "reassign"})
"""What nobody does without a reason where policy lists some for it."""


def codes(policy: Policy, of: Of) -> tuple[str, ...]:
    """The codes that policy lists for this, in written order."""
    return tuple(reason.code for reason in policy.reasons if of in reason.of)


def on_cards(policy: Policy) -> tuple[ReasonCode, ...]:
    """The reasons that a card offers."""
    return tuple(reason for reason in policy.reasons if ON_A_CARD & set(reason.of))


def check_reason(policy: Policy, of: Of, code: str, text: str) -> None:
    """BadInput when `code` is none that policy lists for this; or when one is needed, policy lists some, and neither a
    code nor free text is given."""
    known = codes(policy, of)
    if code and code not in known:
        fix = f"use one of {', '.join(known)}" if known else "leave it out and write the reason in words"
        raise BadInput(f"'{code[:60]}' is no reason to {of}", field="reason_code", fix=fix)
    if of in NEEDED and known and not code and not text.strip():
        raise BadInput(
            f"a reason is needed to {of}", field="reason_code", fix=f"use one of {', '.join(known)}, or write it out"
        )
