"""The graph: context -> plan -> guard -> one act task per move -> report. This file only wires.

State is JSON and ids: everything big lives in our tables. Import this only after `agent.settings.prepare_process()`;
`compose` does. Node names and the act payload are kept stable, because a thread that waits for days is resumed by newer
code: a change of the payload raises `ACT_VERSION`, and `act` reads every older one.
"""

from __future__ import annotations

from operator import add
from typing import TYPE_CHECKING, Annotated, Any

from langgraph.errors import NodeError
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, RetryPolicy, Send
from typing_extensions import TypedDict

from agent.casework.services import Services
from agent.nodes import act, context, guard, plan, report
from agent.nodes.act import Task
from domain.errors import DependencyDown, StorageFailed

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph


class State(TypedDict, total=False):
    """What a thread remembers: the run, its facts, its plan, a task per move, and which moves have ended."""

    run: str
    facts: str
    revision: int
    tasks: list[Task]
    ended: Annotated[list[str], add]
    failure: str


def build(services: Services, saver: BaseCheckpointSaver[Any] | None) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The compiled graph. Without a saver it cannot wait for people."""

    def on_context(state: State) -> State:
        return {"facts": context.context(services, state["run"])}

    def on_plan(state: State) -> State:
        return {"revision": plan.plan(services, state["run"], state["facts"])}

    def plan_failed(state: State, error: NodeError) -> Command[Any]:
        return Command(goto="report", update={"failure": plan.failed(services, state["run"], error.error)})

    def on_guard(state: State) -> State:
        return {"tasks": guard.guard(services, state["run"], state["facts"])}

    def on_act(state: Task) -> State:
        return {"ended": [act.act(services, state)]}

    def on_report(state: State) -> State:
        report.report(services, state["run"], state.get("failure", ""))
        return {}

    again = RetryPolicy(max_attempts=2, initial_interval=0.1, retry_on=(StorageFailed, DependencyDown))
    graph = StateGraph(State)
    graph.add_node("context", on_context)
    graph.add_node("plan", on_plan, retry_policy=again, error_handler=plan_failed)
    graph.add_node("guard", on_guard)
    graph.add_node("act", on_act, input_schema=Task)
    graph.add_node("report", on_report)
    graph.add_edge(START, "context")
    graph.add_edge("context", "plan")
    graph.add_edge("plan", "guard")
    graph.add_conditional_edges("guard", _one_task_per_move, ["act", "report"])
    graph.add_edge("act", "report")
    graph.add_edge("report", END)
    return graph.compile(checkpointer=saver)


def _one_task_per_move(state: State) -> list[Send] | list[str]:
    return [Send("act", task) for task in state["tasks"]] or ["report"]
