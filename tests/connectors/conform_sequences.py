"""Whatever is written in whatever order, an adapter's books are right afterwards."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import EffectRefused
from tests.connectors.adapter import HARD, SOFT, Adapter
from tests.connectors.small import DAY, ORDERS, line_of, small_world

LINES = st.sampled_from([line_of(row[0]) for row in ORDERS])
SITES = st.sampled_from(["S-EAST", "S-WEST"])
FEW, MANY = st.integers(1, 12), st.integers(1, 60)
MOVES = st.sampled_from(["m1", "m2"])


def lines(*orders: str) -> st.SearchStrategy[str]:
    """Mostly these lines, sometimes any."""
    return st.one_of(st.sampled_from([line_of(order) for order in orders]), LINES) if orders else LINES


def step(verb: str, **told: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    return st.tuples(st.just(verb), st.fixed_dictionaries(told))


TAKERS, HOLDERS = lines("O-BIG", "O-OTHER", "O-EASTERN"), lines("O-HOLDER", "O-PICKING", "O-FROZEN", "O-BIG", "O-OTHER")
STEP = st.one_of(
    step("reserve", line=TAKERS, site=SITES, quantity=FEW | MANY, earmark=st.none() | MOVES),
    step("release", line=HOLDERS, site=st.just("S-EAST"), quantity=FEW, earmark=st.none() | MOVES),
    step("reserve", line=TAKERS, quantity=FEW, earmark=st.none() | MOVES, inbound=st.just("PO-1")),
    step("release", line=st.just(line_of("O-BIG")), quantity=FEW, earmark=MOVES, inbound=st.just("PO-1")),
    step("free_earmark", earmark=MOVES),
    step("transfer", from_site=SITES, quantity=FEW, earmark=st.none() | MOVES),
    step("substitute", line=lines("O-OTHER"), quantity=FEW | MANY),
    step("cancel_transfer", which=st.integers(0, 7)),
    step("cancel_substitute", which=st.integers(0, 7)),
    step("hold_wave", wave=st.just("W-1"), line=st.sampled_from([None, line_of("O-PICKING"), line_of("O-PICKED")])),
    step("release_wave", wave=st.just("W-1"), line=st.sampled_from([None, line_of("O-PICKING")])),
    step("hold_wave", wave=st.just("W-2"), line=st.sampled_from([None, line_of("O-HOLDER")])),
    step("release_wave", wave=st.just("W-2"), line=st.sampled_from([None, line_of("O-HOLDER")])),
)


def carry_out(adapter: Adapter, key: str, verb: str, told: dict[str, Any], done: list[str]) -> None:
    """One step; `done` collects references that can be cancelled."""
    erp, wms = adapter.writes.erp, adapter.writes.wms
    if verb in ("reserve", "release"):
        what = {"sku": "ITEM-1", "site": "S-EAST", "kind": SOFT if "inbound" in told else HARD, **told}
        (erp.reserve if verb == "reserve" else erp.release)(key, **what)
    elif verb == "free_earmark":
        erp.free_earmark(key, **told)
    elif verb == "transfer":
        to_site = "S-WEST" if told["from_site"] == "S-EAST" else "S-EAST"
        done.append(erp.transfer(key, sku="ITEM-1", to_site=to_site, ship_on=DAY, **told).reference)
    elif verb == "substitute":
        done.append(erp.substitute(key, alternative="ITEM-2", site="S-EAST", **told).reference)
    elif verb in ("cancel_transfer", "cancel_substitute"):
        getattr(erp, verb)(key, reference=_one_of(done, "T-" if verb == "cancel_transfer" else "S-", told["which"]))
    else:
        (wms.hold if verb == "hold_wave" else wms.release)(key, **told)


def _one_of(done: list[str], prefix: str, which: int) -> str:
    mine = [reference for reference in done if reference.startswith(prefix)] or done or ["NO-SUCH"]
    return mine[which % len(mine)]


def units_owned(adapter: Adapter) -> dict[str, int]:
    """Units of every SKU on hand and on their way: no write makes or destroys one."""
    facts = adapter.facts()
    owned: dict[str, int] = {}
    for item in facts.positions:
        owned[item.sku] = owned.get(item.sku, 0) + item.on_hand
    for supply in facts.inbound:
        owned[supply.sku] = owned.get(supply.sku, 0) + supply.quantity
    return owned


class SequencesConform:
    def test_the_books_are_right_after_any_sequence_of_writes(self, adapter: Adapter):
        @given(steps=st.lists(STEP, min_size=8, max_size=24))
        @settings(max_examples=settings().max_examples // 4)
        def holds(steps: list) -> None:
            adapter.load(small_world())
            owned = units_owned(adapter)
            done: list[str] = []
            for number, (verb, told) in enumerate(steps):
                try:
                    carry_out(adapter, f"k{number}", verb, told, done)
                except EffectRefused as refused:
                    assert refused.fix
                assert adapter.audit() == [], (verb, told)
            assert units_owned(adapter) == owned

        holds()
