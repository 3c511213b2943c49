"""Generated worlds that run short: one or two SKUs, two sites, late supply, holds, frozen lines and waves."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from domain.customers import Tier
from domain.execution import PickTask, Wave, WaveState
from domain.facts import Facts
from domain.inventory import Inbound, Reservation, Substitute
from domain.orders import HoldKind, Order
from tests.tools.worlds import NOW, customer, day, order, reserved, stock, transfer_request, world

BUYERS = (
    customer("GOLD", Tier.STRATEGIC, strict=True),
    customer("KEYED", Tier.KEY),
    customer("PLAIN"),
    customer("STUCK", held=True),
)


@st.composite
def worlds(draw: st.DrawFn) -> Facts:
    """A consistent world: nothing is reserved beyond what a line asks or a bucket has."""
    pools = {
        ("EAST", None): draw(st.integers(0, 40)),
        ("WEST", None): draw(st.integers(0, 40)),
        ("EAST", "PO-1"): draw(st.integers(1, 15)),
    }
    left = dict(pools)
    orders: list[Order] = []
    held: list[Reservation] = []
    for n in range(draw(st.integers(2, 7))):
        line = _order(draw, n)
        orders.append(line)
        room = line.lines[0].quantity
        for (site, inbound), units in sorted(left.items(), key=lambda item: (item[0][0], item[0][1] or "")):
            take = draw(st.integers(0, min(units, room)))
            if take:
                key = f"R-{len(held)}"
                held.append(reserved(key, line.lines[0].id, take, at=site, inbound=inbound))
                left[site, inbound] -= take
                room -= take
    eta = draw(st.integers(0, 20))
    supply = Inbound(id="PO-1", sku="X", site="EAST", quantity=pools["EAST", "PO-1"], eta=day(eta), original_eta=day(0))
    return world(
        customers=BUYERS,
        positions=(
            stock(pools["EAST", None]),
            stock(pools["WEST", None], at="WEST"),
            stock(draw(st.integers(5, 20)), sku="Y", at="WEST"),
        ),
        warehouse_positions=(),
        inbound=(supply,),
        orders=tuple(orders),
        reservations=tuple(held),
        transfers=(transfer_request(10, draw(st.sampled_from(["0.10", "30.00"]))),) if draw(st.booleans()) else (),
        substitutes=(Substitute(sku="X", alternative="Y"),),
        waves=_waves(held),
    )


def _order(draw: st.DrawFn, n: int) -> Order:
    flags: dict[str, Any] = {
        "ship_complete": draw(st.integers(0, 4)) == 0,
        "substitutes_ok": draw(st.integers(0, 2)) > 0,
        "frozen": draw(st.integers(0, 6)) == 0,
    }
    return order(
        f"SO-{n}",
        draw(st.sampled_from(["GOLD", "KEYED", "PLAIN", "PLAIN", "STUCK"])),
        draw(st.integers(1, 25)),
        price=draw(st.sampled_from(["12", "20", "31"])),
        due=draw(st.integers(0, 12)),
        holds=(HoldKind.COMPLIANCE,) if draw(st.integers(0, 7)) == 0 else (),
        **flags,
    )


def _waves(held: list[Reservation]) -> tuple[Wave, ...]:
    tasks = tuple(
        PickTask(id=f"T-{n}", wave="W-1", line=item.line or "", sku="X", quantity=item.quantity, sequence=n)
        for n, item in enumerate(held)
        if item.inbound is None and item.site == "EAST"
    )
    return (Wave(id="W-1", site="EAST", state=WaveState.RELEASED, carrier="ROAD", cutoff_at=NOW, tasks=tasks),)
