"""Every adapter's warehouse stops and goes as it is told, and never gives away what a picker has."""

from __future__ import annotations

from connectors.writes import Receipt
from domain.execution import TaskState, WaveState
from domain.orders import LineState
from tests.connectors.adapter import Adapter
from tests.connectors.small import line_of

PICKING, PICKED, HOLDER, BIG = (line_of(f"O-{name}") for name in ("PICKING", "PICKED", "HOLDER", "BIG"))


def states(adapter: Adapter, wave: str) -> list[TaskState]:
    found = next(item for item in adapter.reads.wms.waves() if item.id == wave)
    return [task.state for task in sorted(found.tasks, key=lambda task: task.id)]


class FloorConforms:
    def test_holding_a_line_holds_its_open_picks_and_opens_the_line(self, adapter: Adapter):
        adapter.writes.wms.hold("k1", wave="W-1", line=PICKING)
        assert states(adapter, "W-1") == [TaskState.PICKED, TaskState.HELD, TaskState.HELD]
        facts = adapter.facts()
        assert facts.line(PICKING).state is LineState.OPEN
        assert facts.wave("W-1").state is WaveState.RELEASED
        adapter.writes.wms.release("k2", wave="W-1", line=PICKING)
        assert adapter.facts().line(PICKING).state is LineState.RELEASED

    def test_holding_a_wave_holds_what_is_not_picked(self, adapter: Adapter):
        adapter.writes.wms.hold("k1", wave="W-1")
        assert states(adapter, "W-1") == [TaskState.PICKED, TaskState.HELD, TaskState.HELD]
        assert adapter.facts().wave("W-1").state is WaveState.HELD

    def test_a_picked_task_cannot_be_held(self, adapter: Adapter):
        adapter.refuses(adapter.writes.wms.hold, "k1", wave="W-1", line=PICKED)
        adapter.refuses(adapter.writes.wms.hold, "k2", wave="W-1", line=BIG)
        adapter.refuses(adapter.writes.wms.hold, "k3", wave="NO-SUCH")

    def test_holding_twice_is_holding(self, adapter: Adapter):
        adapter.writes.wms.hold("k1", wave="W-1", line=PICKING)
        before = adapter.facts()
        assert isinstance(adapter.writes.wms.hold("k2", wave="W-1", line=PICKING), Receipt)
        assert adapter.facts() == before

    def test_units_that_are_being_picked_cannot_be_released_until_the_picks_are_held(self, adapter: Adapter):
        adapter.refuses(adapter.release, "k1", PICKING, 1)
        adapter.refuses(adapter.release, "k2", PICKED, 1)
        adapter.writes.wms.hold("k3", wave="W-1", line=PICKING)
        adapter.release("k4", PICKING, 20, earmark="m1")
        adapter.reserve("k5", BIG, 20, earmark="m1")
        assert adapter.audit() == []

    def test_picks_go_on_only_as_far_as_the_line_still_holds_the_units(self, adapter: Adapter):
        adapter.writes.wms.hold("k1", wave="W-1", line=PICKING)
        adapter.release("k2", PICKING, 10)
        adapter.writes.wms.release("k3", wave="W-1", line=PICKING)
        assert states(adapter, "W-1") == [TaskState.PICKED, TaskState.HELD, TaskState.OPEN]  # 8 of 10 units
        adapter.writes.wms.hold("k4", wave="W-1", line=PICKING)
        adapter.release("k5", PICKING, 10)
        adapter.refuses(adapter.writes.wms.release, "k6", wave="W-1", line=PICKING)
        assert adapter.audit() == []

    def test_a_planned_wave_is_released_to_picking(self, adapter: Adapter):
        adapter.writes.wms.release("k1", wave="W-2")
        facts = adapter.facts()
        assert facts.wave("W-2").state is WaveState.RELEASED
        assert facts.line(HOLDER).state is LineState.RELEASED
        adapter.refuses(adapter.release, "k2", HOLDER, 1)

    def test_a_planned_wave_that_was_held_is_planned_again(self, adapter: Adapter):
        before = adapter.facts()
        adapter.writes.wms.hold("k1", wave="W-2")
        assert adapter.facts().wave("W-2").state is WaveState.HELD
        adapter.writes.wms.release("k2", wave="W-2")
        assert adapter.facts() == before

    def test_a_line_held_for_itself_stays_held_when_its_wave_goes_on(self, adapter: Adapter):
        adapter.writes.wms.hold("k1", wave="W-1", line=PICKING)
        adapter.writes.wms.hold("k2", wave="W-1")
        adapter.writes.wms.release("k3", wave="W-1")
        assert states(adapter, "W-1") == [TaskState.PICKED, TaskState.HELD, TaskState.HELD]
        assert adapter.facts().wave("W-1").state is WaveState.RELEASED

    def test_picks_are_put_in_another_order_by_sharing_their_places(self, adapter: Adapter):
        adapter.refuses(adapter.writes.wms.resequence, "k1", wave="W-1", tasks=("W-1/1", "W-1/2"))  # one is picked
        adapter.refuses(adapter.writes.wms.resequence, "k2", wave="W-1", tasks=("W-1/2", "W-1/2"))
        adapter.writes.wms.resequence("k3", wave="W-1", tasks=("W-1/3", "W-1/2"))
        [wave] = [wave for wave in adapter.reads.wms.waves() if wave.id == "W-1"]
        by_place = sorted(wave.tasks, key=lambda task: task.sequence)
        assert [task.id for task in by_place] == ["W-1/1", "W-1/3", "W-1/2"]

    def test_a_wave_goes_with_another_carrier_by_that_carriers_cutoff(self, adapter: Adapter):
        adapter.writes.tms.rebook("k1", wave="W-1", carrier="PLANE")
        wave = adapter.facts().wave("W-1")
        assert (wave.carrier, wave.cutoff_at.isoformat()) == ("PLANE", "2026-04-06T22:30:00+00:00")
        adapter.refuses(adapter.writes.tms.rebook, "k2", wave="W-1", carrier="CAMEL")
