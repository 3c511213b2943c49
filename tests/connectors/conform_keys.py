"""Every adapter carries an effect out once per key, whatever happens to the reply."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.snapshot import SYSTEMS
from connectors.writes import Writes
from domain.errors import DependencyDown, EffectRefused, UnknownOutcome
from tests.connectors.adapter import HARD, Adapter
from tests.connectors.small import DAY, line_of

BIG = line_of("O-BIG")

# One harmless write of every system.
WRITES = {
    "erp": lambda w, key: w.erp.update_promise(key, line=BIG, promised=DAY.replace(day=20)),
    "wms": lambda w, key: w.wms.hold(key, wave="W-1"),
    "tms": lambda w, key: w.tms.rebook(key, wave="W-1", carrier="PLANE"),
    "crm": lambda w, key: w.crm.create_task(key, customer="C-BIG", order="O-BIG", subject="Late", notice="Sorry"),
    "procurement": lambda w, key: w.procurement.request_replenishment(
        key, sku="ITEM-1", site="S-EAST", quantity=5, needed_by=DAY
    ),
    "finance": lambda w, key: w.finance.request_credit_release(key, customer="C-BIG", order="O-BIG", amount=5),
}


class KeysConform:
    def test_the_same_key_and_body_is_done_once_and_answers_the_same_receipt(self, adapter: Adapter):
        first = adapter.reserve("k", BIG, 7)
        second = adapter.reserve("k", BIG, 7)
        assert not first.replayed and second.replayed
        assert first.reference == second.reference
        assert adapter.held(BIG, inbound=None) == 37

    def test_the_same_key_with_another_body_is_refused(self, adapter: Adapter):
        adapter.reserve("k", BIG, 7)
        refused = adapter.refuses(adapter.reserve, "k", BIG, 8)
        assert refused.field == "key"
        adapter.refuses(adapter.release, "k", BIG, 7)

    def test_a_refused_effect_leaves_its_key_unused(self, adapter: Adapter):
        adapter.refuses(adapter.reserve, "k", BIG, 21)
        adapter.release("make room", line_of("O-HOLDER"), 1)
        assert not adapter.reserve("k", BIG, 21).replayed

    @pytest.mark.parametrize("system", SYSTEMS)
    def test_a_lost_reply_is_an_unknown_outcome_and_the_same_key_tells_it(self, adapter: Adapter, system: str):
        adapter.lose_replies(system, 1)
        with pytest.raises(UnknownOutcome):
            WRITES[system](adapter.writes, "k")
        after = (adapter.facts(), adapter.reads.crm.tasks(), adapter.reads.procurement.requests())
        assert WRITES[system](adapter.writes, "k").replayed
        assert (adapter.facts(), adapter.reads.crm.tasks(), adapter.reads.procurement.requests()) == after

    @pytest.mark.parametrize("system", SYSTEMS)
    def test_a_system_that_is_off_does_nothing_and_later_does_it(self, adapter: Adapter, system: str):
        before = adapter.facts()
        adapter.off(system)
        with pytest.raises(DependencyDown) as down:
            WRITES[system](adapter.writes, "k")
        assert not isinstance(down.value, UnknownOutcome)
        adapter.on()
        assert adapter.facts() == before
        assert not WRITES[system](adapter.writes, "k").replayed

    def test_keys_of_one_system_mean_nothing_to_another(self, adapter: Adapter):
        receipts = [write(adapter.writes, "k") for write in WRITES.values()]
        assert not any(receipt.replayed for receipt in receipts)
        assert len({receipt.reference for receipt in receipts}) == len(WRITES)

    def test_eight_workers_with_one_key_do_it_once(self, adapter: Adapter):
        def work(writes: Writes):
            return writes.erp.reserve("k", line=BIG, sku="ITEM-1", site="S-EAST", quantity=5, kind=HARD)

        with ThreadPoolExecutor(8) as pool:
            receipts = list(pool.map(work, [adapter.another() for _ in range(8)]))
        assert sorted(receipt.replayed for receipt in receipts) == [False] + [True] * 7
        assert len({receipt.reference for receipt in receipts}) == 1
        assert adapter.held(BIG, "S-EAST") == 35

    def test_a_key_that_was_refused_for_one_body_is_not_taken_by_a_failed_attempt(self, adapter: Adapter):
        with pytest.raises(EffectRefused):
            adapter.reserve("k", BIG, 10_000)
        assert not adapter.reserve("k", BIG, 1).replayed
