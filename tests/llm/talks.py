"""What the tests of the model planner share: a delay in a small constrained world, and conversations about it."""

from __future__ import annotations

from typing import Any

from agent.planners.llm import LlmPlanner
from domain.events import SupplierDelay
from domain.facts import Facts
from domain.requests import Request, ToolCall
from tests.llm.wire import Body, Reply, Server, Step, calls, last
from tests.tools.worlds import day, event, order, request, toolbox, world
from tools.toolbox import Toolbox

KEY = "sk-secret-0123456789"


def planner(server: Server, **changes: Any) -> LlmPlanner:
    """A planner on a scripted server, with a short patience and no retries."""
    told = {"base_url": server.url, "api_key": KEY, "model": "scripted", "timeout": 5.0, "turns": 8, "retries": 0}
    return LlmPlanner(**{**told, **changes})


def delay(note: str = "") -> Request:
    """PO-1 comes ten days later than it was to come."""
    return request("event", event(SupplierDelay(inbound="PO-1", new_eta=day(12), note=note)))


def question(text: str) -> Request:
    return request("question", question=text)


def noted(note: str) -> Facts:
    """The small world, with a note a customer wrote on SO-1."""
    facts = world()
    orders = tuple(
        order("SO-1", "GOLD", 50, price="24", notes=note) if item.id == "SO-1" else item for item in facts.orders
    )
    return facts.replace(orders=orders)


def box(asked: Request, facts: Facts | None = None) -> tuple[Toolbox, list[ToolCall]]:
    return toolbox(facts, asked)


def named(name: str, **arguments: Any) -> Reply:
    """One tool call."""
    return calls((name, arguments))


def reallocates(body: Body) -> Reply:
    """Propose what the allocation just made wants."""
    return named("reallocate", allocation_id=last(body, "allocate")["id"])


def finishes(summary: str = "Strict contracts first.", **more: Any) -> Reply:
    return named("finish", summary=summary, **more)


def good() -> list[Step]:
    """A conversation as a capable model leads it."""
    return [
        calls(("inventory", {"sku": "X"}), ("orders", {"sku": "X"})),
        named("allocate", skus=["X"]),
        reallocates,
        named("expedite", inbound="PO-1"),
        finishes("GOLD stands under a strict contract, so SO-1-1 is served before money decides."),
    ]


def recorded(kept: list[ToolCall]) -> list[str]:
    """The model's answers among the recorded calls of a run."""
    return [call.result for call in kept if call.tool == "model"]


def refused(kept: list[ToolCall]) -> list[str]:
    """The reasons of the refused calls of a run."""
    return [call.arguments for call in kept if call.tool == "refused"]
