"""The model planner: asks a model behind any OpenAI-compatible endpoint, and trusts it only with words and choices.

planner -> loop -> (messages, bindings, guard, words), and endpoint or recorded. Importing this imports no langchain,
which costs seconds.
"""

from agent.planners.llm.failure import Failure, ModelFailed
from agent.planners.llm.planner import LlmPlanner

__all__ = ["Failure", "LlmPlanner", "ModelFailed"]
