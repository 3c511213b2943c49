"""A supply that does not come at all: the systems have struck it out before anybody plans, and it is planned for."""

from __future__ import annotations

from pathlib import Path

from connectors.embedded.world import BUILT_IN_SKU, built_in, built_in_event
from domain.events import Event, SupplierDelay
from tests.agent.house import CAREFUL, opened, policy_file


def test_a_supply_that_is_cancelled_whole_opens_a_case_and_a_plan(tmp_path: Path):
    event = built_in_event()
    assert isinstance(event.data, SupplierDelay)
    gone = event.data.model_copy(update={"new_quantity": 0})
    event = Event.model_validate(event.model_dump() | {"data": gone.model_dump()})
    held = [item for item in built_in().reservations if item.inbound == gone.inbound]
    with opened(tmp_path / "home", policy=policy_file(tmp_path, CAREFUL)) as app:
        taken = app.take_event(event, "paula")
        assert taken.run is not None
        report = app.report(taken.run)
        assert report.plan is not None and f"{gone.inbound} does not come at all" in report.text
        assert {item.line for item in held} & {
            *(item.line for item in report.shortages),
            *(effect.line for item in report.moves for effect in item.move.effects),
        }
        assert BUILT_IN_SKU in {sku for made in report.plan.allocations for sku in made.skus}
