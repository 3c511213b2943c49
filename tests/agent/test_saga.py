"""The saga as a flow: order, patience, parking, undoing; on a gate that does what the test says."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.runtime.saga import CLASSES, backoff, in_order, saga_flow
from domain.actions import SYSTEM_OF, Escalate, HoldWave, Reserve, UpdatePromise
from domain.errors import Conflict, DependencyDown, EffectRefused, ManualCheck, StaleDecision, UnknownOutcome


def reserve(key, *needs):
    return Reserve(id=key, needs=needs, line="L", sku="S", site="W", quantity=1)


def tell(key, *needs):
    return Escalate(id=key, needs=needs, role="lead", case="C-1", reason="look")


class Hands:
    """Does what `plan` says per action: an error to raise, once per listed one, then success."""

    def __init__(self, actions, plan=None, undone=None, done=()):
        self.actions = actions
        self.plan = {key: list(errors) for key, errors in (plan or {}).items()}
        self.undone = {key: list(errors) for key, errors in (undone or {}).items()}
        self.log = []
        self.refused = ""
        self.done = list(done)
        self.ended = []

    def _do(self, what, key, plan):
        self.log.append(f"{what} {key}")
        if plan.get(key):
            raise plan[key].pop(0)

    def begin(self, move):
        self._do("admit", "move", self.plan)
        return self.actions

    def execute(self, move, action):
        self._do("do", action, self.plan)
        self.done.append(action)

    def undo(self, move, action):
        self._do("undo", action, self.undone)
        self.done.remove(action)

    def refused_before(self, move):
        return self.refused, tuple(self.done)

    def finish(self, move, result):
        self._do("finish", result["state"], self.plan)
        self.ended.append(result["state"])


class Steps:
    """Runs every step at once and remembers how long it was told to wait."""

    def __init__(self):
        self.waits = []

    def run(self, name, function, *arguments):
        return function(*arguments)

    def wait(self, seconds):
        self.waits.append(seconds)


def run(hands, patience=3):
    steps = Steps()
    return saga_flow(hands, patience)(steps, {"move": "C-1/r1/m1"}), steps


def test_every_action_kind_has_its_place_in_the_order():
    assert set(CLASSES) == set(SYSTEM_OF)
    assert CLASSES[-2:] == ("create_customer_task", "escalate")


def test_people_are_told_last_and_picking_stops_first():
    promise = UpdatePromise(id="a2", line="L", sku="S", old_date=None, new_date=date(2026, 3, 2))
    hold = HoldWave(id="a4", wave="V", site="W")
    assert [a.id for a in in_order([tell("a1"), promise, reserve("a3"), hold])] == ["a4", "a3", "a2", "a1"]


@given(st.data())
def test_whatever_the_needs_an_action_stands_behind_them(data):
    size = data.draw(st.integers(1, 8))
    actions = []
    for index in range(size):
        before = [f"a{n}" for n in range(index)]
        needs = data.draw(st.lists(st.sampled_from(before), unique=True)) if before else []
        actions.append(data.draw(st.sampled_from([reserve, tell]))(f"a{index}", *needs))
    ordered = in_order(data.draw(st.permutations(actions)))
    assert Counter(a.id for a in ordered) == Counter(a.id for a in actions)
    seen: set[str] = set()
    for action in ordered:
        assert set(action.needs) <= seen
        seen.add(action.id)


def test_actions_in_a_circle_are_refused():
    with pytest.raises(Conflict):
        in_order([reserve("a1", "a2"), reserve("a2", "a1")])


@given(st.text(max_size=20), st.integers(1, 1000))
def test_waits_grow_with_jitter_and_end_at_a_minute(key, attempt):
    most = min(60.0, 0.05 * 2 ** min(attempt, 20))
    assert most / 2 <= backoff(key, attempt) <= most
    assert backoff(key, attempt) == backoff(key, attempt)


def test_a_silent_system_is_asked_again_under_the_same_step():
    hands = Hands([reserve("a1")], {"a1": [UnknownOutcome("lost"), DependencyDown("down")]})
    result, steps = run(hands)
    assert result["state"] == "done" and hands.ended == ["done"]
    assert hands.log.count("do a1") == 3 and len(steps.waits) == 2


def test_a_system_that_stays_silent_parks_the_saga_and_undoes_nothing():
    hands = Hands([reserve("a1"), reserve("a2")], {"a2": [DependencyDown("down")] * 3})
    result, _ = run(hands)
    assert result["state"] == "parked" and "down" in result["why"]
    assert hands.done == ["a1"] and hands.ended == ["parked"]


def test_a_refusal_undoes_what_was_done_last_first():
    hands = Hands([reserve("a1"), reserve("a2"), reserve("a3")], {"a3": [EffectRefused("no")]})
    result, _ = run(hands)
    assert result == {"state": "compensated", "why": "no"}
    assert hands.log[-3:] == ["undo a2", "undo a1", "finish compensated"]


def test_what_cannot_be_undone_is_for_a_person():
    hands = Hands([reserve("a1"), reserve("a2")], {"a2": [EffectRefused("no")]}, {"a1": [EffectRefused("too late")]})
    result, _ = run(hands)
    assert result["state"] == "failed" and "too late" in result["why"]


def test_undoing_parks_while_a_system_is_silent_and_goes_on_afterwards():
    hands = Hands([reserve("a1"), reserve("a2")], {"a2": [EffectRefused("no")]}, {"a1": [DependencyDown("down")] * 3})
    assert run(hands)[0]["state"] == "parked"
    hands.refused = "a2"
    again, _ = run(hands)
    assert again["state"] == "compensated" and hands.done == []
    assert hands.log.count("do a2") == 1, "a refused action is never sent again"


def test_an_effect_that_nobody_can_tell_is_never_repeated_nor_undone():
    hands = Hands([reserve("a1"), reserve("a2")], {"a2": [ManualCheck("perhaps")]})
    result, _ = run(hands)
    assert result["state"] == "failed"
    assert hands.log.count("do a2") == 1 and not [line for line in hands.log if line.startswith("undo")]


def test_a_move_that_the_gate_does_not_admit_does_nothing():
    hands = Hands([reserve("a1")], {"move": [StaleDecision("the world moved on")]})
    assert run(hands)[0]["state"] == "refused"
    assert hands.log == ["admit move", "finish refused"]


def test_books_that_cannot_be_closed_now_park_the_saga():
    hands = Hands([reserve("a1")], {"done": [DependencyDown("down")] * 3})
    assert run(hands)[0]["state"] == "parked"
    assert hands.ended == ["parked"] and hands.done == ["a1"]
