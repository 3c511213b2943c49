"""Every operation that can be undone is undone without a trace."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from connectors.writes import Receipt, Writes
from tests.connectors.adapter import HARD, SOFT, Adapter
from tests.connectors.small import DAY, line_of

BIG, OTHER, HOLDER, PICKING, FROZEN = (line_of(f"O-{name}") for name in ("BIG", "OTHER", "HOLDER", "PICKING", "FROZEN"))
EAST: dict[str, Any] = {"sku": "ITEM-1", "site": "S-EAST", "kind": HARD}
COMING: dict[str, Any] = {"sku": "ITEM-1", "site": "S-EAST", "kind": SOFT, "inbound": "PO-1"}

Do = Callable[[Writes], Receipt]
Undo = Callable[[Writes, str], Receipt]

UNDO: dict[str, tuple[Do, Undo]] = {
    "reserve": (
        lambda w: w.erp.reserve("k", line=OTHER, quantity=9, **EAST),
        lambda w, _: w.erp.release("k:undo", line=OTHER, quantity=9, **EAST),
    ),
    "reserve more": (
        lambda w: w.erp.reserve("k", line=BIG, quantity=9, **COMING),
        lambda w, _: w.erp.release("k:undo", line=BIG, quantity=9, **COMING),
    ),
    "release part": (
        lambda w: w.erp.release("k", line=HOLDER, quantity=9, earmark="m", **EAST),
        lambda w, _: w.erp.reserve("k:undo", line=HOLDER, quantity=9, earmark="m", **EAST),
    ),
    "release all": (
        lambda w: w.erp.release("k", line=HOLDER, quantity=30, earmark="m", **EAST),
        lambda w, _: w.erp.reserve("k:undo", line=HOLDER, quantity=30, earmark="m", **EAST),
    ),
    "release of a line on hold": (
        lambda w: w.erp.release("k", line=FROZEN, quantity=5, earmark="m", **EAST),
        lambda w, _: w.erp.reserve("k:undo", line=FROZEN, quantity=5, earmark="m", **EAST),
    ),
    "release of what is coming": (
        lambda w: w.erp.release("k", line=BIG, quantity=30, earmark="m", **COMING),
        lambda w, _: w.erp.reserve("k:undo", line=BIG, quantity=30, earmark="m", **COMING),
    ),
    "promise": (
        lambda w: w.erp.update_promise("k", line=BIG, promised=DAY.replace(day=28)),
        lambda w, _: w.erp.update_promise("k:undo", line=BIG, promised=DAY),
    ),
    "transfer": (
        lambda w: w.erp.transfer(
            "k", sku="ITEM-1", from_site="S-EAST", to_site="S-WEST", quantity=20, ship_on=DAY, request="TR-1"
        ),
        lambda w, ref: w.erp.cancel_transfer("k:undo", reference=ref),
    ),
    "substitute part": (
        lambda w: w.erp.substitute("k", line=OTHER, alternative="ITEM-2", site="S-EAST", quantity=11),
        lambda w, ref: w.erp.cancel_substitute("k:undo", reference=ref),
    ),
    "hold a wave": (
        lambda w: w.wms.hold("k", wave="W-1"),
        lambda w, _: w.wms.release("k:undo", wave="W-1"),
    ),
    "hold a line": (
        lambda w: w.wms.hold("k", wave="W-1", line=PICKING),
        lambda w, _: w.wms.release("k:undo", wave="W-1", line=PICKING),
    ),
    "resequence": (
        lambda w: w.wms.resequence("k", wave="W-1", tasks=("W-1/3", "W-1/2")),
        lambda w, _: w.wms.resequence("k:undo", wave="W-1", tasks=("W-1/2", "W-1/3")),
    ),
    "rebook": (
        lambda w: w.tms.rebook("k", wave="W-1", carrier="PLANE"),
        lambda w, _: w.tms.rebook("k:undo", wave="W-1", carrier="TRUCK"),
    ),
    "rebook a wave with a cutoff of its own": (
        lambda w: w.tms.rebook("k", wave="W-2", carrier="PLANE"),
        lambda w, _: w.tms.rebook("k:undo", wave="W-2", carrier="TRUCK"),
    ),
    "expedite": (
        lambda w: w.procurement.expedite("k", inbound="PO-1", eta=DAY.replace(day=8), cost=Decimal("120.00")),
        lambda w, _: w.procurement.expedite("k:undo", inbound="PO-1", eta=DAY, cost=Decimal("-120.00")),
    ),
    "replenishment": (
        lambda w: w.procurement.request_replenishment("k", sku="ITEM-1", site="S-WEST", quantity=5, needed_by=DAY),
        lambda w, ref: w.procurement.cancel_replenishment("k:undo", reference=ref),
    ),
    "credit release": (
        lambda w: w.finance.request_credit_release("k", customer="C-BIG", order="O-BIG", amount=Decimal("9.99")),
        lambda w, ref: w.finance.withdraw_credit_release("k:undo", reference=ref),
    ),
}  # fmt: skip


def everything(adapter: Adapter) -> tuple[Any, ...]:
    return adapter.facts(), adapter.reads.procurement.requests(), adapter.reads.crm.tasks()


class UndoConforms:
    @pytest.mark.parametrize("name", UNDO)
    def test_undoing_restores_what_was(self, adapter: Adapter, name: str):
        do, undo = UNDO[name]
        before = everything(adapter)
        receipt = do(adapter.writes)
        if name != "credit release":  # finance tells nobody what it was asked
            assert everything(adapter) != before
        assert undo(adapter.writes, receipt.reference).replayed is False
        assert everything(adapter) == before
        assert adapter.audit() == []
        assert do(adapter.writes).replayed and undo(adapter.writes, receipt.reference).replayed
        assert everything(adapter) == before

    def test_a_whole_move_is_undone_in_reverse(self, adapter: Adapter):
        writes, before = adapter.writes, everything(adapter)
        mark = {**EAST, "earmark": "CASE-1/r1/m1"}
        writes.wms.hold("a1", wave="W-1", line=PICKING)
        writes.erp.release("a2", line=PICKING, quantity=20, **mark)
        writes.erp.reserve("a3", line=BIG, quantity=15, **mark)
        writes.erp.transfer(
            "a4", sku="ITEM-1", from_site="S-EAST", to_site="S-WEST", quantity=5, ship_on=DAY, request="TR-1",
            earmark="CASE-1/r1/m1",
        )  # fmt: skip
        assert adapter.held() == 0
        sent = next(supply.id for supply in adapter.reads.procurement.inbound() if supply.site == "S-WEST")
        writes.erp.cancel_transfer("a4:undo", reference=sent.removesuffix(".in"))
        writes.erp.release("a3:undo", line=BIG, quantity=15, **mark)
        writes.erp.reserve("a2:undo", line=PICKING, quantity=20, **mark)
        writes.wms.release("a1:undo", wave="W-1", line=PICKING)
        writes.erp.free_earmark("end", earmark="CASE-1/r1/m1")
        assert everything(adapter) == before

    def test_a_line_that_was_wholly_substituted_asks_again_when_that_is_cancelled(self, adapter: Adapter):
        writes, before = adapter.writes, everything(adapter)
        writes.erp.release("k1", line=HOLDER, quantity=30, **EAST)
        first = writes.erp.substitute("k2", line=OTHER, alternative="ITEM-2", site="S-EAST", quantity=30)
        second = writes.erp.substitute("k3", line=OTHER, alternative="ITEM-2", site="S-EAST", quantity=6)
        adapter.refuses(writes.erp.cancel_substitute, "k4", reference=first.reference)  # not in reverse
        writes.erp.cancel_substitute("k5", reference=second.reference)
        writes.erp.cancel_substitute("k6", reference=first.reference)
        writes.erp.reserve("k7", line=HOLDER, quantity=30, **EAST)
        facts = adapter.facts()
        assert facts.orders == before[0].orders
        adapter.refuses(writes.erp.cancel_substitute, "k8", reference=first.reference)

    def test_a_task_that_is_withdrawn_stays_visible(self, adapter: Adapter):
        task = adapter.writes.crm.create_task("k1", customer="C-BIG", order="O-BIG", subject="Late", notice="Sorry")
        escalation = adapter.writes.crm.escalate("k2", role="lead", case="CASE-1", reason="stuck")
        adapter.writes.crm.withdraw("k3", reference=task.reference, why="the stock was found")
        tasks = {item.id: item for item in adapter.reads.crm.tasks()}
        assert tasks[task.reference].withdrawn == "the stock was found"
        assert tasks[escalation.reference].withdrawn is None and tasks[escalation.reference].role == "lead"

    def test_what_was_never_done_cannot_be_undone(self, adapter: Adapter):
        adapter.refuses(adapter.writes.erp.cancel_transfer, "k1", reference="NO-SUCH")
        adapter.refuses(adapter.writes.erp.cancel_substitute, "k2", reference="NO-SUCH")
        adapter.refuses(adapter.writes.procurement.cancel_replenishment, "k3", reference="NO-SUCH")
        adapter.refuses(adapter.writes.finance.withdraw_credit_release, "k4", reference="NO-SUCH")
        adapter.refuses(adapter.writes.crm.withdraw, "k5", reference="NO-SUCH", why="x")

    def test_a_transfer_whose_units_are_promised_cannot_be_cancelled(self, adapter: Adapter):
        receipt = adapter.writes.erp.transfer(
            "k1", sku="ITEM-1", from_site="S-EAST", to_site="S-WEST", quantity=20, ship_on=DAY
        )
        coming = next(supply.id for supply in adapter.reads.procurement.inbound() if supply.site == "S-WEST")
        adapter.reserve("k2", OTHER, 1, "S-WEST", inbound=coming, kind=SOFT)
        adapter.refuses(adapter.writes.erp.cancel_transfer, "k3", reference=receipt.reference)

    def test_an_expedite_is_taken_as_it_is_offered(self, adapter: Adapter):
        take = adapter.writes.procurement.expedite
        adapter.refuses(take, "k1", inbound="PO-1", eta=DAY.replace(day=7), cost=Decimal("120.00"))
        adapter.refuses(take, "k2", inbound="PO-1", eta=DAY.replace(day=8), cost=Decimal("119.99"))
        take("k3", inbound="PO-1", eta=DAY.replace(day=8), cost=Decimal("120.00"))
        supply = adapter.facts().inbound_supply("PO-1")
        assert (supply.eta.day, supply.original_eta, supply.expedite) == (8, DAY, None)
        adapter.refuses(take, "k4", inbound="PO-1", eta=DAY.replace(day=8), cost=Decimal("120.00"))
        adapter.refuses(take, "k5", inbound="PO-1", eta=DAY, cost=Decimal("-119.00"))
        adapter.refuses(take, "k6", inbound="PO-1", eta=DAY.replace(day=9), cost=Decimal("-120.00"))
