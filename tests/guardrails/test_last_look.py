"""The gate's last look at authority, the way back of every action, and the words of a stop."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from domain.actions import RebookCarrier, ResequencePicks, UpdatePromise
from domain.errors import DependencyDown, EffectRefused, StaleDecision
from domain.execution import PickTask
from domain.facts import sorted_facts
from domain.sites import Lane
from domain.verdicts import Outcome, Verdict
from guardrails import switches
from guardrails.chain import EntryKind
from guardrails.gate.authority import lacking
from guardrails.people import personas
from guardrails.policy import Policy, default_text, parse
from guardrails.subject import describe
from storage import approvals
from storage.records import ApprovalState
from tests.guardrails.house import House
from tests.guardrails.house import house as build
from tests.guardrails.world import SOON, case, facts, move, order, picking, reallocation, with_order

WHO = ("STD1", "STD2", "STRAT", "SLA", "KEY1")

ASKED = reallocation(units=40)
"""Large enough for a planner to be asked."""


def with_four_eyes() -> Policy:
    """The shipped policy, and reallocations need four eyes."""
    text = default_text()
    old = "    roles: [planner]\n    reason: A confirmed order loses units."
    assert old in text
    return parse(text.replace(old, old.replace("    reason", "    four_eyes: true\n    reason")), "four eyes")


def approved(house: House, by: str = "paula"):
    """The question about ASKED, and its approval by somebody."""
    house.propose(ASKED)
    house.approvals.approve("A-1", by)
    with house.database.read() as session:
        return approvals.listed(session, {ApprovalState.APPROVED})


def test_four_eyes_that_policy_asks_for_since_are_asked_for_at_the_gate(tmp_path: Path):
    with build(tmp_path, asked_by="paula") as house:
        approved(house, "paula")
        house.policy = with_four_eyes()
        with pytest.raises(StaleDecision, match="A-1 no longer counts: A-1 needs four eyes"):
            house.gate.admit(ASKED.id)


def test_and_an_approval_of_another_person_meets_them(tmp_path: Path):
    with build(tmp_path, asked_by="paula") as house:
        approved(house, "peter")
        house.policy = with_four_eyes()
        house.carry_out(ASKED)


def looked_at(house: House, asked, roles: tuple[str, ...], policy: Policy | None = None) -> str:
    """What the gate misses for a verdict that asks these roles."""
    record = house.moves()[0]
    policy = policy or house.policy
    return lacking(
        record,
        Verdict(outcome=Outcome.APPROVAL, policy=policy.id, roles=roles),
        asked,
        raised_by="intake",
        subject=describe(record.move, house.facts(), case()),
        policy=policy,
        people=personas(),
        now=house.now(),
    )


@pytest.mark.parametrize(
    ("step", "missing"),
    [
        ("planner", ""),
        ("finance/planner", ""),
        ("planner/finance", ""),
        ("finance", "policy now asks finance, who has not approved this"),
        ("lead", "policy now asks lead, who has not approved this"),
    ],
)
def test_one_of_the_roles_of_a_step_is_enough_and_no_other(house: House, step: str, missing: str):
    assert looked_at(house, approved(house), (step,)) == missing


def test_a_role_above_either_of_a_step_counts(house: House):
    (one,) = approved(house)
    by_lead = one.model_copy(update={"role": "lead", "decided_by": "lena"})
    by_operations = one.model_copy(update={"role": "operations", "decided_by": "omar"})
    assert looked_at(house, (by_lead,), ("finance/planner",)) == ""
    assert looked_at(house, (by_operations,), ("finance",)) == ""
    assert looked_at(house, (by_operations,), ("planner/finance",)) == ""


def test_a_decision_counts_until_the_moment_its_time_is_over_and_not_at_it(house: House):
    (one,) = approved(house)
    just = one.model_copy(update={"decided_at": one.expires_at - timedelta(seconds=1)})
    late = one.model_copy(update={"decided_at": one.expires_at})
    nobody = one.model_copy(update={"decided_by": None})
    never = one.model_copy(update={"decided_at": None})
    assert looked_at(house, (just,), ("planner",)) == ""
    for fault in (late, nobody, never):
        assert looked_at(house, (fault,), ("planner",)) == "A-1 was not decided in time"


def test_a_decision_is_good_for_as_long_as_it_was_allowed_to_wait_and_not_a_second_more(house: House):
    (one,) = approved(house)
    assert one.decided_at is not None
    house.time = one.decided_at + (one.expires_at - one.created_at) - timedelta(seconds=1)
    assert looked_at(house, (one,), ("planner",)) == ""
    house.later(seconds=1)
    assert looked_at(house, (one,), ("planner",)) == "A-1 of 2026-03-02 09:00 is too old by now"


def test_an_approval_of_another_version_does_not_count(house: House):
    (one,) = approved(house)
    other = one.model_copy(update={"shown": "0" * 64})
    assert looked_at(house, (other,), ("planner",)) == "A-1 was given to another version of the move"


def test_the_books_say_once_for_each_turn_of_a_switch_what_it_held_back(house: House):
    small = reallocation(units=10)
    house.propose(small)
    person = personas().get("omar")
    with house.database.write() as session:
        switches.stop(session, house.ledger, house.policy, person, at=house.now(), why="odd orders", system="erp")
    house.later(minutes=5)
    with pytest.raises(DependencyDown) as refused:
        house.gate.admit(small.id)
    text = "writes to erp were stopped by omar on 2026-03-02 09:00: odd orders"
    assert (refused.value.message, refused.value.field) == (text, "erp")
    assert refused.value.fix == "lift the kill switch; the move then goes on by itself"
    with house.database.read() as session:
        (found,) = house.ledger.entries(session, [EntryKind.DENIAL])
    entry, body = found
    assert body == {"refused": "stopped", "reasons": [text]}
    assert (entry.actor, entry.move, entry.run, entry.case) == ("gate", small.id, "R-1", "C-1")
    assert entry.at == house.now().isoformat()


def two_picks():
    wave = picking("SO-STD1/1")
    first = wave.tasks[0]
    second = PickTask(id="T2", wave="W1", line="SO-STD2/1", sku="WIDGET", quantity=5, sequence=2)
    return facts(waves=(wave.model_copy(update={"tasks": (first, second)}),))


def test_picks_go_back_to_their_former_order(tmp_path: Path):
    turned = move(ResequencePicks(id="a1", wave="W1", site="EAST", tasks=("T2", "T1")), kind="wave")
    with build(tmp_path, two_picks()) as house:
        before = sequence(house)
        house.propose(turned)
        house.approvals.approve("A-1", "wanda")
        house.gate.admit(turned.id)
        house.gate.execute(turned.id, "a1")
        assert sorted(before, key=before.__getitem__) == ["T1", "T2"]
        assert sorted(sequence(house), key=sequence(house).__getitem__) == ["T2", "T1"]
        house.gate.undo(turned.id, "a1")
        assert sorted(sequence(house), key=sequence(house).__getitem__) == ["T1", "T2"]


def sequence(house: House) -> dict[str, int]:
    return {task.id: task.sequence for wave in house.facts().waves for task in wave.tasks}


def test_a_wave_goes_back_to_its_former_carrier(tmp_path: Path):
    other = move(RebookCarrier(id="a1", wave="W1", site="EAST", carrier="FEDEX"), kind="carrier")
    world = two_picks()
    lane = Lane(origin="EAST", destination="domestic", carrier="FEDEX", transit_days=1, freight=Decimal("0.30"))
    with build(tmp_path, sorted_facts(world.replace(lanes=(*world.lanes, lane)))) as house:
        house.propose(other)
        house.approvals.approve("A-1", "paula")
        house.gate.admit(other.id)
        house.gate.execute(other.id, "a1")
        assert house.facts().waves[0].carrier == "FEDEX"
        house.gate.undo(other.id, "a1")
        assert house.facts().waves[0].carrier == "UPX"


def test_a_first_promise_has_no_way_back_and_says_so(tmp_path: Path):
    unpromised = with_order(order("SO-STD1", "STD1", 60, promised=None))
    first = move(
        UpdatePromise(id="a1", line="SO-STD1/1", sku="WIDGET", old_date=None, new_date=SOON + timedelta(days=1)),
        kind="promise",
    )
    with build(tmp_path, unpromised) as house:
        house.propose(first)
        house.gate.admit(first.id)
        house.gate.execute(first.id, "a1")
        with pytest.raises(EffectRefused) as refused:
            house.gate.undo(first.id, "a1")
    assert refused.value.message == "SO-STD1/1 had no promise date before, so there is nothing to go back to"
    assert (refused.value.field, refused.value.fix) == ("undo", "a person has to put it right")
