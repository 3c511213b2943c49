"""Cumulative limits and scope: small is not enough to pass, and claims are seen by everybody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from domain.errors import BadInput, NotAllowed
from domain.verdicts import Outcome
from guardrails.holders import holders
from guardrails.judge import judge
from guardrails.policy import default_policy, default_text, parse
from guardrails.subject import describe
from storage import cases
from storage.records import MoveState
from tests.guardrails import world
from tests.guardrails.house import House
from tests.guardrails.house import house as build
from tests.guardrails.world import move, reallocation, reserve

BACKENDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.real)]
PER_RULE = (
    default_text()
    .replace(
        "budgets:\n",
        "budgets:\n  - {id: free-a-day, per: rule, rules: [free-stock], measure: moves, limit: 4}\n",
    )
    .replace("{budget: approve", "{budget: keep")
)


def small(number: int):
    return move(reserve("a1", "SO-STD2/1", 1), kind="reserve", key=f"C1/r1/m{number}")


def test_an_action_outside_the_scope_of_its_case_is_denied_even_when_small(house: House):
    narrow = world.SCOPE.model_copy(update={"orders": ("SO-STD1",), "customers": ("STD1",)})
    verdict = judge(describe(small(1), world.facts(), world.case(scope=narrow)), default_policy())
    assert verdict.outcome is Outcome.DENY
    assert any(
        reason.rule == "scope" and "SO-STD2 is not part of the case" in reason.text for reason in verdict.reasons
    )
    case = world.case(scope=narrow).model_copy(update={"id": "C-9"})
    with house.database.write() as session:
        cases.open_case(session, case)
    run = house.open_run("R-9", case)
    assert house.propose(small(1), case=case, run=run).outcome is Outcome.DENY
    with pytest.raises(NotAllowed):
        house.gate.admit(small(1).id)
    assert house.held("SO-STD2/1") == 0


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_rule_has_a_budget_of_its_own_that_racing_moves_share(backend: str, tmp_path: Path):
    with build(tmp_path, policy=parse(PER_RULE), backend=backend) as house:
        for number in range(1, 11):
            house.propose(small(number))

        def admit(number: int) -> bool:
            try:
                return house.gate.admit(small(number).id).move != ""
            except NotAllowed as refused:
                assert "budget free-a-day allows 4 moves per rule" in refused.message
                return False

        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(admit, range(1, 11))) == 4
        taken = reallocation(units=3, key="C1/r1/m77")
        house.propose(taken)
        house.gate.admit(taken.id)  # goes by another rule, which has no such budget
        house.later(days=1)
        house.propose(small(99))
        assert house.gate.admit(small(99).id).move, "tomorrow the rule may go again"


@pytest.mark.parametrize(
    ("budget", "says"),
    [
        ("{id: x, per: rule, measure: moves, limit: 4}", "names its rules"),
        ("{id: x, per: run, rules: [free-stock], measure: moves, limit: 4}", "names its rules"),
        ("{id: x, per: rule, rules: [nothing-like-it], measure: moves, limit: 4}", "there is no rule"),
    ],
)
def test_a_budget_per_rule_names_rules_there_are(budget: str, says: str):
    with pytest.raises(BadInput, match=says):
        parse(default_text().replace("budgets:\n", f"budgets:\n  - {budget}\n"))


def test_a_claim_is_seen_with_whose_plan_until_when_and_what_it_waits_for(house: House):
    asked = reallocation(units=40, winner="SO-STD2/1")
    free = move(reserve("a1", "SO-STD2/1", 20), kind="reserve", key="C1/r1/m2")
    house.policy = parse(default_text().replace("  default: act", "  default: approve"))
    house.propose(asked)
    house.propose(free)
    assert house.state(free.id) is MoveState.WAITING

    def seen(sku: str | None = None, site: str | None = None):
        with house.database.read() as session:
            return holders(session, house.facts(), house.now(), sku, site)

    (claim,) = [one for one in seen("WIDGET", "EAST") if one.how == "claim"]
    assert (claim.units, claim.owner, claim.lines, claim.customers) == (20, free.id, ("SO-STD2/1",), ("STD2",))
    assert (claim.waiting_for, claim.asked_by, claim.until) == (
        ("planner",),
        "intake",
        house.now() + timedelta(hours=24),
    )
    held = {one.lines[0]: one.units for one in seen("WIDGET") if one.how == "reservation"}
    assert held == {"SO-STD1/1": 60, "SO-KEY1/1": 40, "SO-STRAT/1": 20, "SO-SLA/1": 30}
    assert seen("GADGET") == () and seen(None, "WEST") == ()
    house.later(hours=25)
    assert [one for one in seen() if one.how == "claim"] == [], "a claim ends by itself"


def test_a_claim_gives_way_only_through_the_guard_to_a_move_worth_more(house: House):
    house.policy = parse(default_text().replace("  default: act", "  default: approve"))
    weak = move(reserve("a1", "SO-STD2/1", 30), kind="reserve", key="C1/r1/m1")
    house.propose(weak)
    for number, (value, state) in enumerate((("-1.00", MoveState.WAITING), ("9.00", MoveState.SUPERSEDED)), start=2):
        case, run = house.another_case(f"C-{number}")
        rival = move(reserve("a1", "SO-STD2/1", 30), kind="reserve", key=f"{case.id}/r1/m1")
        house.propose(rival.model_copy(update={"value": type(rival.value)(value)}), case=case, run=run)
        assert house.state(weak.id) is state
