"""The flow of cases is what a recount of the exported ledger finds, whole and in parts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.embedded.world import BUILT_IN_NOW
from evals.metrics import recount
from tests.insights.house import Told

pytestmark = pytest.mark.xdist_group("insights")


def test_a_recount_finds_the_same_flow(nine: Told):
    _agrees(nine)


def test_so_it_does_on_worlds_drawn_now(drawn: Told):
    _agrees(drawn)


def _agrees(told: Told) -> None:
    print(told.name)
    flow = told.app.flow()
    found = {(edge.before, edge.after): (edge.count, edge.median, edge.entries) for edge in flow.edges}
    assert found == recount.flow(told.lines)
    assert sum(edge.count for edge in flow.edges) == sum(count for _, count in flow.steps) - len(told.notebook.opened)
    assert dict(flow.steps)["case opened"] == len(told.notebook.opened)


@settings(max_examples=10)
@given(cut=st.integers(0, 2000))
def test_the_flow_of_two_parts_of_a_period_is_the_flow_of_the_whole(nine: Told, cut: int):
    middle = BUILT_IN_NOW + timedelta(minutes=cut)
    whole, parts = nine.app.flow(), (nine.app.flow(until=middle), nine.app.flow(since=middle))
    for edge in whole.edges:
        mine = [one for part in parts for one in part.edges if (one.before, one.after) == (edge.before, edge.after)]
        assert sum(one.count for one in mine) == edge.count
        assert sorted(seq for one in mine for seq in one.entries) == list(edge.entries)
