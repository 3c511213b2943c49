"""What a model chose is put together only when it can be carried out together."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.planners.llm.drafting import counted, overdrawn
from agent.planners.rules.planner import RulesPlanner
from domain.actions import Reserve
from domain.cases import Scope
from domain.facts import Facts
from domain.requests import Request
from evals.worlds.generate import generate
from tests.llm.talks import finishes, named, planner, reallocates
from tests.llm.wire import Step, serving
from tests.planners.generated import worlds
from tests.tools.worlds import request, toolbox
from tools.allocate import AllocateArgs, allocate
from tools.context import Proposal, ToolContext
from tools.reallocate import ReallocateArgs, reallocate


@settings(max_examples=25)
@given(worlds())
def test_a_whole_plan_of_the_rules_goes_together(facts: Facts):
    asked = request()
    tools, _ = toolbox(facts, asked)
    moves = RulesPlanner().plan(asked, tools).moves
    assert overdrawn(tools.facts, asked, moves) == ""


@settings(max_examples=25)
@given(worlds(), st.integers(1, 50))
def test_one_unit_more_than_free_does_not_go(facts: Facts, more: int):
    asked = request()
    tools, _ = toolbox(facts, asked)
    free = ToolContext(tools.facts, asked).free("X", "EAST")
    line = next(line.id for order in facts.orders for line in order.lines)
    proposal = toolbox(facts, asked)[0].call("escalate", {"role": "lead", "reason": "Look."})
    assert isinstance(proposal, Proposal)
    greedy = Reserve(id="a1", line=line, sku="X", site="EAST", quantity=free + more)
    assert overdrawn(tools.facts, asked, [proposal.moves[0].model_copy(update={"actions": (greedy,)})]) == "X at EAST"


def test_nothing_is_counted_as_nothing():
    assert counted([]) == "Nothing is proposed."


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_on_generated_worlds_a_model_ends_in_the_moves_of_the_composer(seed: int):
    made = generate(seed)
    now = made.events[-1].at
    scope = Scope(skus=(made.hot,))
    asked = Request(
        case="C-1", case_kind="test", revision=1, kind="event", now=now, by="paula", scope=scope, events=made.events
    )
    tools, _ = toolbox(made.facts, asked)
    script: list[Step] = [named("allocate", skus=[made.hot]), reallocates, finishes("The allocation is carried out.")]
    with serving(*script) as server:
        draft = planner(server).plan(asked, tools)
        assert server.faults == []
    context = ToolContext(tools.facts, asked)
    plan = allocate(context, AllocateArgs(skus=(made.hot,)))
    wanted = reallocate(ToolContext(tools.facts, asked, {plan.id: plan}), ReallocateArgs(allocation_id=plan.id)).moves
    assert wanted
    assert [move.substance for move in draft.moves] == [move.substance for move in wanted]
