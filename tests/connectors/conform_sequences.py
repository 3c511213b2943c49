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
WAVES = st.sampled_from(["W-1", "W-2"])
UNITS = st.integers(1, 40)
MOVES = st.sampled_from([None, "m1", "m2"])
REFERENCES = st.integers(0, 7)

STOCK = st.fixed_dictionaries({"line": LINES, "site": SITES, "quantity": UNITS, "earmark": MOVES})
COMING = st.fixed_dictionaries({"line": LINES, "quantity": UNITS, "earmark": MOVES, "inbound": st.just("PO-1")})
STEP = st.one_of(
    st.tuples(st.sampled_from(["reserve", "release"]), STOCK),
    st.tuples(st.sampled_from(["reserve", "release"]), COMING),
    st.tuples(st.just("free_earmark"), st.fixed_dictionaries({"earmark": st.sampled_from(["m1", "m2"])})),
    st.tuples(st.just("transfer"), st.fixed_dictionaries({"from_site": SITES, "quantity": UNITS, "earmark": MOVES})),
    st.tuples(st.just("substitute"), st.fixed_dictionaries({"line": LINES, "quantity": UNITS})),
    st.tuples(st.sampled_from(["cancel_transfer", "cancel_substitute"]), st.fixed_dictionaries({"which": REFERENCES})),
    st.tuples(
        st.sampled_from(["hold_wave", "release_wave"]),
        st.fixed_dictionaries({"wave": WAVES, "line": st.none() | LINES}),
    ),
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
        getattr(erp, verb)(key, reference=done[told["which"] % len(done)] if done else "NO-SUCH")
    else:
        (wms.hold if verb == "hold_wave" else wms.release)(key, **told)


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
        @given(steps=st.lists(STEP, min_size=3, max_size=14))
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
