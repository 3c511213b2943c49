"""The books: honest changes pass, and every law is broken once on purpose and noticed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.actions import Action, ExpediteInbound, HoldWave, ReleaseReservation, Reserve, Transfer, UpdatePromise
from domain.execution import TaskState
from domain.facts import Claim, Facts
from domain.inventory import Expedite
from domain.orders import Hold, HoldKind
from domain.requests import Rates
from evals.accounting import audit, end_state, statement
from evals.worlds.generate import generate
from evals.worlds.world import World
from tests.evals.honest import Swap, carry_out, find_swap, open_pick, promised

SWAPPED = [(world, swap) for world in map(generate, range(24)) if (swap := find_swap(world))]


def laws(before: Facts, after: Facts, *moves: tuple[Action, ...], world: World | None = None) -> set[str]:
    return {finding.law for finding in audit(before, after, moves, world.events if world else ())}


def test_most_worlds_offer_an_honest_swap():
    assert len(SWAPPED) >= 12


@pytest.mark.parametrize("world", [generate(seed) for seed in range(10)], ids=lambda world: world.name)
def test_doing_nothing_breaks_no_law(world: World):
    assert audit(world.facts, world.facts, ()) == ()


@pytest.mark.parametrize(("world", "swap"), SWAPPED, ids=lambda value: getattr(value, "name", ""))
def test_an_honest_swap_breaks_no_law(world: World, swap: Swap):
    after = carry_out(world.facts, swap.actions)
    assert audit(world.facts, after, (swap.actions,)) == ()


def test_an_honest_promise_hold_transfer_and_delay_break_no_law():
    world = generate(3)
    facts, wave_line = world.facts, open_pick(world.facts)
    request = facts.transfers[0]
    origin = next(p for p in facts.positions if p.sku == request.sku and p.site != request.to_site)
    roomy = facts.replace(
        positions=tuple(
            p.model_copy(update={"on_hand": p.on_hand + request.quantity, "lots": ()}) if p == origin else p
            for p in facts.positions
        )
    )
    slow = facts.today + timedelta(days=50)
    line = facts.orders[0].lines[0]
    actions: tuple[Action, ...] = (
        UpdatePromise(id="a1", line=line.id, sku=line.sku, old_date=None, new_date=slow),
        HoldWave(id="a2", wave=wave_line[0], site=facts.wave(wave_line[0]).site, line=wave_line[1]),
        Transfer(
            id="a3", sku=request.sku, from_site=origin.site, to_site=request.to_site, quantity=request.quantity,
            ship_on=facts.today, request=request.id,
        ),
    )  # fmt: skip
    after = carry_out(roomy, actions)
    late = world.events[0].data
    after = after.replace(
        inbound=tuple(
            s.model_copy(update={"eta": late.new_eta}) if s.id == late.inbound else s  # type: ignore[union-attr]
            for s in after.inbound
        )
    )
    assert audit(roomy, after, (actions,), world.events) == ()
    assert laws(roomy, after, actions) == {"unexplained"}, "without the event nobody asked for the new date"


def _units_from_nowhere(facts: Facts) -> Facts:
    first = facts.positions[0]
    return facts.replace(
        positions=(first.model_copy(update={"on_hand": first.on_hand + 1, "lots": ()}), *facts.positions[1:])
    )


def _inbound_vanishes(facts: Facts) -> Facts:
    return facts.replace(inbound=facts.inbound[1:])


def _inbound_appears(facts: Facts) -> Facts:
    return facts.replace(inbound=(*facts.inbound, facts.inbound[0].model_copy(update={"id": "PO-X"})))


def _quarantine_sold(facts: Facts) -> Facts:
    first = facts.positions[0]
    changed = first.model_copy(update={"quarantined": first.quarantined + 1})
    return facts.replace(positions=(changed, *facts.positions[1:]))


def _stock_sold_twice(facts: Facts) -> Facts:
    twice = tuple(item.model_copy(update={"id": f"{item.id}-B"}) for item in facts.reservations)
    return facts.replace(reservations=(*facts.reservations, *twice))


def _claimed_twice(facts: Facts) -> Facts:
    stock = facts.positions[0]
    claims = tuple(
        Claim(move=f"m{n}", case="c", sku=stock.sku, site=stock.site, quantity=stock.on_hand, expires_at=facts.taken_at)
        for n in range(2)
    )
    return facts.replace(claims=claims)


def _reservation_lost(facts: Facts) -> Facts:
    return facts.replace(reservations=facts.reservations[1:])


def _earmark_forgotten(facts: Facts) -> Facts:
    first = facts.reservations[0]
    nobody = first.model_copy(update={"line": None, "owner": "m9"})
    return facts.replace(reservations=(nobody, *facts.reservations[1:]))


def _pick_unpicked(facts: Facts) -> Facts:
    return _with_tasks(facts, TaskState.PICKED, TaskState.OPEN)


def _pick_held(facts: Facts) -> Facts:
    return _with_tasks(facts, TaskState.OPEN, TaskState.HELD)


def _with_tasks(facts: Facts, old: TaskState, new: TaskState) -> Facts:
    return facts.replace(
        waves=tuple(
            wave.model_copy(
                update={
                    "tasks": tuple(
                        task.model_copy(update={"state": new}) if task.state is old else task for task in wave.tasks
                    )
                }
            )
            for wave in facts.waves
        )
    )


def _wave_gone(facts: Facts) -> Facts:
    return facts.replace(waves=facts.waves[1:])


def _promise_changed(facts: Facts) -> Facts:
    return promised(facts, facts.orders[0].lines[0].id, facts.today + timedelta(days=70))


def _transfer_granted(facts: Facts) -> Facts:
    first = facts.transfers[0]
    return facts.replace(transfers=(first.model_copy(update={"granted": 1}), *facts.transfers[1:]))


@pytest.mark.parametrize(
    ("spoil", "law"),
    [
        (_units_from_nowhere, "conservation"),
        (_inbound_vanishes, "conservation"),
        (_inbound_appears, "conservation"),
        (_quarantine_sold, "conservation"),
        (_stock_sold_twice, "oversell"),
        (_stock_sold_twice, "overgrant"),
        (_claimed_twice, "oversell"),
        (_reservation_lost, "unexplained"),
        (_reservation_lost, "loser_without_winner"),
        (_earmark_forgotten, "loser_without_winner"),
        (_pick_unpicked, "frozen"),
        (_pick_held, "unexplained"),
        (_wave_gone, "unexplained"),
        (_promise_changed, "unexplained"),
        (_transfer_granted, "unexplained"),
    ],
)
def test_a_planted_violation_is_found(spoil: Callable[[Facts], Facts], law: str):
    facts = generate(5).facts
    assert law in laws(facts, spoil(facts))


def test_a_release_that_nobody_takes_is_found_in_the_move_and_in_the_end_state():
    world, swap = SWAPPED[0]
    release = swap.actions[:1]  # the rest is never done
    found = audit(world.facts, carry_out(world.facts, release), (release,))
    assert {finding.law for finding in found} == {"loser_without_winner"}
    assert len(found) >= 3


def test_two_moves_may_not_share_one_released_unit():
    world, swap = SWAPPED[0]
    after = carry_out(world.facts, swap.actions)
    assert "loser_without_winner" in laws(world.facts, after, swap.actions[:2], swap.actions[2:])


def test_taking_from_a_frozen_line_is_found():
    world, swap = SWAPPED[0]
    frozen = _with_line(world.facts, swap.loser, {"frozen": True})
    assert laws(frozen, carry_out(frozen, swap.actions), swap.actions) == {"frozen"}


def _with_line(facts: Facts, line: str, update: dict[str, object]) -> Facts:
    return facts.replace(
        orders=tuple(
            order.model_copy(
                update={
                    "lines": tuple(item.model_copy(update=update) if item.id == line else item for item in order.lines)
                }
            )
            for order in facts.orders
        )
    )


def test_giving_to_an_order_on_hold_is_found():
    world, swap = SWAPPED[0]
    order = world.facts.line(swap.winner).order
    hold = Hold(kind=HoldKind.COMPLIANCE, placed_at=world.facts.taken_at)
    held = world.facts.replace(
        orders=tuple(o.model_copy(update={"holds": (hold,)}) if o.id == order else o for o in world.facts.orders)
    )
    assert laws(held, carry_out(held, swap.actions), swap.actions) == {"hold"}


def test_taking_units_that_are_being_picked_is_found_unless_the_pick_is_held():
    world, _ = SWAPPED[0]
    wave, line = open_pick(world.facts)
    reserved = next(
        r
        for r in world.facts.reservations
        if r.line == line and r.site == world.facts.wave(wave).site and not r.inbound
    )
    release = ReleaseReservation(id="a1", line=line, sku=reserved.sku, site=reserved.site, quantity=reserved.quantity)
    hold = HoldWave(id="a0", wave=wave, site=reserved.site, line=line)
    assert "floor" in laws(world.facts, carry_out(world.facts, (release,)), (release,))
    assert "floor" not in laws(world.facts, carry_out(world.facts, (hold, release)), (hold, release))


def test_a_new_promise_before_the_goods_can_be_there_is_found():
    world = generate(2)
    facts = world.facts
    soft = next(r for r in facts.reservations if r.inbound and r.line)
    line = facts.line(soft.line or "")
    early = facts.today
    say = UpdatePromise(id="a1", line=line.id, sku=line.sku, old_date=None, new_date=early)
    assert laws(facts, carry_out(facts, (say,)), (say,)) == {"promise"}


def test_an_expedite_must_bring_the_date_it_bought():
    facts = generate(4).facts
    supply = facts.inbound[0]
    offer = supply.expedite or Expedite(eta=supply.eta, cost=Decimal(10))
    buy = ExpediteInbound(
        id="a1", inbound=supply.id, sku=supply.sku, site=supply.site, new_eta=offer.eta + timedelta(days=1),
        cost=offer.cost,
    )  # fmt: skip
    assert laws(facts, facts, (buy,)) == {"unexplained"}


def test_more_reserved_than_the_line_needs_is_found():
    world, swap = SWAPPED[0]
    line = world.facts.line(swap.winner)
    roomy = world.facts.replace(
        positions=tuple(
            p.model_copy(update={"on_hand": p.on_hand + 9_000, "lots": ()}) if p.sku == swap.stock.sku else p
            for p in world.facts.positions
        )
    )
    greedy = Reserve(id="a1", line=line.id, sku=line.sku, site=swap.stock.site, quantity=line.open_quantity + 1)
    assert "overgrant" in laws(roomy, carry_out(roomy, (greedy,)), (greedy,))


def test_the_end_state_does_not_depend_on_time_names_or_order_of_reservations():
    facts = generate(6).facts
    renamed = facts.replace(
        taken_at=facts.taken_at + timedelta(hours=1),
        reservations=tuple(
            item.model_copy(update={"id": f"X-{number}"}) for number, item in enumerate(reversed(facts.reservations))
        ),
    )
    assert end_state(renamed) == end_state(facts)
    assert end_state(_reservation_lost(facts)) != end_state(facts)
    assert end_state(_pick_held(facts)) != end_state(facts)


@pytest.mark.parametrize(("world", "swap"), SWAPPED[:6], ids=lambda value: getattr(value, "name", ""))
def test_money_adds_up_and_a_swap_changes_it_by_the_two_lines_and_the_break(world: World, swap: Swap):
    rates = Rates()
    old = statement(world.facts, rates)
    after = carry_out(world.facts, swap.actions)
    new = statement(after, rates, before=world.facts)
    assert old.broken == 0
    parts = new.margin + new.penalty + new.tier + new.aging - new.lateness - new.freight
    assert abs(parts + new.transfers - new.broken - new.value) <= Decimal("0.04")
    loser = world.facts.line(swap.loser)
    rate = world.facts.rate(world.facts.order(loser.order).currency)
    every_unit = (swap.units * rates.break_cost * loser.unit_price * rate).quantize(Decimal("0.01"))
    assert new.broken == every_unit, "stock is there before what is still on its way"
    assert new.units == old.units
    assert abs(old.strict_units - new.strict_units) <= swap.units
    others = {sku: worth for sku, worth in old.sku_value if sku != world.hot}
    assert {sku: worth for sku, worth in new.sku_value if sku != world.hot} == others
