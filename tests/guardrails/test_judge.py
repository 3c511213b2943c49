"""Verdicts as worked examples: a world, a move, and what the shipped policy says of it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from domain.actions import (
    Escalate,
    ExpediteInbound,
    HoldWave,
    RequestCreditRelease,
    RequestReplenishment,
    SubstituteItem,
    Transfer,
)
from domain.cases import Scope
from domain.execution import TaskState
from domain.facts import SourceState
from domain.orders import HoldKind
from domain.plans import Move
from domain.verdicts import Outcome, Verdict
from guardrails.judge import judge
from guardrails.policy import Policy, default_policy, default_text, parse
from guardrails.subject import describe
from guardrails.vocabulary import FACTS
from tests.guardrails.world import (
    NOW,
    TODAY,
    case,
    facts,
    move,
    order,
    picking,
    reallocation,
    release,
    reserve,
    with_order,
)

POLICY = default_policy()


def verdict(subject: Move, world=None, *, policy: Policy = POLICY, about=None) -> Verdict:
    return judge(describe(subject, world or facts(), about or case()), policy)


def rules(found: Verdict, outcome: Outcome | None = None) -> list[str]:
    return [reason.rule for reason in found.reasons if outcome is None or reason.outcome is outcome]


def changed(old: str, new: str) -> Policy:
    text = default_text()
    assert text.count(old) >= 1
    return parse(text.replace(old, new, 1))


HELD_BY_QUALITY = with_order(order("SO-STD2", "STD2", 60, holds=(HoldKind.QUALITY,)))
HELD_BY_HAND = with_order(order("SO-STD2", "STD2", 60, holds=(HoldKind.MANUAL,)))
FROZEN = with_order(order("SO-STD1", "STD1", 60, frozen=True))
PICKING = facts(waves=(picking("SO-STD1/1"),))
PICKED = facts(
    waves=(
        picking("SO-STD1/1").model_copy(
            update={"tasks": (picking("SO-STD1/1").tasks[0].model_copy(update={"state": TaskState.PICKED}),)}
        ),
    )
)
DEGRADED = facts(sources=(SourceState(system="wms", as_of=NOW - timedelta(minutes=5), degraded=True),))
OLD = facts(sources=(SourceState(system="wms", as_of=NOW - timedelta(hours=5)),))


def buy(quantity: int) -> Move:
    return move(
        RequestReplenishment(id="a1", sku="WIDGET", site="EAST", quantity=quantity, needed_by=TODAY), kind="replenish"
    )


def hurry(cost: str) -> Move:
    return move(
        ExpediteInbound(id="a1", inbound="PO-1", sku="WIDGET", site="EAST", new_eta=TODAY, cost=Decimal(cost)),
        kind="expedite",
    )


def shift(quantity: int) -> Move:
    return move(
        Transfer(id="a1", sku="WIDGET", from_site="EAST", to_site="WEST", quantity=quantity, ship_on=TODAY),
        kind="transfer",
    )


SUBSTITUTE = move(
    SubstituteItem(id="a1", line="SO-STD2/1", sku="WIDGET", alternative="GADGET", site="EAST", quantity=5),
    kind="reserve",
)
CREDIT = move(RequestCreditRelease(id="a1", customer="HELD", order="SO-HELD", amount=Decimal(100)), kind="credit")
HOLD = move(HoldWave(id="a1", wave="W1", site="EAST", line="SO-STD1/1"), kind="wave")
ASK = move(Escalate(id="a1", role="lead", case="C1", reason="please look"), kind="escalate")


@pytest.mark.parametrize(
    ("subject", "world", "roles"),
    [
        pytest.param(move(reserve("a1", "SO-STD2/1", 10), kind="reserve"), facts(), (), id="free units go alone"),
        pytest.param(reallocation(units=25), facts(), (), id="few units between standard orders go alone"),
        pytest.param(reallocation(units=40), facts(), ("planner",), id="600 USD ask a planner"),
        pytest.param(reallocation(units=26), facts(), ("planner",), id="more than 25 units ask a planner"),
        pytest.param(reallocation(slip_days=8), facts(), ("planner",), id="more than a week of slip asks a planner"),
        pytest.param(reallocation("SO-KEY1/1"), facts(), ("planner",), id="a key customer losing asks a planner"),
        pytest.param(reallocation("SO-STRAT/1"), facts(), ("commercial",), id="a strategic one asks commercial"),
        pytest.param(reallocation("SO-SLA/1"), facts(), ("commercial",), id="a contract asks commercial"),
        pytest.param(reallocation(), PICKING, ("warehouse_manager",), id="released waves ask the warehouse"),
        pytest.param(
            reallocation(units=40), PICKING, ("planner", "warehouse_manager"), id="roles unite in written order"
        ),
        pytest.param(reallocation(), DEGRADED, ("lead",), id="degraded facts ask a lead"),
        pytest.param(reallocation(), OLD, ("lead",), id="old facts ask a lead"),
        pytest.param(reallocation(), HELD_BY_HAND, ("lead",), id="a manual hold asks a lead"),
        pytest.param(reallocation(), FROZEN, ("lead",), id="a frozen line asks a lead"),
        pytest.param(reallocation(slip_days=31), facts(), ("planner",), id="a far promise asks a planner"),
        pytest.param(buy(100), facts(), (), id="a small purchase goes alone"),
        pytest.param(buy(5000), facts(), ("planner", "finance"), id="a large one also asks finance"),
        pytest.param(hurry("250.00"), facts(), (), id="a cheap expedite goes alone"),
        pytest.param(hurry("250.01"), facts(), ("finance",), id="a cent more asks finance"),
        pytest.param(shift(100), facts(), (), id="a small transfer goes alone"),
        pytest.param(shift(1000), facts(), ("lead",), id="a large one is beyond a planner"),
        pytest.param(SUBSTITUTE, facts(), ("planner",), id="a substitute asks a planner"),
        pytest.param(CREDIT, facts(), ("finance",), id="credit asks finance"),
        pytest.param(HOLD, PICKING, ("warehouse_manager",), id="a wave asks the warehouse"),
        pytest.param(ASK, facts(), (), id="asking a person goes alone"),
    ],
)
def test_the_shipped_policy_asks_the_right_people(subject: Move, world, roles: tuple[str, ...]):
    found = verdict(subject, world)
    assert (found.outcome, found.roles) == (Outcome.APPROVAL if roles else Outcome.ALLOW, roles), found.reasons


@pytest.mark.parametrize(
    ("subject", "world", "rule"),
    [
        pytest.param(reallocation(winner="SO-HELD/1", units=5), facts(), "credit-hold", id="credit hold"),
        pytest.param(reallocation(), HELD_BY_QUALITY, "compliance-hold", id="quality hold"),
        pytest.param(reallocation("SO-SLA/1", 11), facts(), "contract-floor", id="30 held, floor 20, 11 taken"),
        pytest.param(reallocation(), PICKED, "picked-units", id="picked units"),
        pytest.param(move(release("a1", "SO-STD1/1", 5)), facts(), "shape", id="a loser without a winner"),
        pytest.param(
            move(release("a1", "SO-STD1/1", 5), reserve("a2", "SO-STD2/1", 5)), facts(), "shape", id="a missing need"
        ),
        pytest.param(
            move(
                release("a1", "SO-STD1/1", 5),
                release("a2", "SO-STD1/1", 5, site="WEST"),
                reserve("a3", "SO-STD1/1", 5, inbound="PO-1"),
            ),
            facts(),
            "shape",
            id="a swap of ten units for five",
        ),
        pytest.param(move(reserve("a1", "SO-STD2/1", 5, "a9")), facts(), "shape", id="a need nobody has"),
        pytest.param(move(reserve("a1", "SO-NONE/1", 5)), facts(), "shape", id="a line nobody knows"),
        pytest.param(move(), facts(), "shape", id="no action"),
    ],
)
def test_some_moves_never_go(subject: Move, world, rule: str):
    found = verdict(subject, world)
    assert found.outcome is Outcome.DENY
    assert rule in rules(found, Outcome.DENY)
    assert found.roles == ()


def test_a_floor_that_is_kept_is_not_broken():
    assert verdict(reallocation("SO-SLA/1", 10)).outcome is Outcome.APPROVAL


def test_deny_beats_approval_and_both_speak():
    found = verdict(reallocation("SO-SLA/1", 15))
    assert found.outcome is Outcome.DENY
    assert {"contract-floor", "strategic-or-contract"} <= set(rules(found))


def test_reasons_carry_the_facts_they_compared_with_units():
    found = verdict(reallocation(units=40))
    asked = next(reason for reason in found.reasons if reason.rule == "reallocate")
    assert dict(asked.facts) == {
        "units_from_confirmed": "40 units",
        "value_moved": "600.00 USD",
        "promise_slip": "5 days",
        "tier_losing": "standard",
    }


def test_what_no_rule_lets_go_is_denied():
    """The small transfer rule is narrowed; nothing else speaks of that move, and an 'any' rule lets nothing go."""
    policy = changed('{fact: cost, operator: "<=", value: 500 USD}', '{fact: cost, operator: "<", value: 10 USD}')
    found = verdict(shift(100), policy=policy)
    assert (found.outcome, rules(found)) == (Outcome.DENY, ["default"])
    degraded = verdict(shift(100), DEGRADED, policy=policy)
    assert (degraded.outcome, rules(degraded)) == (Outcome.DENY, ["degraded-facts", "default"])


def test_a_move_stays_inside_the_scope_of_its_case():
    narrow = Scope(skus=("WIDGET",), orders=("SO-STD1",), customers=("STD1",), sites=("EAST",))
    found = verdict(reallocation(units=1), about=case(scope=narrow))
    assert found.outcome is Outcome.DENY
    reason = next(reason for reason in found.reasons if reason.rule == "scope")
    assert "order SO-STD2 is not part of the case" in reason.text.replace("Order", "order")


def test_an_escalation_names_its_own_case():
    other = move(Escalate(id="a1", role="lead", case="C2", reason="look"), kind="escalate")
    assert "scope" in rules(verdict(other), Outcome.DENY)


@pytest.mark.parametrize(
    ("level", "outcome", "roles"),
    [
        ("observe", Outcome.DENY, ()),
        ("recommend", Outcome.DENY, ()),
        ("approve", Outcome.APPROVAL, ("planner",)),
        ("act", Outcome.ALLOW, ()),
    ],
)
def test_autonomy_bounds_what_the_rules_allow(level: str, outcome: Outcome, roles: tuple[str, ...]):
    policy = changed("  default: act", f"  default: {level}")
    found = verdict(reallocation(), policy=policy)
    assert (found.outcome, found.roles) == (outcome, roles)
    assert ("autonomy" in rules(found)) == (level != "act")


def test_approve_does_not_ask_twice_where_a_rule_asks_already():
    policy = changed("  default: act", "  default: approve")
    assert verdict(hurry("400"), policy=policy).roles == ("finance",)


def test_the_narrowest_autonomy_wins_and_the_most_cautious_place_counts():
    text = (
        "- {level: approve, case_kinds: [system_outage]}\n"
        "    - {level: observe, sku_classes: [A]}\n"
        "    - {level: act, sku_classes: [A], sites: [EAST]}\n"
        "    - {level: approve, segments: [vip]}"
    )
    policy = changed("- {level: approve, case_kinds: [system_outage]}", text)
    assert verdict(reallocation(), policy=policy).outcome is Outcome.ALLOW, "narrower entry for EAST wins"
    assert verdict(shift(1), policy=policy).outcome is Outcome.DENY, "it also touches WEST, where A is observed"
    assert verdict(reallocation(), policy=policy, about=case("system_outage")).outcome is Outcome.ALLOW


@pytest.mark.parametrize("pilot", ["skus: [OTHER]", "abc_classes: [C]", "sites: [WEST]"])
def test_outside_the_pilot_nothing_goes(pilot: str):
    key = pilot.split(":", maxsplit=1)[0]
    policy = changed(f"{key}: []", pilot)
    assert rules(verdict(reallocation(), policy=policy), Outcome.DENY) == ["pilot"]


def test_money_of_another_currency_is_never_compared():
    assert "currency" in rules(verdict(reallocation(), facts(base_currency="EUR")), Outcome.DENY)


def test_a_move_beyond_a_role_goes_to_the_one_above():
    policy = changed("max_value_at_stake: 5000 USD", "max_value_at_stake: 100 USD")
    found = verdict(reallocation(units=40), policy=policy)
    assert found.roles == ("lead",)
    assert "authority" in rules(found)


def test_a_move_beyond_everyone_is_denied():
    text = default_text().replace("max_value_at_stake: 5000 USD", "max_value_at_stake: 1 USD", 1)
    policy = parse(text.replace("    confirm: true\n    escalates_to: lead\n", "", 1))
    found = verdict(reallocation(units=40), policy=policy)
    assert found.outcome is Outcome.DENY
    assert "authority" in rules(found, Outcome.DENY)


def test_one_of_several_roles_is_one_step():
    policy = changed(
        "    outcome: approval\n    roles: [finance]\n    reason: The fee is above",
        "    outcome: approval\n    roles: [lead, finance]\n    mode: any\n    reason: The fee is above",
    )
    assert verdict(hurry("400"), policy=policy).roles == ("lead/finance",)


def test_four_eyes_comes_with_the_rule():
    assert verdict(CREDIT).four_eyes
    assert not verdict(hurry("400")).four_eyes


def test_a_proposer_can_raise_a_number_but_not_lower_it():
    modest = reallocation(units=40).model_copy(update={"value_at_stake": Decimal(0)})
    bold = reallocation(units=40).model_copy(update={"value_at_stake": Decimal(9000)})
    assert describe(modest, facts(), case()).facts["value_at_stake"] == Decimal("360.00")
    assert describe(bold, facts(), case()).facts["value_at_stake"] == Decimal("9000.00")


def test_every_declared_fact_has_a_value():
    subject = describe(reallocation(), facts(), case())
    assert set(subject.facts) == set(FACTS)
    assert all(subject.text(name) for name in FACTS)


def test_a_swap_at_another_site_takes_nothing_from_a_confirmed_order():
    swap = move(release("a1", "SO-STD1/1", 10), reserve("a2", "SO-STD1/1", 10, site="WEST"))
    values = describe(swap, facts(), case()).facts
    assert (values["units_from_confirmed"], values["units_moved"], values["tier_losing"]) == (0, 10, "none")


def test_an_expired_contract_protects_nobody():
    world = facts(taken_at=NOW.replace(year=2027))
    values = describe(reallocation("SO-SLA/1", 20), world, case()).facts
    assert (values["contract_losing"], values["contract_floor_broken"]) == (False, False)


def test_promise_slip_counts_from_what_the_erp_says_not_from_what_the_move_says():
    lying = reallocation(slip_days=20)
    update = lying.actions[2].model_copy(update={"old_date": date(2026, 3, 24)})
    lying = lying.model_copy(update={"actions": (*lying.actions[:2], update, lying.actions[3])})
    assert describe(lying, facts(), case()).facts["promise_slip"] == 20
