"""Allocation problems that are small enough for the oracle, made by hypothesis."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from domain.allocation.types import Arc, Demand, Holding, Problem, Rules, Supply

DAY = date(2026, 3, 2)
SKUS = ("SKU-1", "SKU-2")


@st.composite
def problems(draw: st.DrawFn, most: int = 12, biggest: int = 15, uneven: bool = False) -> Problem:
    """One or two SKUs at two sites and one inbound, up to `most` lines with every rule the types know.

    `uneven`: quantities need not be whole packs.
    """
    pack = {sku: draw(st.sampled_from((1, 1, 1, 3))) for sku in SKUS}
    supplies = [
        Supply(id=f"{sku}@{place}", sku=sku, site=place[:1], available=DAY, quantity=draw(st.integers(0, 2 * biggest)),
               inbound=place if len(place) > 1 else None)
        for sku in SKUS
        for place in ("A", "B", "A-PO")
    ]  # fmt: skip
    free = {supply.id: supply.quantity for supply in supplies}
    lines = []
    for number in range(draw(st.integers(1, most))):
        sku = draw(st.sampled_from(SKUS))
        ways = [supply for supply in supplies if supply.sku == sku]
        asked = draw(st.integers(1, biggest))
        asked = asked if uneven or asked < pack[sku] else asked // pack[sku] * pack[sku]
        lines.append(draw(_line(number, sku, pack[sku], ways, free, max(asked, 1 if uneven else pack[sku]))))
    rules = Rules(
        strict_ranks=draw(st.sampled_from((True, True, False))),
        budget=draw(st.none() | st.none() | st.integers(0, 20)),
    )
    return Problem(demand=tuple(lines), supply=tuple(supplies), rules=rules)


@st.composite
def _line(
    draw: st.DrawFn, number: int, sku: str, pack: int, ways: list[Supply], free: dict[str, int], quantity: int
) -> Demand:
    kind = draw(st.sampled_from(("plain",) * 6 + ("atomic", "order", "frozen", "blocked", "floor", "locked")))
    order = f"O{draw(st.integers(0, 2))}" if kind == "order" else f"L{number}"
    holdings = []
    left = quantity
    for way in ways:
        units = draw(st.integers(0, min(left, free[way.id]) // pack)) * pack if draw(st.booleans()) else 0
        if units:
            left, free[way.id] = left - units, free[way.id] - units
            holdings.append(Holding(supply=way.id, quantity=units, locked=1 if kind == "locked" and pack == 1 else 0))
    arcs = tuple(
        Arc(
            supply=way.id,
            arrives=DAY + timedelta(days=draw(st.integers(1, 9))),
            value=draw(st.integers(-300, 2500)),
            limit=draw(st.sampled_from((None,) * 9 + (quantity // 2,))) if kind == "plain" and pack == 1 else None,
        )
        for way in ways
    )
    return Demand(
        id=f"{order}-{number}",
        order=order,
        customer=f"C{number % 3}",
        sku=sku,
        quantity=quantity,
        rank=draw(st.sampled_from((0, 1, 1, 2))),
        ordered=f"2026-02-{draw(st.integers(1, 27)):02}",
        due=DAY + timedelta(days=draw(st.integers(0, 12))),
        atomic=kind == "atomic",
        order_atomic=kind == "order",
        floor=pack * draw(st.integers(0, quantity // pack)) if kind == "floor" else 0,
        pack=pack,
        frozen=kind == "frozen" or (kind == "order" and draw(st.sampled_from((True,) + (False,) * 5))),
        blocked="credit hold" if kind == "blocked" else "",
        break_cost=draw(st.integers(0, 200)),
        arcs=arcs,
        holdings=tuple(holdings),
    )
