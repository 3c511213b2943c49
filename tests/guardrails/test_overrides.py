"""Override rules: read from the move on the guard's own facts, asked beside the rules, and never instead of them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.errors import BadInput, NotAllowed
from domain.verdicts import Outcome
from guardrails.judge import judge
from guardrails.overrides import Weighed, check_code, joined, kinds, may_undo, recorded
from guardrails.people import personas
from guardrails.policy import default_policy, default_text, parse
from guardrails.shape import faults
from guardrails.subject import describe
from guardrails.verdict import judged
from tests.guardrails.test_judge import CREDIT
from tests.guardrails.world import case, facts, move, picking, reallocation, release, reserve

POLICY = default_policy()
NOBODY = None


def weighed(cost: str | None = "10.00", **more: object) -> Weighed:
    money = None if cost is None else Decimal(cost)
    return Weighed.model_validate(
        {"by": "paula", "what": ("recommendation",), "currency": "USD", "cost": money, **more}
    )


def subject(made, world=None, about=None):
    return describe(made, world or facts(), about or case())


def test_the_copilots_own_plan_is_judged_by_the_rules_alone():
    for made in (reallocation(units=10), reallocation(units=40), CREDIT, move(reserve("a1", "SO-STRAT/1", 10))):
        assert judged(subject(made), POLICY) == judge(subject(made), POLICY)


def test_kinds_are_read_from_the_move_and_not_from_its_words():
    told = reallocation(units=10).model_copy(update={"title": "nothing is promised", "effects": (), "kind": "reserve"})
    assert "commitment" in kinds(subject(told), NOBODY)
    assert "credit" in kinds(subject(CREDIT), NOBODY)
    assert "released" in kinds(subject(reallocation(units=10), facts(waves=(picking("SO-STD1/1"),))), NOBODY)
    assert kinds(subject(move(reserve("a1", "SO-STRAT/1", 10))), weighed()) == ("recommendation",)


def test_an_override_adds_a_question_and_never_takes_one_away():
    for made in (reallocation(units=10), reallocation(units=40), reallocation("SO-STRAT/1", 20), CREDIT):
        plain = judge(subject(made), POLICY)
        asked = judged(subject(made), POLICY, weighed())
        assert set(plain.roles) <= set(asked.roles)
        assert asked.four_eyes or not plain.four_eyes
        assert set(plain.reasons) <= set(asked.reasons)
        assert asked.outcome is Outcome.APPROVAL
        added = next(reason for reason in asked.reasons if reason.rule == "override-recommendation")
        written = default_text().splitlines()[added.line - 1]
        assert added.document == POLICY.name and "kind: recommendation" in written


def test_a_denial_stays_one():
    made = move(release("a1", "SO-KEY1/1", 5))
    denied = judge(subject(made), POLICY)
    assert denied.outcome is Outcome.DENY
    assert joined(denied, subject(made), POLICY, weighed()) == denied


@pytest.mark.parametrize(
    "made",
    [
        weighed("5000.01"),
        weighed("0.00", ranked=1),
        weighed("0.00", floors=1),
        weighed(None, why_none="the line is not known"),
    ],
    ids=["dear", "a rank given up", "a floor given up", "of unknown cost"],
)
def test_beyond_the_limit_the_role_above_decides(made: Weighed):
    small = reallocation(units=10)
    assert "lead" in judged(subject(small), POLICY, made).roles
    assert "lead" not in judged(subject(small), POLICY, weighed("5000.00")).roles


def test_a_rule_that_always_speaks_also_speaks_of_the_copilots_plan():
    text = default_text().replace(
        "{kind: commitment, roles: [planner, lead, commercial, operations]}",
        "{kind: commitment, roles: [commercial], four_eyes: true, always: true}",
    )
    found = judged(subject(reallocation(units=10)), parse(text, "mine.yaml"))
    assert (found.roles, found.four_eyes) == (("commercial",), True)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("limit: 5000 USD, above: lead", "limit: 5000 USD", "limit names the role"),
        ("limit: 5000 USD, above: lead", "limit: 5000 EUR, above: lead", "counts in USD"),
        ("{kind: released, roles: [warehouse_manager]}", "{kind: released, roles: [auditor]}", "decides nothing"),
        ("{kind: released, roles: [warehouse_manager]}", "{kind: released, roles: [pilot]}", "no role 'pilot'"),
    ],
)
def test_a_wrong_override_rule_is_refused_with_its_line(old: str, new: str, says: str):
    assert old in default_text()
    with pytest.raises(BadInput, match=says) as caught:
        parse(default_text().replace(old, new), "mine.yaml")
    assert "overrides" in str(caught.value.field)


def test_units_go_back_to_free_supply_only_as_far_as_the_case_says():
    made = move(release("a1", "SO-KEY1/1", 5))
    assert any("nobody gets them" in fault for fault in faults(made, facts()))
    taken = release("a1", "SO-KEY1/1", 5)
    scope = case().scope.model_copy(update={"returns": ((taken.sku, taken.site, "", 5),)})
    returning = case().model_copy(update={"scope": scope})
    assert subject(made, about=returning).faults == ()
    more = move(release("a1", "SO-KEY1/1", 6))
    assert any("1 units" in fault for fault in subject(more, about=returning).faults)


def test_what_the_ledger_says_last_counts_and_a_redacted_entry_has_no_cost():
    first, last = weighed("3.00").body(("recommendation",)), weighed("7.00").body(("recommendation",))
    assert recorded([]) is None
    found = recorded([first, last])
    assert found is not None and found.cost == Decimal("7.00")
    gone = recorded([first, None])
    assert gone is not None and gone.cost is None and "redacted" in gone.why_none


def test_an_auditor_takes_nothing_back_and_a_code_must_be_known():
    people = personas()
    may_undo(people.get("lena"), POLICY)
    with pytest.raises(NotAllowed, match="no role that takes moves back"):
        may_undo(people.get("arthur"), POLICY)
    check_code(POLICY, "undo", "mistake")
    with pytest.raises(BadInput, match="no reason code was given"):
        check_code(POLICY, "undo", "")
