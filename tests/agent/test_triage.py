"""The sweep finds what is really short, once, and its arithmetic is simple enough to check by hand."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.triage.shortage import shortages
from connectors.embedded.world import built_in
from storage.records import RunState
from tests.agent.house import opened


def test_a_second_sweep_of_the_same_facts_opens_nothing(tmp_path):
    with opened(tmp_path) as app:
        first = app.triage_once()
        assert first.short and [sku for sku, _, _ in first.opened] == [short.sku for short in first.short]
        for _, case, run in first.opened:
            assert app.report(run).run.case == case
            assert app.report(run).run.state in (RunState.DONE, RunState.WAITING)
            assert app.replay(run).same
        entries = app.head().count
        second = app.triage_once()
        assert not second.opened and set(second.known) == {short.sku for short in second.short}
        assert app.head().count == entries


@settings(max_examples=30)
@given(st.data())
def test_short_is_open_demand_beyond_what_is_there_by_its_date(data):
    facts = _small()
    stock = data.draw(st.integers(0, 50))
    eta = date(2026, 3, data.draw(st.integers(3, 28)))
    coming = data.draw(st.integers(1, 50))
    wanted = data.draw(st.lists(st.tuples(st.integers(2, 28), st.integers(1, 30)), min_size=1, max_size=4))
    facts = _with(facts, stock, eta, coming, [(date(2026, 3, day), units) for day, units in wanted])
    worst = max(
        0,
        *(
            sum(u for d, u in wanted if d <= day)
            - stock
            - (coming if eta <= max(date(2026, 3, day), facts.today) else 0)
            for day, _ in wanted
        ),
    )
    found = shortages(facts)
    assert [short.units for short in found] == ([worst] if worst else [])


def _small():
    facts = built_in()
    order = facts.orders[0]
    return facts.replace(
        orders=(order,), transfers=(), inbound=facts.inbound[:1], positions=facts.positions[:1], waves=(), shipments=()
    )


def _with(facts, stock, eta, coming, wanted):
    order, inbound, position = facts.orders[0], facts.inbound[0], facts.positions[0]
    line = order.lines[0]
    lines = tuple(
        line.model_copy(
            update={
                "id": f"L-{n}",
                "sku": inbound.sku,
                "quantity": units,
                "shipped": 0,
                "promise": None,
                "requested": due,
                "state": "open",
            }
        )
        for n, (due, units) in enumerate(wanted)
    )
    return facts.replace(
        taken_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
        orders=(order.model_copy(update={"lines": lines}),),
        inbound=(inbound.model_copy(update={"quantity": coming, "eta": eta}),),
        positions=(
            position.model_copy(
                update={"sku": inbound.sku, "on_hand": stock, "quarantined": 0, "safety_stock": 0, "lots": ()}
            ),
        ),
    )


def test_nothing_is_short_in_an_empty_world():
    assert shortages(built_in().replace(orders=(), transfers=())) == ()


@pytest.mark.parametrize("units", [1, 10])
def test_the_mark_of_a_shortage_changes_with_its_facts(units):
    facts = built_in()
    before = {short.sku: short.mark for short in shortages(facts)}
    assert before
    line = next(o.lines[0] for o in facts.orders if o.lines[0].sku in before and len(o.lines) == 1)
    changed = facts.replace(
        orders=tuple(
            order.model_copy(update={"lines": (line.model_copy(update={"quantity": line.quantity + units}),)})
            if order.id == line.order
            else order
            for order in facts.orders
        )
    )
    after = {short.sku: short.mark for short in shortages(changed)}
    assert after[line.sku] != before[line.sku]
