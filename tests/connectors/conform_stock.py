"""Every adapter keeps stock: nothing is promised twice, nothing is lost between a release and a reserve."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from connectors.writes import Writes
from domain.errors import EffectRefused
from tests.connectors.adapter import HARD, SOFT, Adapter
from tests.connectors.small import DAY, line_of

BIG, OTHER, EASTERN = line_of("O-BIG"), line_of("O-OTHER"), line_of("O-EASTERN")
HOLDER, STOPPED, FROZEN = (line_of(f"O-{name}") for name in ("HOLDER", "STOPPED", "FROZEN"))
FREE = 20
"""Units of ITEM-1 at S-EAST that nobody has reserved."""


class StockConforms:
    def test_free_units_can_be_reserved_to_the_last_one_and_no_further(self, adapter: Adapter):
        adapter.refuses(adapter.reserve, "k1", BIG, FREE + 1)
        adapter.reserve("k2", BIG, FREE)
        adapter.refuses(adapter.reserve, "k3", OTHER, 1)
        assert adapter.audit() == []

    def test_lines_of_one_sku_draw_on_the_same_stock(self, adapter: Adapter):
        adapter.reserve("k1", BIG, 15)
        adapter.refuses(adapter.reserve, "k2", OTHER, 6)
        adapter.reserve("k3", OTHER, 5)

    def test_inbound_supply_is_reserved_softly_and_only_as_far_as_it_comes(self, adapter: Adapter):
        adapter.refuses(adapter.reserve, "k1", OTHER, 5, inbound="PO-1")
        adapter.refuses(adapter.reserve, "k2", OTHER, 21, inbound="PO-1", kind=SOFT)
        adapter.reserve("k3", OTHER, 20, inbound="PO-1", kind=SOFT)
        assert adapter.held(OTHER, inbound="PO-1") == 20

    def test_a_line_never_holds_more_than_it_still_needs_over_all_its_reservations(self, adapter: Adapter):
        adapter.reserve("k1", BIG, 20)
        adapter.reserve("k2", BIG, 40, "S-WEST")  # 30 inbound + 20 + 40 = 90, all it asks for
        adapter.release("k3", HOLDER, 10)
        adapter.refuses(adapter.reserve, "k4", BIG, 1)

    def test_holds_refuse_new_units(self, adapter: Adapter):
        assert "credit" in str(adapter.refuses(adapter.reserve, "k1", STOPPED, 1))
        assert "compliance" in str(adapter.refuses(adapter.reserve, "k2", line_of("O-CHECKED"), 1))

    def test_a_line_is_served_from_its_own_sites(self, adapter: Adapter):
        adapter.refuses(adapter.reserve, "k1", EASTERN, 1, "S-WEST")
        adapter.reserve("k2", EASTERN, 1)

    @pytest.mark.parametrize(
        "wrong",
        [{"line": "NO-SUCH"}, {"sku": "ITEM-2"}, {"sku": "NO-SUCH"}, {"site": "NO-SUCH"}, {"quantity": 0},
         {"quantity": -3},
         {"inbound": "NO-SUCH", "kind": SOFT}, {"inbound": "PO-1", "kind": SOFT, "site": "S-WEST"}],
    )  # fmt: skip
    def test_what_does_not_exist_is_refused(self, adapter: Adapter, wrong: dict):
        adapter.refuses(adapter.reserve, "k1", **{"line": BIG, "quantity": 1, **wrong})
        adapter.refuses(adapter.release, "k2", **{"line": BIG, "quantity": 1, **wrong})

    def test_released_units_are_free_for_everybody(self, adapter: Adapter):
        adapter.release("k1", HOLDER, 30)
        adapter.reserve("k2", OTHER, FREE + 30)
        adapter.refuses(adapter.release, "k3", HOLDER, 1)

    def test_more_than_a_line_holds_cannot_be_released(self, adapter: Adapter):
        adapter.refuses(adapter.release, "k1", HOLDER, 31)
        adapter.refuses(adapter.release, "k2", HOLDER, 1, "S-WEST")
        adapter.refuses(adapter.release, "k3", HOLDER, 1, kind=SOFT)

    def test_earmarked_units_wait_for_their_move_alone(self, adapter: Adapter):
        adapter.reserve("k0", OTHER, FREE)
        adapter.release("k1", HOLDER, 12, earmark="CASE-1/r1/m1")
        assert adapter.held() == 12
        mark = next(held for held in adapter.reads.erp.reservations() if held.line is None)
        assert (mark.kind, mark.owner, mark.site) == (SOFT, "CASE-1/r1/m1", "S-EAST")
        adapter.refuses(adapter.reserve, "k2", OTHER, 1)
        adapter.refuses(adapter.reserve, "k3", OTHER, 1, earmark="CASE-1/r1/m2")
        adapter.refuses(adapter.reserve, "k4", BIG, 13, earmark="CASE-1/r1/m1")
        adapter.reserve("k5", BIG, 12, earmark="CASE-1/r1/m1")
        assert adapter.held() == 0 and adapter.held(BIG, "S-EAST") == 42
        assert adapter.audit() == []

    def test_a_reserve_takes_earmarked_units_first_and_then_free_ones(self, adapter: Adapter):
        adapter.release("k1", HOLDER, 10, earmark="m1")
        adapter.reserve("k2", BIG, 8, earmark="m1")
        assert adapter.held() == 2
        adapter.reserve("k3", OTHER, 2 + FREE, earmark="m1")
        assert adapter.held() == 0

    def test_a_freed_earmark_is_free_for_everybody(self, adapter: Adapter):
        adapter.release("k1", HOLDER, 10, earmark="m1")
        adapter.release("k2", FROZEN, 5, earmark="m2")
        adapter.writes.erp.free_earmark("k3", earmark="m1")
        assert adapter.held() == 5
        adapter.reserve("k4", OTHER, FREE + 10)
        adapter.writes.erp.free_earmark("k5", earmark="m1")  # nothing is left: fine

    def test_a_line_on_hold_gets_its_own_units_back_but_no_others(self, adapter: Adapter):
        adapter.release("k1", FROZEN, 5, earmark="m1")
        adapter.release("k2", HOLDER, 5, earmark="m1")
        adapter.reserve("k3", FROZEN, 5, earmark="m1")
        adapter.refuses(adapter.reserve, "k4", STOPPED, 5, earmark="m1")

    def test_a_promise_keeps_its_first_date(self, adapter: Adapter):
        later = DAY.replace(day=24)
        adapter.writes.erp.update_promise("k1", line=BIG, promised=later)
        promise = adapter.facts().line(BIG).promise
        assert promise and (promise.first, promise.current) == (DAY, later)

    def test_a_transfer_takes_stock_brings_supply_and_counts_as_granted(self, adapter: Adapter):
        order: dict[str, Any] = {
            "sku": "ITEM-1",
            "from_site": "S-EAST",
            "to_site": "S-WEST",
            "ship_on": DAY,
            "request": "TR-1",
        }
        adapter.refuses(adapter.writes.erp.transfer, "k1", quantity=21, **order)
        adapter.writes.erp.transfer("k2", quantity=20, **order)
        facts = adapter.facts()
        position = facts.position("ITEM-1", "S-EAST")
        assert position and (position.on_hand, sum(lot.quantity for lot in position.lots)) == (80, 80)
        assert facts.transfers == ()  # 5 + 20 of 25 granted
        [coming] = [supply for supply in facts.inbound if supply.site == "S-WEST"]
        assert (coming.quantity, coming.eta.isoformat()) == (20, "2026-04-14")  # Friday + 3 working days, Saturday one
        adapter.refuses(adapter.reserve, "k3", OTHER, 1)
        adapter.reserve("k4", OTHER, 20, "S-WEST", inbound=coming.id, kind=SOFT)

    def test_a_substitute_serves_part_of_a_line_on_a_companion_line(self, adapter: Adapter):
        swap: dict[str, Any] = {"line": OTHER, "alternative": "ITEM-2", "site": "S-EAST"}
        adapter.refuses(adapter.writes.erp.substitute, "k1", quantity=37, **swap)  # 74 of 72
        adapter.refuses(adapter.writes.erp.substitute, "k2", **{**swap, "line": EASTERN}, quantity=1)
        adapter.writes.erp.substitute("k3", quantity=10, **swap)
        order = next(order for order in adapter.facts().orders if order.id == "O-OTHER")
        line, companion = sorted(order.lines, key=lambda line: line.sku)
        assert (line.open_quantity, companion.sku, companion.open_quantity) == (50, "ITEM-2", 20)
        assert adapter.held(companion.id) == 20
        assert line.unit_price * 10 == companion.unit_price * 20 and companion.promise == line.promise
        assert adapter.audit() == []

    def test_eight_reservers_on_their_own_connections_never_oversell(self, adapter: Adapter):
        lines = (OTHER, BIG)

        def work(number_and_writer: tuple[int, Writes]) -> int:
            number, writes = number_and_writer
            got = 0
            for turn in range(6):
                try:
                    writes.erp.reserve(
                        f"w{number}:{turn}", line=lines[turn % 2], sku="ITEM-1", site="S-EAST", quantity=1 + turn % 3,
                        kind=HARD,
                    )  # fmt: skip
                    got += 1 + turn % 3
                except EffectRefused:
                    continue
            return got

        with ThreadPoolExecutor(8) as pool:
            got = sum(pool.map(work, enumerate(adapter.another() for _ in range(8))))
        assert got == FREE
        assert adapter.held(OTHER, "S-EAST") + adapter.held(BIG, "S-EAST") - 30 == FREE
        assert adapter.audit() == []

    def test_units_that_change_hands_under_eight_workers_are_neither_lost_nor_doubled(self, adapter: Adapter):
        def work(number_and_writer: tuple[int, Writes]) -> int:
            number, writes = number_and_writer
            move = f"CASE-1/r1/m{number}"
            where: dict[str, Any] = {"sku": "ITEM-1", "site": "S-EAST", "quantity": 5, "kind": HARD, "earmark": move}
            try:
                writes.erp.release(f"{move}:a1", line=HOLDER, **where)
            except EffectRefused:
                return 0
            writes.erp.reserve(f"{move}:a2", line=BIG, **where)
            return 5

        with ThreadPoolExecutor(8) as pool:
            moved = sum(pool.map(work, enumerate(adapter.another() for _ in range(8))))
        assert moved == 30 and adapter.held(HOLDER) == 0
        assert adapter.held(BIG, "S-EAST") == 60 and adapter.held() == 0
        assert adapter.audit() == []
