"""Policy as data: a versioned document, its typed schema, its loader and its checks."""

from guardrails.policy.autonomy import Autonomy, AutonomyRule, Level, Pilot
from guardrails.policy.budgets import Budget
from guardrails.policy.files import read_text
from guardrails.policy.layers import Narrower
from guardrails.policy.loading import default_policy, default_text, load, parse
from guardrails.policy.owners import Owners
from guardrails.policy.reasons import ReasonCode
from guardrails.policy.roles import Role
from guardrails.policy.rules import Rule
from guardrails.policy.schema import Policy
from guardrails.policy.scopes import Place, Scope
from guardrails.policy.waiting import Waiting

__all__ = [
    "Autonomy",
    "AutonomyRule",
    "Budget",
    "Level",
    "Narrower",
    "Owners",
    "Pilot",
    "Place",
    "Policy",
    "ReasonCode",
    "Role",
    "Rule",
    "Scope",
    "Waiting",
    "default_policy",
    "default_text",
    "load",
    "parse",
    "read_text",
]
