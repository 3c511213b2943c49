"""A capable model chooses and explains; the moves are the composer's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

import pytest

from agent.planners.assemble import assemble
from agent.planners.llm import LlmPlanner
from domain.canonical import canonical_json
from domain.errors import IntegrityBroken
from domain.plans import Plan
from tests.llm import talks
from tests.llm.talks import box, delay, finishes, good, named, planner, question, reallocates, recorded
from tests.llm.wire import Step, last, says, serving, step
from tests.tools.worlds import world
from tools.allocate import AllocateArgs, allocate
from tools.context import ToolContext
from tools.reallocate import ReallocateArgs, reallocate
from tools.table import TOOLS


def plan_of(script: Sequence[Step], **changes: object) -> tuple[Plan, list[str]]:
    asked = delay()
    tools, kept = box(asked)
    with serving(*script) as server:
        model = planner(server, **changes)
        draft = model.plan(asked, tools)
        assert server.faults == []
        assert set(server.keys) == {f"Bearer {talks.KEY}"}
    made = assemble(draft, asked, planner=f"{model.name}/{model.version}", policy="P", facts=world().id)
    return made, recorded(kept)


def composed() -> list[str]:
    """Substance of the moves that the composer makes of the allocation of X, without any model."""
    asked = delay()
    facts = box(asked)[0].facts
    context = ToolContext(facts, asked)
    plan = allocate(context, AllocateArgs(skus=("X",)))
    with_plan = ToolContext(facts, asked, {plan.id: plan})
    return [move.substance for move in reallocate(with_plan, ReallocateArgs(allocation_id=plan.id)).moves]


def test_a_good_conversation_ends_in_the_moves_of_the_composer():
    made, _ = plan_of(good())
    wanted = composed()
    assert wanted
    assert [move.substance for move in made.moves][: len(wanted)] == wanted
    assert made.moves[-1].kind == "expedite"
    assert made.summary.startswith("GOLD stands under a strict contract")
    assert made.planner == "llm/1:scripted"


def test_the_plan_names_the_allocation_it_rests_on_and_who_stays_short():
    made, _ = plan_of(good())
    assert len(made.allocations) == 1
    assert {(row.line, row.short) for row in made.shortages} == {
        (item.line, item.units) for item in made.allocations[0].shortages
    }
    assert all(any(key.startswith("T-") for key in move.evidence) for move in made.moves)


def test_the_model_may_leave_moves_out_and_say_which_come_first():
    def chooses(body):
        moves = last(body, "reallocate")["moves"]
        return finishes(include=[moves[-1]["id"]])

    made, _ = plan_of([named("allocate", skus=["X"]), reallocates, chooses])
    assert [move.substance for move in made.moves] == composed()[-1:]


def test_plain_words_end_the_run_with_everything_that_was_proposed():
    made, _ = plan_of([named("allocate", skus=["X"]), reallocates, says("The strict contract is served first.")])
    assert [move.substance for move in made.moves] == composed()
    assert made.summary == "The strict contract is served first."


def test_small_servers_are_asked_in_a_schema_with_one_branch_per_tool():
    asked = delay()
    tools, _ = box(asked)
    script: list[Step] = [
        step("allocate", skus=["X"]),
        lambda body: step("reallocate", allocation_id=last(body, "allocate")["id"]),
        step("finish", summary="Strict contracts first."),
    ]
    with serving(*script) as server:
        draft = planner(server, mode="schema").plan(asked, tools)
        sent = server.seen[0]
    assert [move.substance for move in draft.moves] == composed()
    branches = sent["response_format"]["json_schema"]["schema"]["properties"]["step"]["anyOf"]
    assert [branch["properties"]["tool"]["enum"][0] for branch in branches] == [*sorted(TOOLS), "finish"]
    assert "tools" not in sent


def test_recorded_answers_give_the_same_plan_byte_for_byte_without_a_server():
    made, outputs = plan_of(good())
    asked = delay()
    tools, kept = box(asked)
    away = LlmPlanner(base_url="http://127.0.0.1:9/v1", api_key=None, model="scripted", turns=8)
    draft = away.replaying(outputs).plan(asked, tools)
    again = assemble(draft, asked, planner=f"{away.name}/{away.version}", policy="P", facts=world().id)
    assert canonical_json(again) == canonical_json(made)
    assert recorded(kept) == outputs


def test_mistakes_are_replayed_as_they_were_made():
    script = [named("nonsense"), calls_with_broken_json(), *good()]
    made, outputs = plan_of(script)
    asked = delay()
    tools, _ = box(asked)
    away = LlmPlanner(base_url=None, api_key=None, model="scripted", turns=8)
    draft = away.replaying(outputs).plan(asked, tools)
    again = assemble(draft, asked, planner=made.planner, policy="P", facts=world().id)
    assert canonical_json(again) == canonical_json(made)


def calls_with_broken_json():
    from tests.llm.wire import calls

    return calls(("inventory", '{"sku": '))


def test_a_record_that_ends_too_early_is_said_so():
    _, outputs = plan_of(good())
    asked = delay()
    tools, _ = box(asked)
    away = LlmPlanner(base_url=None, api_key=None, model="scripted")
    with pytest.raises(IntegrityBroken, match="ends after 2 answers"):
        away.replaying(outputs[:2]).plan(asked, tools)


def test_a_question_is_answered_with_the_calls_it_rests_on():
    asked = question("who holds X?")
    tools, kept = box(asked)
    with serving(named("holdings", sku="X"), finishes("SO-2-1 holds 60 and SO-3-1 holds 40 of X.")) as server:
        draft = planner(server).plan(asked, tools)
    assert draft.answer is not None
    assert draft.answer.text == "SO-2-1 holds 60 and SO-3-1 holds 40 of X."
    assert draft.answer.evidence == tuple(call.id for call in kept if call.tool == "holdings")
    assert draft.moves == ()


def test_a_model_that_has_to_ask_asks():
    asked = question("give it to them")
    tools, _ = box(asked)
    with serving(finishes("", ask="Which order do you mean?")) as server:
        draft = planner(server).plan(asked, tools)
    assert draft.answer is not None
    assert (draft.answer.intent, draft.answer.text) == ("ask", "Which order do you mean?")


def test_tools_are_offered_without_a_place_for_quantities_unless_a_person_named_one():
    for asked, offered in ((delay(), False), (question("reserve 5 of Y for SO-4"), True)):
        tools, _ = box(asked)
        with serving(named("escalate", role="lead", reason="Look."), finishes("Asked.")) as server:
            planner(server).plan(asked, tools)
            sent = {tool["function"]["name"]: tool["function"]["parameters"] for tool in server.seen[0]["tools"]}
        assert ("quantity" in sent["reserve"]["properties"]) is offered
        assert "line" in sent["reserve"]["properties"]


def test_no_argument_is_named_like_a_parameter_of_the_toolbox():
    for spec in TOOLS.values():
        assert not {"self", "kind", "name"} & set(spec.arguments.model_fields), spec.name


def test_importing_the_planner_imports_no_model_client():
    code = "import sys, agent.planners.llm; print(sorted({name.split('.')[0] for name in sys.modules}))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert not {"langchain_core", "langchain_openai", "openai", "langgraph"} & set(json.loads(out.replace("'", '"')))
