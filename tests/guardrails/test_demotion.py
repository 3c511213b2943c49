"""Autonomy falls by itself and at once, is lifted by two people, and can be switched to read-only as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from domain.errors import Conflict, DependencyDown, NotAllowed, StaleDecision
from domain.facts import SourceState
from domain.verdicts import Outcome
from guardrails import demoting
from guardrails.autonomy import level
from guardrails.chain import EntryKind
from guardrails.demotions import Demotion
from guardrails.judge import judge
from guardrails.levels import levels
from guardrails.people import Grant, User
from guardrails.policy import Policy, default_text, parse
from guardrails.policy.autonomy import LEVELS
from guardrails.subject import describe
from storage.records import MoveState
from tests.guardrails import world
from tests.guardrails.house import House
from tests.guardrails.house import house as build
from tests.guardrails.world import move, reserve

BACKENDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.real)]
SMALL = [move(reserve("a1", "SO-STD2/1", 2), kind="reserve", key=f"C1/r1/m{n}") for n in range(1, 12)]
"""Two units each, far below every rule's threshold."""
TIGHT = default_text().replace("limit: 500 units, counts: unattended", "limit: 5 units, counts: unattended")


def with_autonomy(lines: str, text: str = "") -> Policy:
    shipped = next(line for line in default_text().splitlines() if line.startswith("  demotion:"))
    return parse((text or default_text()).replace(shipped + "\n", lines))


def subject(of=SMALL[0]):
    return describe(of, world.facts(), world.case())


def demotion(to, **place) -> Demotion:
    return Demotion(id="D-1", level=to, cause="verify", why="Because.", since=world.NOW, **place)


def test_a_demotion_lowers_a_level_and_never_raises_one():
    policies = {name: with_autonomy("", default_text().replace("default: act", f"default: {name}")) for name in LEVELS}
    for (named, policy), to in product(policies.items(), LEVELS):
        found = level(subject(), policy, [demotion(to)])
        assert LEVELS.index(found) == min(LEVELS.index(named), LEVELS.index(to))


@pytest.mark.parametrize(
    ("place", "lowers"),
    [
        ({}, True),
        ({"case_kinds": ("supplier_delay",)}, True),
        ({"case_kinds": ("credit_hold",)}, False),
        ({"sku_classes": ("A",), "sites": ("EAST",)}, True),
        ({"sku_classes": ("A",), "sites": ("WEST",)}, False),
        ({"segments": ("retail",)}, True),
        ({"segments": ("wholesale",)}, False),
    ],
)
def test_a_demotion_lowers_only_where_it_happened(place, lowers: bool):
    verdict = judge(subject(), parse(default_text()), [demotion("observe", **place)])
    assert (verdict.outcome is Outcome.DENY) is lowers


def test_a_verdict_says_what_has_lowered_the_level():
    verdict = judge(subject(), parse(default_text()), [demotion("approve")])
    assert verdict.roles == ("planner",)
    assert any("The policy says act, but D-1 has lowered it: Because." in reason.text for reason in verdict.reasons)


