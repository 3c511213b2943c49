"""The deterministic planner: no key, no network, the same bytes for the same facts."""

from agent.planners.rules.planner import RulesPlanner

__all__ = ["RulesPlanner"]
