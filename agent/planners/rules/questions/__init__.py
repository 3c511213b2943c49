"""Questions in plain English, answered from tools; what is not understood is said, never guessed."""

from agent.planners.rules.questions.router import answer

__all__ = ["answer"]
