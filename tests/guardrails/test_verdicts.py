"""A verdict word for word: who is asked, which reason says what, on which facts, and how a condition is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.verdicts import Outcome, Reason
from guardrails.demotions import Demotion
from guardrails.judge import judge, raise_step, read_only_text
from guardrails.policy import Policy, Rule, default_policy, default_text, parse
from guardrails.policy import compiled as compiling
from guardrails.policy.compiled import Compiled, condition
from guardrails.policy.conditions import Condition
from guardrails.policy.scopes import Place
from guardrails.subject import Subject, describe
from guardrails.verdict import judged
from tests.guardrails.test_judge import changed, hurry, shift, verdict
from tests.guardrails.world import NOW, SCOPE, TODAY, case, facts, move, reallocation, reserve

POLICY = default_policy()
WHO = ("STD1", "STD2", "STRAT", "SLA", "KEY1")


def subject(made=None, world=None, about=None) -> Subject:
    return describe(made or reallocation(), world or facts(), about or case())


def said(found, rule: str) -> Reason:
    (reason,) = (reason for reason in found.reasons if reason.rule == rule)
    return reason


def demotion(level: str, key: str, **given: Any) -> Demotion:
    return Demotion.model_validate(
        {"id": key, "level": level, "cause": "budget", "why": f"{key} was set off", "since": NOW, **given}
    )


def with_rules(rules: tuple[Rule, ...]) -> Policy:
    return Policy(**{**{name: getattr(POLICY, name) for name in Policy.model_fields}, "rules": rules})


def test_three_faults_are_told_and_the_rest_counted():
    def told(count: int) -> str:
        orders = tuple(f"SO-X{number}" for number in range(count))
        around = case(scope=SCOPE.model_copy(update={"orders": orders}))
        made = move(*(reserve(f"a{n}", f"SO-{who}/1", 1) for n, who in enumerate(WHO[:count])))
        return said(judge(subject(made, about=around), POLICY), "scope").text

    sentences = [told(count) for count in (1, 3, 4, 5)]
    assert sentences[0] == "Order SO-STD1 is not part of the case."
    assert sentences[1].startswith("Order SO-STD1 is not part of the case; order ")
    assert [text.count("; order SO-") for text in sentences] == [0, 2, 2, 2]
    assert sentences[1].endswith(" is not part of the case.")
    assert sentences[2].endswith(" is not part of the case and 1 more.")
    assert sentences[3].endswith(" is not part of the case and 2 more.")


def test_what_is_denied_before_any_rule_says_why_under_its_own_name():
    odd = replace(subject(), faults=("the move is odd",), outside=("order SO-9 is not part of the case",))
    policy = changed("skus: []", "skus: [OTHER]")
    read_only = policy.model_copy(update={"autonomy": policy.autonomy.model_copy(update={"read_only": True})})
    found = judge(replace(odd, currency="EUR"), read_only)
    assert [(reason.rule, reason.outcome, reason.text) for reason in found.reasons[:5]] == [
        ("shape", Outcome.DENY, "The move is odd."),
        ("scope", Outcome.DENY, "Order SO-9 is not part of the case."),
        ("currency", Outcome.DENY, "The facts count in EUR, the policy in USD."),
        ("pilot", Outcome.DENY, "The pilot does not cover SKU WIDGET; nothing is written there."),
        ("read-only", Outcome.DENY, "The policy is read-only: plans are made and compared, nothing is written."),
    ]
    assert (found.outcome, found.policy, found.roles, found.four_eyes) == (Outcome.DENY, read_only.id, (), False)


@pytest.mark.parametrize(
    ("given", "when"),
    [
        ({"read_only": True}, ""),
        ({"read_only_until": date(2026, 3, 9)}, " until 2026-03-09"),
        ({"read_only": True, "read_only_until": date(2026, 3, 9)}, ""),
    ],
)
def test_read_only_says_until_when_if_it_ends_by_itself(given: dict[str, object], when: str):
    policy = POLICY.model_copy(update={"autonomy": POLICY.autonomy.model_copy(update=given)})
    assert read_only_text(policy) == f"The policy is read-only{when}: plans are made and compared, nothing is written."


def test_read_only_ends_on_its_day():
    def on(day: date) -> Outcome:
        autonomy = POLICY.autonomy.model_copy(update={"read_only_until": day})
        return judge(subject(), POLICY.model_copy(update={"autonomy": autonomy})).outcome

    assert (on(TODAY), on(TODAY + timedelta(days=1))) == (Outcome.ALLOW, Outcome.DENY)


def test_silence_names_every_kind_that_nothing_lets_go():
    rules = tuple(rule for rule in POLICY.rules if not {"transfer", "expedite_inbound"} & set(rule.actions) - {"any"})
    policy = with_rules(rules)
    both = move(*hurry("10").actions, shift(1).actions[0].model_copy(update={"id": "a2"}), kind="expedite")
    found = judge(subject(both), policy)
    assert said(found, "default").text == (
        "No rule lets expedite_inbound, transfer go in this move, and what no rule allows is denied."
    )
    assert (found.outcome, found.policy) == (Outcome.DENY, policy.id)


def test_a_denial_by_a_rule_needs_no_word_about_silence():
    denied = verdict(reallocation("SO-SLA/1", 11))
    assert "default" not in [reason.rule for reason in denied.reasons]
    assert denied.policy == POLICY.id


def test_each_rule_that_speaks_says_where_it_is_written_and_its_facts():
    found = verdict(reallocation(units=40))
    asked = said(found, "reallocate")
    written = default_text().splitlines()
    assert "id: reallocate" in written[asked.line - 1]
    assert (asked.document, asked.outcome) == (POLICY.name, Outcome.APPROVAL)
    assert asked.text == next(rule.reason for rule in POLICY.rules if rule.id == "reallocate")
    assert [name for name, _ in asked.facts] == ["units_from_confirmed", "value_moved", "promise_slip", "tier_losing"]
    assert (found.policy, found.four_eyes) == (POLICY.id, False)
    allowed = verdict(reallocation(units=10))
    assert (allowed.outcome, allowed.policy, allowed.roles) == (Outcome.ALLOW, POLICY.id, ())


def test_a_fact_that_two_rules_compare_is_told_in_both():
    found = verdict(reallocation("SO-SLA/1", 15))
    told = [reason for reason in found.reasons if reason.rule in ("contract-floor", "strategic-or-contract")]
    assert len(told) == 2 and all(reason.facts for reason in told)
    assert all(value for reason in told for _, value in reason.facts)


AUTONOMY = {
    "observe": "Autonomy here is observe: the plan is recorded and compared, nothing is written.",
    "recommend": "Autonomy here is recommend: people see the plan and carry it out themselves.",
    "approve": "Autonomy here is approve: a person confirms every move.",
}


@pytest.mark.parametrize("level", AUTONOMY)
def test_a_level_says_what_it_means(level: str):
    reason = said(verdict(reallocation(), policy=changed("  default: act", f"  default: {level}")), "autonomy")
    assert (reason.text, reason.facts) == (AUTONOMY[level], (("autonomy", level),))
    assert reason.outcome is (Outcome.APPROVAL if level == "approve" else Outcome.DENY)


@pytest.mark.parametrize("level", AUTONOMY)
def test_a_demotion_lowers_the_level_and_is_named(level: str):
    elsewhere = demotion("observe", "D-1", sites=("WEST",))
    mild, here = demotion("act", "D-2"), demotion(level, "D-3", sites=("EAST",))
    for found in (
        judge(subject(), POLICY, iter((elsewhere, mild, here))),
        judged(subject(), POLICY, demotions=iter((elsewhere, mild, here))),
    ):
        reason = said(found, "autonomy")
        assert reason.text == f"{AUTONOMY[level]} The policy says act, but D-3 has lowered it: D-3 was set off"
        assert reason.facts == (("autonomy", level), ("demotion", "D-3"))
        assert reason.outcome is (Outcome.APPROVAL if level == "approve" else Outcome.DENY)
        assert found.roles == (("planner",) if level == "approve" else ())
    assert judge(subject(), POLICY, (elsewhere, mild)).outcome is Outcome.ALLOW


def test_a_long_story_behind_a_demotion_is_cut():
    reason = said(judge(subject(), POLICY, [demotion("approve", "D-1", why="x" * 4000)]), "autonomy")
    assert len(reason.text) == 4000


def test_a_move_beyond_a_role_says_so_with_both_numbers():
    policy = changed("max_value_at_stake: 5000 USD", "max_value_at_stake: 100 USD")
    found = verdict(reallocation(units=40), policy=policy)
    reason = said(found, "authority")
    assert reason.text == "The move is beyond the authority of planner; lead decides instead."
    assert (reason.outcome, found.outcome) == (Outcome.APPROVAL, Outcome.APPROVAL)
    assert reason.facts == (("value_at_stake", "360.00 USD"), ("units_moved", "40 units"))


def test_a_move_beyond_everyone_says_so_and_asks_nobody():
    text = default_text().replace("max_value_at_stake: 5000 USD", "max_value_at_stake: 1 USD", 1)
    policy = parse(text.replace("    confirm: true\n    escalates_to: lead\n", "", 1))
    found = verdict(reallocation(units=40), policy=policy)
    reason = said(found, "authority")
    assert reason.text == "The move is beyond the authority of planner and of everyone above."
    assert reason.facts == (("value_at_stake", "360.00 USD"), ("units_moved", "40 units"))
    assert (found.outcome, found.policy, found.roles) == (Outcome.DENY, policy.id, ())
    assert said(found, "reallocate").outcome is Outcome.APPROVAL, "what the rules said stands beside it"


def test_two_steps_that_end_at_one_role_ask_it_once():
    text = default_text().replace(
        "    roles: [planner]\n    reason: A confirmed", "    roles: [planner, lead]\n    reason: A confirmed", 1
    )
    policy = parse(text.replace("max_value_at_stake: 5000 USD", "max_value_at_stake: 100 USD"))
    found = verdict(reallocation(units=40), policy=policy)
    assert found.roles == ("lead",)
    assert said(found, "authority").text.startswith("The move is beyond the authority of planner;")


@pytest.mark.parametrize(
    ("step", "value", "units", "raised"),
    [
        ("planner", "5000.00", 500, "planner"),
        ("planner", "5000.01", 500, "lead"),
        ("planner", "5000.00", 501, "lead"),
        ("planner", "50000.01", 1, "operations"),
        ("planner/finance", "5000.00", 1, "planner/finance"),
        ("planner/finance", "5000.01", 1, "finance"),
        ("finance/planner", "5000.01", 1, "finance"),
        ("planner/lead", "50000.01", 1, "operations"),
    ],
)
def test_a_step_goes_up_only_as_far_as_it_must(step: str, value: str, units: int, raised: str):
    assert raise_step(step, Decimal(value), units, POLICY) == raised


def test_several_who_are_all_too_small_go_up_from_the_first():
    policy = changed("max_value_at_stake: 50000 USD", "max_value_at_stake: 5001 USD")
    assert raise_step("planner/lead", Decimal(5001), 1, policy) == "lead"
    roles = {name: role.model_copy(update={"escalates_to": None}) for name, role in POLICY.roles.items()}
    alone = POLICY.model_copy(update={"roles": roles})
    assert raise_step("planner/lead", Decimal("50000.01"), 1, alone) is None


def when(*parts: dict[str, Any], of: str = "all") -> Callable[[Any], bool]:
    return condition(Condition.model_validate({of: list(parts)}))


def part(fact: str, operator: str, value: Any) -> dict[str, Any]:
    return {"fact": fact, "operator": operator, "value": value}


@pytest.mark.parametrize(
    ("operator", "answers"),
    [
        ("<", [True, False, False]),
        ("<=", [True, True, False]),
        (">", [False, False, True]),
        (">=", [False, True, True]),
        ("==", [False, True, False]),
        ("!=", [True, False, True]),
    ],
)
def test_numbers_compare_by_size(operator: str, answers: list[bool]):
    units = when(part("units_moved", operator, "5 units"))
    assert [units({"units_moved": number}) for number in (4, 5, 6)] == answers
    money = when(part("value_moved", operator, "5.50 USD"))
    assert [money({"value_moved": Decimal(text)}) for text in ("5.49", "5.50", "5.51")] == answers


def test_flags_choices_and_sets_compare_by_what_they_are():
    west_east = {"regions": ("west", "east")}
    for made, yes, no in (
        (part("degraded", "==", True), {"degraded": True}, {"degraded": False}),
        (part("degraded", "==", False), {"degraded": False}, {"degraded": True}),
        (part("tier_losing", "==", "key"), {"tier_losing": "key"}, {"tier_losing": "none"}),
        (part("tier_losing", "!=", "key"), {"tier_losing": "none"}, {"tier_losing": "key"}),
        (part("tier_losing", "in", ["key", "none"]), {"tier_losing": "none"}, {"tier_losing": "standard"}),
        (part("tier_losing", "not_in", ["key", "none"]), {"tier_losing": "standard"}, {"tier_losing": "none"}),
        (part("regions", "only", ["west", "east"]), west_east, {"regions": ("west", "north")}),
        (part("regions", "only", ["west"]), {"regions": ("west",)}, west_east),
        (part("regions", "includes_any", ["east", "north"]), west_east, {"regions": ("west",)}),
        (part("regions", "includes_none", ["north"]), west_east, {"regions": ("north", "west")}),
    ):
        assert when(made)(yes) is True, made
        assert when(made)(no) is False, made


def test_all_of_and_any_of_and_one_in_the_other():
    few, many = part("units_moved", "<", "5 units"), part("units_moved", ">", "9 units")
    poor = part("value_moved", "<", "10 USD")
    both, either = when(few, poor), when(few, many, of="any")
    nested = when(poor, {"any": [few, many]})
    at = lambda units, value: {"units_moved": units, "value_moved": Decimal(value)}  # noqa: E731
    assert [both(at(*one)) for one in ((4, 9), (4, 11), (6, 9))] == [True, False, False]
    assert [either(at(units, 0)) for units in (4, 6, 10)] == [True, False, True]
    assert [nested(at(*one)) for one in ((4, 9), (10, 9), (6, 9), (4, 11))] == [True, True, False, False]


def rules_heard(policy: Policy, *places: Place, kind: str = "reallocate", actions: tuple[str, ...]) -> Any:
    found, silent = policy.compiled.heard(places, kind, actions, subject().facts)
    return [one.standing.rule.id for one in found], silent


def test_a_rule_speaks_for_its_actions_and_kinds_of_move_only():
    heard, silent = rules_heard(POLICY, Place(), actions=("reserve", "release_reservation"))
    assert "reallocate-small" in heard and silent == ()
    assert rules_heard(POLICY, Place(), actions=())[0] == []
    ruled = tuple(
        rule.model_copy(update={"moves": ("transfer",)}) if rule.id == "reallocate-small" else rule
        for rule in POLICY.rules
    )
    narrowed = with_rules(ruled)
    assert "reallocate-small" not in rules_heard(narrowed, Place(), actions=("reserve",))[0]
    assert "reallocate-small" in rules_heard(narrowed, Place(), kind="transfer", actions=("reserve",))[0]


def test_what_is_silent_at_one_place_is_silent_and_told_in_the_order_asked():
    other = ("transfer", "made_up", "escalate", "another")
    heard, silent = rules_heard(POLICY, Place(), Place(region="west"), actions=other)
    assert silent == tuple(one for one in other if one in ("made_up", "another") or one in silent)
    assert {"made_up", "another"} <= set(silent) and "escalate" not in silent
    assert heard == [rule.id for rule in POLICY.rules if rule.id in heard], "in written order"


def test_a_deny_rule_and_one_for_any_action_cover_nothing():
    narrow = next(rule for rule in POLICY.rules if rule.outcome is Outcome.DENY)
    policy = with_rules((narrow.model_copy(update={"actions": ("transfer",)}), *POLICY.rules[1:]))
    for ready in policy.compiled._rules:
        rule = ready.standing.rule
        assert "any" not in ready.covers
        assert (ready.covers == frozenset()) == (rule.outcome is Outcome.DENY or rule.actions == ("any",))
        compared = [one.fact for one in rule.when.comparisons()] if rule.when else []
        assert ready.compared == tuple(dict.fromkeys(compared))


def test_what_is_kept_at_hand_has_an_end_and_says_the_same(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(compiling, "MOST_KEPT", 2)
    fresh = Compiled((one.standing for one in POLICY.compiled._rules), "main")
    asked = [("reserve",), ("transfer",), ("escalate",), ("reserve",), ("reserve", "transfer")]
    sizes = []
    for actions in asked:
        given = ((Place(),), "reallocate", actions, subject().facts)
        assert fresh.heard(*given)[1] == POLICY.compiled.heard(*given)[1]
        assert [r.standing for r in fresh.heard(*given)[0]] == [r.standing for r in POLICY.compiled.heard(*given)[0]]
        sizes.append(len(fresh._kept))
    assert sizes == [1, 2, 1, 2, 1]
