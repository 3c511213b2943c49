"""Policy as data: a versioned document, its typed schema, its loader and its checks."""

from guardrails.policy.loading import default_policy, default_text, load, parse
from guardrails.policy.schema import Autonomy, AutonomyRule, Budget, Level, Pilot, Policy, Role, Rule, Waiting

__all__ = [
    "Autonomy",
    "AutonomyRule",
    "Budget",
    "Level",
    "Pilot",
    "Policy",
    "Role",
    "Rule",
    "Waiting",
    "default_policy",
    "default_text",
    "load",
    "parse",
]
