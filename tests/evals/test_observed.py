"""The judge of observing: its arithmetic on a world small enough to count by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from connectors import snapshot
from connectors.embedded.connector import EmbeddedDistributor
from connectors.embedded.load import create
from domain.events import CreditHold, Event, OrderChange, ShortStock
from domain.facts import Facts
from domain.requests import Rates
from evals.observed.agreement import Expected, expected
from evals.observed.people import Manner, People
from evals.worlds.world import Dice
from tests.guardrails import world

RATES = Rates(capacity_cost=Decimal(0), scarcity_cost=Decimal(0), shelf_life_bonus=Decimal(0))
MOVE = world.reallocation(units=10)
"""Ten widgets from SO-STD1/1 (10.00) to SO-STD2/1 (15.00)."""


class Place:
    """A distributor with people in it, and the facts before they acted."""

    def __init__(self, folder: Path) -> None:
        create(f"sqlite:///{folder / 'world.db'}", world.facts())
        self.outside = EmbeddedDistributor(f"sqlite:///{folder / 'world.db'}")
        self.then = self.look()

    def look(self) -> Facts:
        return snapshot.take(self.outside.reads, world.NOW + timedelta(hours=1), ["WIDGET"])

    def people(self, manner: Manner) -> People:
        return People(self.outside.writes(lambda: world.NOW), Dice(1, "people"), "t", manner)

    def expected(self, *moves) -> Expected:
        return expected(moves, self.then, self.look(), ["WIDGET"], RATES)


@pytest.fixture
def place(tmp_path: Path):
    made = Place(tmp_path)
    yield made
    made.outside.close()


def test_people_who_do_what_was_planned_agree_wholly(place: Place):
    place.people("as planned").act([MOVE], place.then)
    found = place.expected(MOVE)
    assert (found.agreed_units, found.either_units) == (20, 20), "ten given and ten taken"
    assert (found.agreed_money, found.either_money) == (Decimal(250), Decimal(250)), "10 x 10.00 and 10 x 15.00"
    assert (found.same, found.moves) == (1, 1)
    assert found.plan_value == found.people_value == Decimal("48.15")
    """10 x 5.00 dearer, 10 x 0.015 aging of the dearer price, less 10 x 0.20 broken"""


def test_people_who_do_half_agree_by_half(place: Place):
    place.people("half").act([MOVE], place.then)
    found = place.expected(MOVE)
    assert (found.agreed_units, found.either_units, found.same) == (10, 20, 0)
    assert found.people_value == Decimal("24.08")


def test_people_who_do_nothing_do_not_agree(place: Place):
    place.people("not at all").act([MOVE], place.then)
    found = place.expected(MOVE)
    assert (found.agreed_units, found.either_units, found.same, found.people_value) == (0, 20, 0, Decimal(0))


def test_people_who_give_it_to_somebody_else_agree_on_who_loses_only(place: Place):
    (deed,) = place.people("elsewhere").act([MOVE], place.then)
    assert deed.manner == "elsewhere"
    found = place.expected(MOVE)
    assert (found.agreed_units, found.either_units) == (10, 30)


HAPPENINGS = [
    (CreditHold(customer="STD2"), True),
    (CreditHold(customer="STD1"), False),
    (OrderChange(order="SO-STD2", line="SO-STD2/1", quantity=0), True),
    (OrderChange(order="SO-STD2", line="SO-STD2/1", quantity=8), True),
    (OrderChange(order="SO-STD2", line="SO-STD2/1", quantity=80), False),
]


@pytest.mark.parametrize(("data", "wrong"), HAPPENINGS)
def test_later_facts_show_an_error_where_there_was_one(place: Place, data, wrong: bool):
    place.outside.happen(Event(id="E-1", source="test", at=world.NOW, data=data))
    assert bool(place.expected(MOVE).wrong) is wrong


def test_a_count_below_what_a_move_draws_is_an_error(place: Place):
    free = world.move(world.reserve("a1", "SO-STD2/1", 30), kind="reserve")
    assert place.expected(free).wrong == ()
    place.outside.happen(
        Event(id="E-2", source="test", at=world.NOW, data=ShortStock(sku="WIDGET", site="EAST", counted=175))
    )
    assert place.expected(free).wrong == (free.id,), "150 are held, 25 are left"
