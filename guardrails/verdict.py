"""The whole judgement of a move: the policy's rules, and beside them what its override rules ask for."""

from __future__ import annotations

from domain.verdicts import Verdict
from guardrails.judge import judge
from guardrails.overrides import Weighed, joined
from guardrails.policy import Policy
from guardrails.subject import Subject


def judged(subject: Subject, policy: Policy, override: Weighed | None = None) -> Verdict:
    """What the rules say of `subject`, and what the override rules add; `override` when a person made it what it is."""
    return joined(judge(subject, policy), subject, policy, override)
