"""The metrics say what happened: beside a history that is known, a recount of the ledger, and any split of a period."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.runtime.clock import FixedClock
from agent.runtime.compose import open_application
from agent.settings import Settings
from connectors.embedded.world import BUILT_IN_NOW
from domain.canonical import plain
from domain.errors import BadInput
from evals.metrics.notebook import minutes
from evals.metrics.recount import share
from insights.metrics import Metrics
from tests.insights.agreeing import agrees_with_the_notebook, agrees_with_the_recount
from tests.insights.house import Told

pytestmark = pytest.mark.xdist_group("insights")

ADDS_UP = {"questions", "moves", "units", "cases", "entries", "USD"}
LATEST = "stalled_now"


def test_three_of_nine_known_decisions_went_against_what_was_proposed(nine: Told):
    metrics = nine.app.metrics(until=nine.cut)
    rate = metrics.number("override_rate")
    assert (rate.value, rate.count, len(rate.entries)) == (Decimal("33.3"), 9, 9)
    assert {part.label: part.count for part in rate.parts} == {"approved": 6, "edited": 1, "rejected": 2}
    first = [minutes(BUILT_IN_NOW, act.at) for act in nine.teller.acts[:4]]
    assert first == [7, 19, 22, 42]
    (parked,) = [part for part in metrics.number("stalled").parts if part.label == "parked: crm"]
    assert (str(parked.value), parked.count) == ("25.0", 1), (
        "silent from the third decision (at 22) to the fifth (at 47)"
    )
    released = metrics.number("reallocations_after_release")
    assert released.value == sum(one.off_released > 0 for one in nine.notebook.done.values() if one.at < nine.cut) > 0
    assert metrics.number("resolution_time_median").value is None and metrics.number("stalled_now").value


def test_the_known_story_is_told_as_the_clerk_wrote_it_down(nine: Told):
    agrees_with_the_notebook(nine)
    assert nine.metrics.number("approvals_escalated").value


def test_an_independent_recount_of_the_exported_ledger_agrees(nine: Told):
    agrees_with_the_recount(nine)


def test_notebook_and_recount_agree_on_worlds_drawn_now(drawn: Told):
    agrees_with_the_notebook(drawn)
    agrees_with_the_recount(drawn)
    _sound(drawn, drawn.metrics)


def test_what_is_reserved_at_the_end_is_what_the_erp_holds(nine: Told):
    assert _holds(nine)


def test_so_it_is_on_worlds_drawn_now(drawn: Told):
    _holds(drawn)


def _holds(told: Told) -> bool:
    """Beside the ERP as the clerk last saw it; False when that was not the end of the last run, and of it alone."""
    print(told.name)
    runs = [run for run, at in told.notebook.over.items() if at == told.notebook.looked]
    if runs != [told.app.runs()[-1].id]:
        return False
    facts, plan = told.notebook.floor, told.app.report(runs[0]).plan
    if facts is None or plan is None or not plan.allocations:
        return False
    if any(action.kind == "substitute" for move in plan.moves for action in move.actions):
        return False  # a line served with another item is closed in the ERP, and a new one holds the units
    wants = {line.id: line.open_quantity for order in facts.orders for line in order.lines}
    ships = {
        line.id: not order.holds and not facts.customer(order.customer).on_credit_hold
        for order in facts.orders
        for line in order.lines
    }
    held = dict.fromkeys(wants, 0)
    for reservation in facts.reservations:
        if reservation.line in held:
            held[reservation.line] += reservation.quantity
    named = {grant.line for a in plan.allocations for grant in a.grants}
    named |= {short.line for a in plan.allocations for short in a.shortages}
    named &= wants.keys()
    served = sum(min(held[line], wants[line]) for line in named if ships[line])
    expected = share(served, sum(wants[line] for line in named))
    assert told.app.metrics(since=told.notebook.looked).number("fill_units_reserved").value == expected
    return True


@settings(max_examples=12)
@given(cuts=st.lists(st.integers(0, 2000), min_size=1, max_size=3, unique=True))
def test_the_counts_of_any_split_of_a_period_add_up(nine: Told, cuts: list[int]):
    whole = nine.app.metrics()  # not as it was told: other tests of this story have left lines since
    ends = [None, *(BUILT_IN_NOW + timedelta(minutes=cut) for cut in sorted(cuts)), None]
    periods = [nine.app.metrics(since, until) for since, until in pairwise(ends)]
    for metrics in periods:
        _sound(nine, metrics)
    for number in whole.numbers:
        if number.key == LATEST:
            continue
        mine = [metrics.number(number.key) for metrics in periods]
        assert sum(one.count for one in mine) == number.count, number.key
        assert {seq for one in mine for seq in one.entries} <= set(number.entries), number.key
        if number.unit in ADDS_UP or number.key == "stalled":
            assert sum((one.value or Decimal(0) for one in mine), Decimal(0)) == (number.value or 0), number.key


def _sound(told: Told, metrics: Metrics) -> None:
    """Every number states its formula, is None exactly when nothing was measured, and links to lines of its period."""
    times = {line.seq: line.at for line in told.lines}
    for number in metrics.numbers:
        assert number.formula and number.title and number.unit
        assert (number.value is None) == (number.count == 0), number.key
        for seqs in (number.entries, *(part.entries for part in number.parts)):
            assert list(seqs) == sorted(set(seqs))
            for seq in seqs:
                assert metrics.since is None or times[seq] >= metrics.since, number.key
                assert metrics.until is None or times[seq] < metrics.until, number.key
    assert json.loads(json.dumps(plain(metrics)))


def test_nothing_measured_is_no_number_and_not_a_zero(tmp_path: Path):
    app = open_application(Settings(home=tmp_path), clock=FixedClock(BUILT_IN_NOW))
    try:
        before = app.head()
        metrics = app.metrics()
        assert app.head() == before
    finally:
        app.close()
    assert {number.key for number in metrics.numbers if number.value is not None} == {"redacted"}
    assert all(number.count == 0 and not number.entries for number in metrics.numbers if number.key != "redacted")


def test_what_was_redacted_is_counted_apart_and_measured_nowhere(nine: Told, tmp_path: Path):
    home = Path(shutil.copytree(nine.home, tmp_path / "home"))
    answer = nine.metrics.number("override_rate").entries[0]
    opening = next(line.seq for line in nine.lines if line.kind == "case")
    app = open_application(Settings(home=home), clock=FixedClock(nine.app.now))
    try:
        with app._parts.database.write() as session:
            for seq in (answer, opening):
                app._parts.ledger.redact(session, seq, "arthur", nine.app.now, "a name was in it")
        metrics = app.metrics()
    finally:
        app.close()
    assert metrics.number("redacted").entries == (opening, answer)
    assert metrics.number("override_rate").count == nine.metrics.number("override_rate").count - 1
    assert answer not in metrics.number("override_rate").entries
    assert metrics.number("cycle_time_median").value is None, "nobody can say any more when the exception was raised"
    assert metrics.number("unattended_share") == nine.metrics.number("unattended_share")


def test_the_same_records_give_the_same_bytes(nine: Told):
    assert plain(nine.app.metrics(until=nine.cut)) == plain(nine.app.metrics(until=nine.cut))


@pytest.mark.parametrize("minutes_later", [0, -5])
def test_a_period_ends_after_it_begins(nine: Told, minutes_later: int):
    with pytest.raises(BadInput, match="before it begins"):
        nine.app.metrics(BUILT_IN_NOW, BUILT_IN_NOW + timedelta(minutes=minutes_later))
    with pytest.raises(BadInput, match="no zone"):
        nine.app.metrics(BUILT_IN_NOW.replace(tzinfo=None))
