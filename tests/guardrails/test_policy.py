"""The policy document: what it says is typed, and what is wrong in it is named with file line, field and fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import BadInput, NotAllowed
from guardrails import people
from guardrails.policy import default_policy, default_text, load, parse
from guardrails.policy.compiled import condition
from guardrails.policy.conditions import Condition
from guardrails.subject import describe
from guardrails.vocabulary import ACTION_KINDS
from tests.guardrails.world import case, facts, reallocation


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "field", "message", "fix"),
    [
        ("version: 1", "version: x", "version", "valid integer", "shipped default"),
        ("pilot: {skus", "pilot: {{skus", "", "expected", "indentation"),
        ("currency: USD", "currency: USD\ncurrency: EUR", "currency", "stands here twice", "keep one"),
        ("fact: credit_hold", "fact: credt_hold", "rules[1].when.all[0]", "no fact 'credt_hold'", "credit_hold"),
        ("value: 500 USD", "value: 500 units", "rules[8].when.all[1]", "'500 units' is not money", "500 USD"),
        ("value: 500 USD", "value: 500", "rules[8].when.all[1]", "'500' is not an amount of money", "500 USD"),
        ("value: 30 days", "value: 30 USD", "rules[22].when.all[0]", "'USD' is not a unit of days", "3 days"),
        ("value: 500 USD", "value: 500 EUR", "rules[8].when", "counts in USD", "write the amount in USD"),
        ("limit: 50000 USD", "limit: 50000 EUR", "budgets[1].limit", "counts in USD", "in USD"),
        ("limit: 500 units", "limit: 500 USD", "budgets[0]", "'USD' is not a unit", "20 units"),
        ("limit: 250", "limit: many", "budgets[2]", "whole number", "25"),
        ('_hold, operator: "=="', '_hold, operator: "~"', "rules[0].when.all[0]", "no operator '~'", "use one of"),
        ('_hold, operator: "=="', '_hold, operator: "<"', "rules[0].when.all[0]", "'<' does not compare", "=="),
        ("value: true", "value: maybe", "rules[0].when.all[0]", "yes or no", "true or false"),
        ("[none, standard]", "[none, gold]", "rules[8].when.all[", "never 'gold'", "strategic"),
        ("roles: [planner, finance]", "roles: [planner, fin]", "rules[19].roles[1]", "no role 'fin'", "finance"),
        ("    roles: [finance]", "    roles: [auditor]", "rules[21].roles[0]", "decides nothing", "finance"),
        ("    roles: [finance]", "    roles: []", "rules[21]", "an approval rule names its roles", "shipped default"),
        ("confirm_role: planner", "confirm_role: boss", "autonomy.confirm_role", "no role 'boss'", "planner"),
        ("redact: [operations, auditor]", "redact: [boss]", "records.redact[0]", "no role 'boss'", "auditor"),
        ("escalates_to: lead", "escalates_to: boss", "roles.planner.escalates_to", "no role 'boss'", "add it"),
        ("of operations", "of all\n    escalates_to: lead", "escalates_to", "in a circle", "without limits"),
        ("- id: escalate", "- id: promise", "rules[26].id", "taken by rules[22]", "another id"),
        ("actions: [escalate]", "actions: [escalat]", "rules[26].actions", "no action kind 'escalat'", "escalate"),
        ("actions: [escalate]", "actions: any", "rules", "no rule allows or asks about", "escalate"),
        ("    outcome: deny\n", "", "rules[0]", "the field 'outcome' is missing", "add it"),
        ("expire_after: 24 hours", "expire_after: 24 apples", "expire_after", "'apples' is not a unit", "90 minutes"),
        ("name: Example", "colour: red\nname: Example", "", "the field 'colour' is not known", "spelling"),
        ("when: {all: [{fact: expedite_cost", "when: {both: [{fact: expedite_cost", "rules[20].when", "both", "check"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_line_field_and_fix(old: str, new: str, field: str, message: str, fix: str):
    text = default_text()
    assert old in text
    with pytest.raises(BadInput) as caught:
        parse(text.replace(old, new, 1), "mine.yaml")
    says = str(caught.value)
    assert says.startswith("mine.yaml, line ")
    assert field in (caught.value.field or "")
    assert message in caught.value.message, says
    assert fix in (caught.value.fix or ""), says


def test_the_line_is_the_line_of_the_fault():
    text = default_text().replace("roles: [planner, finance]", "roles: [planner, fin]")
    with pytest.raises(BadInput, match=f"line {line_of(text, 'planner, fin]')},"):
        parse(text)


def test_yaml_that_is_not_a_policy_is_refused():
    for text, message in (("", "empty"), ("- a\n- b", "named fields"), ("a: &x {b: 1}\nc: *x", "alias")):
        with pytest.raises(BadInput, match=message):
            parse(text)


def test_a_file_that_cannot_be_read_is_bad_input(tmp_path: Path):
    with pytest.raises(BadInput, match="cannot be read"):
        load(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9")
    with pytest.raises(BadInput, match="UTF-8"):
        load(tmp_path / "latin.yaml")


def test_a_policy_is_known_by_its_content(tmp_path: Path):
    """Comments and layout do not count; one number does."""
    path = tmp_path / "p.yaml"
    path.write_text("# a comment\n" + default_text())
    policy = default_policy()
    assert load(path).id == policy.id
    assert policy.id.startswith("P-") and len(policy.id) == 14
    assert parse(default_text().replace("24 hours", "25 hours")).id != policy.id
    assert parse(default_text().replace("24 hours", "1440 minutes")).id == policy.id


def test_the_shipped_policy_covers_every_action_kind():
    named = {kind for rule in default_policy().rules for kind in rule.actions}
    assert set(ACTION_KINDS) <= named


def test_conditions_nest():
    subject = describe(reallocation(units=10), facts(), case())
    both = {"fact": "units_moved", "operator": "<=", "value": "10 units"}
    neither = {"fact": "tier_losing", "operator": "not_in", "value": ["standard"]}
    sets = {"fact": "sites", "operator": "includes_none", "value": ["WEST"]}
    only = {"fact": "skus", "operator": "only", "value": ["WIDGET"]}
    assert condition(Condition.model_validate({"all": [both, {"any": [neither, sets]}, only]}))(subject.facts)
    assert not condition(Condition.model_validate({"all": [both, {"all": [neither, sets]}]}))(subject.facts)


def test_people_are_found_by_id_address_and_role():
    everyone = people.personas()
    assert everyone.get("lena").roles == ("lead", "planner")
    assert everyone.with_email("LENA@example.com") == everyone.get("lena")
    assert [user.id for user in everyone.holding("lead/finance")] == ["lena", "farid", "fiona"]
    roles = set(default_policy().roles)
    assert {role for user in everyone.all() for role in user.roles} == roles


def test_a_deactivated_user_decides_nothing():
    everyone = people.parse("people:\n - {id: eve, name: Eve, email: e@x.org, roles: [lead], active: false}")
    with pytest.raises(NotAllowed, match="no longer active"):
        everyone.get("eve")
    assert everyone.with_email("e@x.org") is None
    assert everyone.holding("lead") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("people:\n  - {id: eve}", "line 2, people\\[0\\]: name: Field required"),
        ("people:\n  - {id: e, name: E, email: e}\n  - {id: e, name: E, email: e}", "stands here twice"),
        ("persons: []", "people: Field required"),
    ],
)
def test_a_people_file_names_its_fault(text: str, message: str):
    with pytest.raises(BadInput, match=message):
        people.parse(text)