@pytest.fixture(params=BACKENDS)
def tight(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    with build(tmp_path, policy=parse(TIGHT), backend=str(request.param)) as built:
        yield built


def breach(house: House) -> Demotion:
    for one in SMALL[:4]:
        house.propose(one)
    for one in SMALL[:2]:
        house.carry_out(one)
    with pytest.raises(NotAllowed, match="budget"):
        house.gate.admit(SMALL[2].id)
    with house.database.read() as session:
        (found,) = demoting.active(session)
    return found


def test_many_small_actions_under_the_threshold_are_stopped_by_the_budget_and_lower_the_level(tight: House):
    found = breach(tight)
    assert tight.state(SMALL[2].id) is MoveState.DENIED
    assert (found.level, found.cause, found.case_kinds, found.sites) == (
        "approve",
        "budget",
        ("supplier_delay",),
        ("EAST",),
    )
    assert any("demoted" in body for body in tight.entries(EntryKind.AUTONOMY))
    with pytest.raises(StaleDecision, match="now asks planner"):
        tight.make_gate().admit(SMALL[3].id)  # another process, at once
    assert tight.propose(SMALL[4]).roles == ("planner",)


def test_two_people_lift_a_demotion_and_neither_whom_it_happened_to(tight: House):
    found = breach(tight)
    people = tight.people

    def lift(user: str):
        with tight.database.write() as session:
            return demoting.lift(
                session, tight.ledger, tight.policy, people.get(user), found.id, why="seen", at=tight.now()
            )

    with pytest.raises(NotAllowed, match="is not operations"):
        lift("farid")
    assert lift("omar").state == "asked"
    tight.later(days=30)
    with tight.database.read() as session:
        assert demoting.active(session), "it never ends by itself"
    with pytest.raises(NotAllowed, match="another person"):
        lift("omar")
    assert lift("olga").demotion.ended_by == ("omar", "olga")
    with tight.database.read() as session:
        assert demoting.active(session) == ()
    with pytest.raises(Conflict):
        lift("olga")


@pytest.mark.parametrize(("sites", "may"), [(("WEST",), False), (("WEST", "EAST"), True)])
def test_a_role_that_ends_at_sites_lifts_nothing_elsewhere(tmp_path: Path, sites, may: bool):
    with build(tmp_path, policy=parse(TIGHT)) as house:
        found = breach(house)
        local = User(id="omar", name="Omar", email="o@example.com", grants=(Grant(role="operations", sites=sites),))
        refused = nullcontext() if may else pytest.raises(NotAllowed, match="not operations of EAST")
        with refused, house.database.write() as session:
            demoting.lift(session, house.ledger, house.policy, local, found.id, why="", at=house.now())


def test_whoever_it_happened_to_does_not_lift_it(tmp_path: Path):
    with build(tmp_path, policy=parse(TIGHT), asked_by="omar") as house:
        found = breach(house)
        with pytest.raises(NotAllowed, match="worked when it happened"), house.database.write() as session:
            demoting.lift(
                session, house.ledger, house.policy, house.people.get("omar"), found.id, why="", at=house.now()
            )


def test_the_same_breach_again_makes_no_second_demotion_and_keep_makes_none(house: House):
    for policy, count in ((house.policy, 1), (with_autonomy("  demotion: {verify: keep}\n"), 1)):
        with house.database.write() as session:
            demoting.demote(session, house.ledger, policy, "verify", "broken", house.now())
        with house.database.read() as session:
            assert len(demoting.active(session)) == count


def test_facts_older_than_the_limit_demote_everywhere(house: House):
    policy = with_autonomy("  demotion: {stale_after: 4 hours, stale: recommend}\n")
    for hours, fell in ((3, False), (5, True)):
        facts = world.facts(sources=(SourceState(system="wms", as_of=house.now() - timedelta(hours=hours)),))
        with house.database.write() as session:
            found = demoting.demote_if_stale(session, house.ledger, policy, facts, house.now())
        assert bool(found) is fell
    assert found is not None and found.level == "recommend" and not found.sites and "wms" in found.why


def test_a_move_that_ends_half_done_demotes(house: House):
    house.propose(SMALL[0])
    house.gate.admit(SMALL[0].id)
    house.gate.finish(SMALL[0].id, MoveState.FAILED, "the ERP answered otherwise")
    with house.database.read() as session:
        (found,) = demoting.active(session)
    assert found.cause == "effect" and found.sites == ("EAST",) and "answered otherwise" in found.why


@pytest.mark.parametrize("lines", ["  read_only: true\n", "  read_only_until: 2026-04-01\n"])
def test_while_the_policy_is_read_only_nothing_is_written_whatever_the_rules_say(house: House, lines: str):
    house.propose(SMALL[0])
    house.propose(SMALL[1])
    house.gate.admit(SMALL[0].id)
    free, house.policy = house.policy, with_autonomy(lines)
    with pytest.raises(NotAllowed, match="read-only"):
        house.gate.admit(SMALL[1].id)
    with pytest.raises(DependencyDown, match="read-only"):
        house.gate.execute(SMALL[0].id, "a1")  # one that was let through before
    assert house.propose(SMALL[2]).outcome is Outcome.DENY
    assert house.held("SO-STD2/1") == 0
    house.policy = free
    house.gate.execute(SMALL[0].id, "a1")
    assert house.held("SO-STD2/1") == 2


def test_read_only_ends_on_its_day(house: House):
    policy = with_autonomy("  read_only_until: 2026-03-02\n")
    assert judge(subject(), policy).outcome is Outcome.ALLOW


def test_levels_show_what_is_in_force_place_by_place():
    policy = parse(default_text())
    shown = levels(policy, [demotion("approve", sites=("EAST",)), demotion("recommend", case_kinds=("system_outage",))])
    assert [(one.case_kinds, one.sites, one.policy_level, one.level) for one in shown] == [
        ((), (), "act", "act"),
        (("system_outage",), (), "approve", "recommend"),
        ((), ("EAST",), "act", "approve"),
        (("system_outage",), (), "act", "recommend"),
    ]
