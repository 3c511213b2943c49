"""Every adapter gives the world back as it is."""

from __future__ import annotations

import pytest

from connectors.snapshot import SYSTEMS, take
from domain.errors import DependencyDown, UnknownReference
from tests.connectors.adapter import NOW, Adapter
from tests.connectors.small import small_world

READS = {
    "erp": lambda reads: reads.erp.orders(),
    "wms": lambda reads: reads.wms.waves(),
    "tms": lambda reads: reads.tms.lanes(),
    "crm": lambda reads: reads.crm.customers(),
    "procurement": lambda reads: reads.procurement.inbound(),
    "finance": lambda reads: reads.finance.credit(),
}


class ReadsConform:
    def test_a_snapshot_is_the_world_that_was_loaded(self, adapter: Adapter):
        loaded, taken = small_world(), take(adapter.reads, NOW)
        for name in sorted(adapter.supported):
            assert getattr(taken, name) == getattr(loaded, name), name
        if adapter.supported >= set(type(loaded).model_fields) - {"claims"}:
            assert taken.id == loaded.id

    def test_a_snapshot_of_a_sku_holds_what_touches_it_and_its_substitutes(self, adapter: Adapter):
        facts = take(adapter.reads, NOW, skus=["ITEM-2"])
        assert [order.id for order in facts.orders] == ["O-CASES"]
        assert [customer.id for customer in facts.customers] == ["C-SMALL"]
        assert facts.waves == () and facts.inbound == ()
        assert {sku.id for sku in take(adapter.reads, NOW, skus=["ITEM-1"]).skus} == {"ITEM-1", "ITEM-2"}

    def test_a_snapshot_of_an_unknown_sku_says_so(self, adapter: Adapter):
        with pytest.raises(UnknownReference) as unknown:
            take(adapter.reads, NOW, skus=["ITEM-1", "NO-SUCH"])
        assert "NO-SUCH" in str(unknown.value) and unknown.value.field == "sku" and unknown.value.fix

    def test_an_order_is_found_by_its_id_and_an_unknown_one_is_none(self, adapter: Adapter):
        assert adapter.reads.erp.order("O-BIG") in small_world().orders
        assert adapter.reads.erp.order("NO-SUCH") is None

    def test_reading_changes_nothing(self, adapter: Adapter):
        assert adapter.facts() == adapter.facts()
        assert adapter.audit() == []

    @pytest.mark.parametrize("system", SYSTEMS)
    def test_a_system_that_is_off_cannot_be_read_and_the_others_can(self, adapter: Adapter, system: str):
        adapter.off(system)
        for name, read in READS.items():
            if name == system:
                with pytest.raises(DependencyDown) as down:
                    read(adapter.reads)
                assert down.value.fix
            else:
                assert read(adapter.reads)
        adapter.on()
        assert READS[system](adapter.reads)
