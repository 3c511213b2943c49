"""`policy check`: what can never matter, what contradicts, what is left out. No unreachable rule is missed or invented:
held against a search that tries every move."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from guardrails.policy import default_policy, default_text, load, read_text
from guardrails.policy.examination import examine
from guardrails.policy.inspection import Remark, inspect
from tests.guardrails import reference
from tests.guardrails.brute import Tried, try_all
from tests.guardrails.policies import policies, typed

EXAMPLE = Path(__file__).parents[2] / "docs" / "policies" / "distributor"


def must_find_what_trying_finds(data: dict[str, Any]) -> None:
    tried, found = try_all(data), inspect(typed(data))
    rules = [rule for _, rule in reference.written(data)]
    everything = set(range(len(rules)))
    assert of(found, "unreachable") == everything - tried.spoke
    assert of(found, "shadowed") == tried.spoke - tried.mattered
    assert of(found, "undecidable") == set(), "no role has limits here"
    assert {remark.message.split()[3] for remark in found if remark.what == "gap"} == tried.gaps
    assert of(found, "contradiction") == contradicting(data, tried)


def of(found: tuple[Remark, ...], what: str) -> set[int | None]:
    return {remark.rule for remark in found if remark.what == what}


def contradicting(data: dict[str, Any], tried: Tried) -> set[int]:
    written = reference.written(data)
    named = set()
    for first, second in tried.together:
        (one_document, one), (other_document, other) = written[first], written[second]
        if not {first, second} <= tried.mattered:
            continue
        if one["outcome"] == "allow":
            narrower = reference.narrowness(other_document) > reference.narrowness(one_document)
            if not other.get("final") and not narrower:
                named.add(first)
        elif first < second and "any" not in (one.get("mode"), other.get("mode")):
            common = [role for role in one["roles"] if role in other["roles"]]
            if common != [role for role in other["roles"] if role in one["roles"]]:
                named.add(second)
    return named


@given(data=policies(documents=2, count=3, few=True))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_unreachable_rule_is_missed_or_invented(data: dict[str, Any]):
    must_find_what_trying_finds(data)


@pytest.mark.nightly
@given(data=policies(documents=2, count=4, few=True))
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_unreachable_rule_is_missed_or_invented_all_night(data: dict[str, Any]):
    must_find_what_trying_finds(data)


def found_in(text: str) -> list[tuple[str, int, str]]:
    return [(one.what, one.line, one.message) for one in examine(text, "mine.yaml")]


def with_rule(text: str) -> str:
    return default_text() + "\n" + textwrap.indent(textwrap.dedent(text), "  ")


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("rule", "what", "says"),
    [
        (
            """
            - {id: never, title: t, actions: [reserve], outcome: approval, roles: [lead], reason: r, when: {all: [
                {fact: stock_age, operator: ">", value: 5 days}, {fact: stock_age, operator: "<", value: 6 days}]}}
            """,
            "unreachable",
            "rule never can never speak: nothing fits its condition",
        ),
        (
            """
            - {id: never, title: t, actions: [reserve], outcome: approval, roles: [lead], reason: r, when: {all: [
                {fact: margin_share, operator: ">", value: 100 %}]}}
            """,
            "unreachable",
            "nothing fits its condition",
        ),
        (
            """
            - {id: never, title: t, actions: [substitute], outcome: allow, reason: r}
            """,
            "shadowed",
            "rule never never matters: substitute (Example distributor policy, line ",
        ),
        (
            """
            - {id: never, title: t, actions: [escalate], outcome: approval, roles: [lead], reason: r, when: {all: [
                {fact: picked_units, operator: "==", value: true}]}}
            """,
            "shadowed",
            "whatever it speaks of is denied by picked-units",
        ),
        (
            """
            - {id: costly, title: t, actions: [transfer], outcome: deny, reason: r, when: {all: [
                {fact: cost, operator: ">", value: 100 USD}]}}
            """,
            "contradiction",
            "rule transfer-small allows what costly (Example distributor policy, line ",
        ),
        (
            """
            - {id: turned, title: t, actions: [request_replenishment], outcome: approval, roles: [finance, planner],
               reason: r, when: {all: [{fact: purchase_cost, operator: ">", value: 90000 USD}]}}
            """,
            "contradiction",
            "asks planner, then finance, and turned",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_rule_is_named_with_line_and_fix(rule: str, what: str, says: str):
    found = examine(with_rule(rule), "mine.yaml")
    assert [one.what for one in found] == [what], found
    assert says in found[0].message
    assert found[0].fix and found[0].place.startswith("mine.yaml, line ")
    assert bool(found[0].witness) == (what == "contradiction")


def test_a_deny_that_says_it_is_meant_contradicts_nobody():
    costly = """
        - {id: costly, title: t, actions: [transfer], outcome: deny, reason: r, final: true,
           when: {all: [{fact: cost, operator: ">", value: 9 USD}]}}
        """
    assert found_in(with_rule(costly)) == []


def test_a_gap_is_named_with_a_move_that_falls_into_it():
    text = default_text().replace(
        '{fact: promise_slip, operator: ">", value: 30 days}', '{fact: promise_slip, operator: ">", value: 31 days}'
    )
    (gap,) = examine(text, "mine.yaml")
    assert gap.what == "gap" and "update_promise" in gap.message
    assert "promise_slip 31 days" in gap.witness and "update_promise" in gap.witness


def test_what_nobody_may_decide_is_named():
    text = default_text().replace("    confirm: true\n    escalates_to: lead\n", "", 1)
    large = "- {id: large, title: t, actions: [transfer], outcome: approval, roles: [planner], reason: r, when: {all: ["
    text += "\n  " + large + '{fact: value_at_stake, operator: ">", value: 5000 USD}]}}\n'
    assert ("undecidable", line_of(text, "- {id: large")) in [(what, line) for what, line, _ in found_in(text)]


def test_every_fault_is_listed_not_only_the_first():
    text = (
        default_text().replace("value: 500 USD", "value: 500 EUR").replace("    roles: [finance]", "    roles: [fin]")
    )
    found = [one for one in examine(text, "mine.yaml") if one.what == "malformed"]
    assert len([one for one in found if "counts in USD" in one.message]) == 4
    assert len([one for one in found if "no role 'fin'" in one.message]) == 2
    twice = text.replace("fact: credit_hold", "fact: credt_hold").replace("value: 30 days", "value: 30 USD")
    assert {one.field for one in examine(twice, "mine.yaml")} >= {"rules[1].when.all[0]", "rules[22].when.all[0]"}


def test_a_broader_rule_that_is_always_replaced_is_named():
    west = "---\nname: West\nscope: {regions: [west]}\nrules:\n  - {id: substitute, title: t, actions: [substitute], "
    west += "outcome: approval, roles: [lead], reason: r}\n"
    narrower = west.replace("name: West", "name: Everything west").replace(
        "regions: [west]", "regions: [west], channels: [edi, portal, phone, email]"
    )
    elsewhere = west.replace("regions: [west]", "regions: [west], customers: [C1]").replace("name: West", "name: C1")
    assert found_in(default_text() + west + elsewhere) == []
    both = found_in(default_text() + west + narrower)
    assert both == [], "a transfer has no channel, so the broader rule counts there"


def test_the_shipped_policy_and_the_example_hierarchy_are_clean():
    assert found_in(default_text()) == []
    assert examine(read_text(EXAMPLE), "distributor") == ()
    policy = load(EXAMPLE)
    assert {"planner", "lead", "finance", "warehouse_manager", "commercial", "auditor"} <= set(policy.roles)
    assert len(policy.documents) == 6


def test_two_hundred_rules_are_checked_in_seconds():
    policy = default_policy()
    rules = tuple(rule.model_copy(update={"id": f"{rule.id}-{copy}"}) for copy in range(8) for rule in policy.rules)
    assert len(inspect(policy.model_copy(update={"rules": rules}))) == 0
