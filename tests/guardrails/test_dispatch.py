"""The table from actions to calls: each reaches its own system with exactly what it says, and so does its undo."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.writes import Receipt
from domain.actions import (
    SYSTEM_OF,
    Action,
    CreateCustomerTask,
    Escalate,
    ExpediteInbound,
    HoldWave,
    RebookCarrier,
    ReleaseReservation,
    ReleaseWave,
    RequestCreditRelease,
    RequestReplenishment,
    ResequencePicks,
    Reserve,
    SubstituteItem,
    Transfer,
    UpdatePromise,
)
from domain.errors import EffectRefused, IntegrityBroken
from domain.execution import PickTask
from domain.inventory import ReservationKind
from guardrails.gate import dispatch
from guardrails.gate.dispatch import DISPATCH, Effect, Undoing, check_complete
from tests.guardrails.world import SOON, facts, picking

WAVE = picking("SO-STD1/1").model_copy(
    update={
        "tasks": (
            picking("SO-STD1/1").tasks[0].model_copy(update={"sequence": 9}),
            PickTask(id="T2", wave="W1", line="SO-STD2/1", sku="WIDGET", quantity=5, sequence=2),
            PickTask(id="T3", wave="W1", line="SO-STD2/1", sku="WIDGET", quantity=5, sequence=2),
        )
    }
)
BEFORE = facts(waves=(WAVE,))
ETA, LATER = date(2026, 3, 10), date(2026, 3, 12)
HELD: dict[str, Any] = {
    "line": "SO-STD1/1", "sku": "WIDGET", "site": "EAST", "quantity": 7, "kind": ReservationKind.SOFT,
    "inbound": "PO-1", "earmark": "M1",
}  # fmt: skip


class Taken:
    """Connectors that carry nothing out and keep every call: system, operation, key and what was said."""

    def __init__(self, system: str = "", calls: list[tuple[str, str, dict[str, Any]]] | None = None) -> None:
        self.calls: list[tuple[str, str, dict[str, Any]]] = [] if calls is None else calls
        self.system = system

    def __getattr__(self, name: str) -> Any:
        if not self.system:
            return Taken(name, self.calls)

        def call(key: str, **said: Any) -> Receipt:
            self.calls.append((f"{self.system}.{name}", key, said))
            return Receipt(reference="X-1")

        return call


def back(**said: Any) -> dict[str, Any]:
    return {"reference": "REF-9", **said}


def held(kind: type[Reserve] | type[ReleaseReservation]) -> Action:
    return kind(
        id="a1",
        line="SO-STD1/1",
        sku="WIDGET",
        site="EAST",
        quantity=7,
        reservation=ReservationKind.SOFT,
        inbound="PO-1",
    )


WITHDRAWN = back(why="move M1 was taken back")
CASES: list[tuple[Action, str, dict[str, Any], str, dict[str, Any]]] = [
    (held(Reserve), "erp.reserve", HELD, "erp.release", HELD),
    (held(ReleaseReservation), "erp.release", HELD, "erp.reserve", HELD),
    (
        HoldWave(id="a1", wave="W1", site="EAST", line="L1"),
        "wms.hold", {"wave": "W1", "line": "L1"}, "wms.release", {"wave": "W1", "line": "L1"},
    ),
    (
        ReleaseWave(id="a1", wave="W1", site="EAST", line="L1"),
        "wms.release", {"wave": "W1", "line": "L1"}, "wms.hold", {"wave": "W1", "line": "L1"},
    ),
    (
        ResequencePicks(id="a1", wave="W1", site="EAST", tasks=("T3", "T2", "T1")),
        "wms.resequence", {"wave": "W1", "tasks": ("T3", "T2", "T1")},
        "wms.resequence", {"wave": "W1", "tasks": ("T2", "T3", "T1")},
    ),
    (
        RequestReplenishment(id="a1", sku="WIDGET", site="EAST", quantity=9, needed_by=ETA, supplier="ACME"),
        "procurement.request_replenishment",
        {"sku": "WIDGET", "site": "EAST", "quantity": 9, "needed_by": ETA, "supplier": "ACME"},
        "procurement.cancel_replenishment", back(),
    ),
    (
        ExpediteInbound(id="a1", inbound="PO-1", sku="WIDGET", site="EAST", new_eta=ETA, cost=Decimal(400)),
        "procurement.expedite", {"inbound": "PO-1", "eta": ETA, "cost": Decimal(400)},
        "procurement.expedite", {"inbound": "PO-1", "eta": date(2026, 3, 20), "cost": Decimal(-400)},
    ),
    (
        Transfer(id="a1", sku="WIDGET", from_site="EAST", to_site="WEST", quantity=9, ship_on=ETA, request="TR-1"),
        "erp.transfer",
        {
            "sku": "WIDGET", "from_site": "EAST", "to_site": "WEST", "quantity": 9, "ship_on": ETA, "request": "TR-1",
            "earmark": "M1",
        },
        "erp.cancel_transfer", back(),
    ),
    (
        SubstituteItem(id="a1", line="L1", sku="WIDGET", alternative="GADGET", site="EAST", quantity=5),
        "erp.substitute", {"line": "L1", "alternative": "GADGET", "site": "EAST", "quantity": 5},
        "erp.cancel_substitute", back(),
    ),
    (
        UpdatePromise(id="a1", line="L1", sku="WIDGET", old_date=SOON, new_date=LATER),
        "erp.update_promise", {"line": "L1", "promised": LATER}, "erp.update_promise", {"line": "L1", "promised": SOON},
    ),
    (
        RequestCreditRelease(id="a1", customer="HELD", order="SO-HELD", amount=Decimal(100)),
        "finance.request_credit_release", {"customer": "HELD", "order": "SO-HELD", "amount": Decimal(100)},
        "finance.withdraw_credit_release", back(),
    ),
    (
        RebookCarrier(id="a1", wave="W1", site="EAST", carrier="FEDEX"),
        "tms.rebook", {"wave": "W1", "carrier": "FEDEX"}, "tms.rebook", {"wave": "W1", "carrier": "UPX"},
    ),
    (
        CreateCustomerTask(id="a1", customer="STD1", order="SO-STD1", subject="New date", notice="later"),
        "crm.create_task", {"customer": "STD1", "order": "SO-STD1", "subject": "New date", "notice": "later"},
        "crm.withdraw", WITHDRAWN,
    ),
    (
        Escalate(id="a1", role="lead", case="C1", reason="please look"),
        "crm.escalate", {"role": "lead", "case": "C1", "reason": "please look"}, "crm.withdraw", WITHDRAWN,
    ),
]  # fmt: skip


def test_every_kind_of_action_has_its_example():
    assert sorted(one[0].kind for one in CASES) == sorted(DISPATCH) == sorted(SYSTEM_OF)


@pytest.mark.parametrize(("action", "does", "says", "undoes", "takes_back"), CASES, ids=[one[0].kind for one in CASES])
def test_an_action_and_its_undo_reach_their_system_with_exactly_what_they_say(
    action: Action, does: str, says: dict[str, Any], undoes: str, takes_back: dict[str, Any]
):
    effect, writes = DISPATCH[action.kind], Taken()
    given: Any = writes
    assert (effect.operation, effect.undo_operation) == (does, undoes)
    assert effect.do(given, "k1", "M1", action) == Receipt(reference="X-1")
    assert effect.undo(given, "k1:undo", "M1", action, Undoing("REF-9", BEFORE)) == Receipt(reference="X-1")
    assert writes.calls == [(does, "k1", says), (undoes, "k1:undo", takes_back)]


def test_what_has_no_way_back_says_why_and_calls_nobody():
    writes: Any = Taken()
    first = UpdatePromise(id="a1", line="L1", sku="WIDGET", old_date=None, new_date=LATER)
    strange = ResequencePicks(id="a1", wave="W1", site="EAST", tasks=("T1", "T9"))
    for action, why in (
        (first, "L1 had no promise date before"),
        (strange, "the former order of wave W1 is not known"),
    ):
        with pytest.raises(EffectRefused) as refused:
            DISPATCH[action.kind].undo(writes, "k1:undo", "M1", action, Undoing("REF-9", BEFORE))
        assert refused.value.message == f"{why}, so there is nothing to go back to"
        assert (refused.value.field, refused.value.fix) == ("undo", "a person has to put it right")
    assert writes.calls == []


@pytest.mark.parametrize("fault", ["missing", "another system", "unknown kind"])
def test_a_table_with_a_hole_stops_start_up(monkeypatch: pytest.MonkeyPatch, fault: str):
    check_complete()
    table, wrong = dict(DISPATCH), "transfer"
    if fault == "missing":
        del table[wrong]
    else:
        wrong = "transfer" if fault == "another system" else "teleport"
        known = table["transfer"]
        table[wrong] = Effect("wms.transfer", known.do, known.undo_operation, known.undo)
    monkeypatch.setattr(dispatch, "DISPATCH", table)
    with pytest.raises(IntegrityBroken) as broken:
        check_complete()
    assert broken.value.message == f"the action kind '{wrong}' has no call in its system"
    assert (broken.value.field, broken.value.fix) == ("DISPATCH", "add it to the table")
