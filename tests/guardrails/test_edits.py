"""An edit keeps a move balanced, whatever a person types."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.actions import HoldWave, ReleaseReservation, RequestReplenishment, UpdatePromise
from domain.errors import BadInput
from domain.facts import Facts, sorted_facts
from domain.plans import Move
from guardrails.edits import edited
from guardrails.flows import flows
from guardrails.shape import balance, faults
from guardrails.supply import drawn_free, free_units, held_by, released
from tests.guardrails.world import (
    SOON,
    TODAY,
    facts,
    move,
    picking,
    reallocation,
    release,
    reservation,
    reserve,
)

LATE, EARLY = SOON.replace(day=20), SOON.replace(day=4)


def quantities(subject: Move) -> dict[str, int]:
    return {a.id: a.quantity for a in subject.actions if hasattr(a, "quantity")}


def with_free(units: int) -> Facts:
    """The world with so many free widgets (50 are free at first)."""
    base = facts()
    stock = tuple(p.model_copy(update={"on_hand": 150 + units}) if p.sku == "WIDGET" else p for p in base.positions)
    return sorted_facts(base.replace(positions=stock))


def test_fewer_units_stay_with_the_loser():
    assert quantities(edited(reallocation(units=40), {"a2": 25}, facts(), by="paula")) == {"a1": 25, "a2": 25}


def test_more_units_come_out_of_free_ones_first():
    assert quantities(edited(reallocation(units=40), {"a2": 50}, facts(), by="paula")) == {"a1": 40, "a2": 50}


def test_and_then_from_the_loser():
    assert quantities(edited(reallocation(units=40), {"a2": 50}, with_free(4), by="paula")) == {"a1": 46, "a2": 50}


def test_editing_the_release_changes_its_winner():
    assert quantities(edited(reallocation(units=40), {"a1": 45}, facts(), by="paula")) == {"a1": 45, "a2": 45}
    assert quantities(edited(reallocation(units=40), {"a1": 5}, facts(), by="paula")) == {"a1": 5, "a2": 5}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"a2": 61}, "needs no more than 60"),
        ({"a1": 61}, "holds no more than 60"),
        ({"a2": -1}, "not a quantity"),
        ({"a3": 5}, "no quantity at 'a3'"),
        ({"a9": 5}, "no quantity at 'a9'"),
        ({"a2": 0}, "nothing would be left"),
        ({}, "nothing was changed"),
        ({"a1": 20, "a2": 30}, "cannot be 20|break"),
    ],
)
def test_an_impossible_edit_says_what_is_possible(changes: dict[str, int], says: str):
    with pytest.raises(BadInput, match=says):
        edited(reallocation(units=40), changes, with_free(0), by="paula")


def test_a_loser_that_no_longer_loses_keeps_its_promise_and_gets_no_notice():
    both = move(
        HoldWave(id="a0", wave="W1", site="EAST", line="SO-KEY1/1"),
        release("a1", "SO-STD1/1", 10),
        release("a2", "SO-KEY1/1", 10, "a0"),
        reserve("a3", "SO-STD2/1", 20, "a1", "a2"),
        UpdatePromise(id="a4", needs=("a3",), line="SO-KEY1/1", sku="WIDGET", old_date=SOON, new_date=LATE),
    )  # fmt: skip
    result = edited(both, {"a3": 10}, facts(waves=(picking("SO-KEY1/1"),)), by="paula")
    assert [(a.id, a.needs) for a in result.actions] == [("a1", ()), ("a3", ("a1",))]


def test_a_winner_that_gets_less_is_not_promised_the_earlier_date():
    subject = move(
        reserve("a1", "SO-STD2/1", 40),
        UpdatePromise(id="a2", needs=("a1",), line="SO-STD2/1", sku="WIDGET", old_date=SOON, new_date=EARLY),
        kind="reserve",
    )  # fmt: skip
    assert [a.id for a in edited(subject, {"a1": 30}, facts(), by="paula").actions] == ["a1"]


def test_what_a_loser_would_have_got_instead_is_cancelled_with_it():
    """STD1 gives 10 at EAST and gets 10 inbound in their place; keeping 4 means 6 inbound."""
    subject = move(
        release("a1", "SO-STD1/1", 10),
        reserve("a2", "SO-STD2/1", 10, "a1"),
        reserve("a3", "SO-STD1/1", 10, "a1", inbound="PO-1"),
    )
    assert quantities(edited(subject, {"a2": 6}, facts(), by="p")) == {"a1": 6, "a2": 6, "a3": 6}


def test_a_line_that_gets_less_keeps_what_it_would_have_given_up_for_it():
    """STD2 gives its 10 inbound for 10 of STD1 at EAST; with 6 of those it keeps 4 inbound."""
    world = sorted_facts(
        facts().replace(reservations=(*facts().reservations, reservation("SO-STD2/1", 10, inbound="PO-1")))
    )
    own = ReleaseReservation(id="a2", line="SO-STD2/1", sku="WIDGET", site="EAST", quantity=10, inbound="PO-1")
    subject = move(release("a1", "SO-STD1/1", 10), own, reserve("a3", "SO-STD2/1", 10, "a1", "a2"))
    assert quantities(edited(subject, {"a3": 6}, world, by="p")) == {"a1": 6, "a2": 6, "a3": 6}


def test_a_purchase_can_be_any_size():
    buy = move(RequestReplenishment(id="a1", sku="WIDGET", site="EAST", quantity=10, needed_by=TODAY), kind="replenish")
    assert quantities(edited(buy, {"a1": 500}, facts(), by="p")) == {"a1": 500}


def test_values_shrink_with_the_units():
    subject = reallocation(units=40).model_copy(update={"value": Decimal("100.00"), "value_at_stake": Decimal(200)})
    result = edited(subject, {"a2": 10}, facts(), by="paula")
    assert (str(result.value), str(result.value_at_stake)) == ("25.00", "50.00")
    assert [effect.units for effect in result.effects] == [10, -10]
    assert "edited by paula" in result.title


@st.composite
def moves(draw: st.DrawFn) -> tuple[Move, Facts]:
    """Balanced moves of several losers, free units, swaps onto inbound supply, and up to two winners."""
    stock = draw(st.integers(0, 60))
    world = sorted_facts(
        with_free(stock).replace(reservations=(*facts().reservations, reservation("SO-STD2/1", 10, inbound="PO-1")))
    )
    losers = draw(st.lists(st.sampled_from(["SO-STD1/1", "SO-KEY1/1", "SO-SLA/1"]), unique=True, max_size=3))
    actions: list = []
    taken = 0
    for line in losers:
        units = draw(st.integers(1, 20))
        taken += units
        actions.append(release(f"a{len(actions) + 1}", line, units))
        if draw(st.booleans()):
            need = actions[-1].id
            instead = draw(st.integers(1, units))
            actions.append(reserve(f"a{len(actions) + 1}", line, instead, need, inbound="PO-1"))
    total = taken + draw(st.integers(0, max(0, min(stock, 50 - taken))))
    releases = [a.id for a in actions if a.kind == "release_reservation"]
    if total:
        first = draw(st.integers(1, min(50, total)))
        actions.append(reserve(f"a{len(actions) + 1}", "SO-STD2/1", first, *releases))
        if total > first:
            actions.append(reserve(f"a{len(actions) + 1}", "SO-STRAT/1", min(20, total - first), *releases))
    else:
        actions.append(reserve("a1", "SO-STRAT/1", 1))
    return move(*actions), world


@settings(max_examples=300)
@given(moves(), st.dictionaries(st.integers(1, 8), st.integers(0, 80), min_size=1, max_size=3))
def test_no_edit_makes_a_loser_without_a_winner(subject: tuple[Move, Facts], wishes: dict[int, int]):
    before, world = subject
    if balance(before) or any(units > free_units(world).get(b, 0) for b, units in drawn_free(before, world).items()):
        return
    try:
        after = edited(before, {f"a{key}": units for key, units in wishes.items()}, world, by="x")
    except BadInput:
        return
    assert not faults(after, world)
    for key, units in wishes.items():
        assert quantities(after).get(f"a{key}", 0) == units
    net = {flow.line.id: flow.net for flow in flows(after, world)}
    lost, gained = -sum(n for n in net.values() if n < 0), sum(n for n in net.values() if n > 0)
    assert lost <= gained
    held, free = held_by(world), free_units(world)
    for place, units in released(after).items():
        assert units <= held[place]
    for bucket, units in drawn_free(after, world).items():
        assert units <= free[bucket]
    for flow in flows(after, world):
        assert flow.held + flow.net <= flow.line.open_quantity
