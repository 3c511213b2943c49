"""The folders of the agent's tests."""

from tests.agent.conftest import _careful_once, careful

__all__ = ["_careful_once", "careful"]
