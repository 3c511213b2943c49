"""Everything that a move touches, by id: what scope and pilot are checked against."""

from __future__ import annotations

from dataclasses import dataclass

from domain.actions import Action
from domain.facts import Facts
from domain.plans import Move

_FIELDS = {
    "sku": "sku",
    "alternative": "sku",
    "site": "site",
    "from_site": "site",
    "to_site": "site",
    "line": "line",
    "order": "order",
    "customer": "customer",
    "wave": "wave",
    "inbound": "inbound",
    "request": "transfer",
}
"""Field of an action -> the kind of entity it names."""


@dataclass(frozen=True)
class Touched:
    """Ids of a move, sorted; orders and customers of its lines, and SKUs and sites of its waves, come along.

    `unknown` says which ids the facts do not know.
    """

    skus: tuple[str, ...]
    sku_classes: tuple[str, ...]
    sites: tuple[str, ...]
    orders: tuple[str, ...]
    customers: tuple[str, ...]
    segments: tuple[str, ...]
    waves: tuple[str, ...]
    inbound: tuple[str, ...]
    unknown: tuple[str, ...]


def touched(move: Move, facts: Facts) -> Touched:
    """What `move` touches on these facts."""
    ids: dict[str, set[str]] = {kind: set() for kind in _FIELDS.values()}
    for action in move.actions:
        for kind, key in named(action):
            ids[kind].add(key)
    for effect in move.effects:
        if facts.has("line", effect.line):
            ids["line"].add(effect.line)
    unknown = tuple(
        f"there is no {kind} '{key}' in the facts"
        for kind in sorted(ids)
        for key in sorted(ids[kind])
        if not facts.has(kind, key)
    )
    _follow(ids, facts)
    return Touched(
        skus=tuple(sorted(ids["sku"])),
        sku_classes=tuple(sorted({facts.sku(key).abc_class for key in ids["sku"] if facts.has("sku", key)})),
        sites=tuple(sorted(ids["site"])),
        orders=tuple(sorted(ids["order"])),
        customers=tuple(sorted(ids["customer"])),
        segments=tuple(sorted({facts.customer(key).segment for key in ids["customer"] if facts.has("customer", key)})),
        waves=tuple(sorted(ids["wave"])),
        inbound=tuple(sorted(ids["inbound"])),
        unknown=unknown,
    )


def named(action: Action) -> tuple[tuple[str, str], ...]:
    """(kind of entity, id) for everything an action names."""
    fields = vars(action)
    return tuple((kind, value) for field, kind in _FIELDS.items() if isinstance(value := fields.get(field), str))


def _follow(ids: dict[str, set[str]], facts: Facts) -> None:
    """From lines to orders, SKUs and customers; from inbound supply to its SKU and site; from waves to their site."""
    for line in ids["line"]:
        if facts.has("line", line):
            ids["order"].add(facts.line(line).order)
            ids["sku"].add(facts.line(line).sku)
    for order in ids["order"]:
        if facts.has("order", order):
            ids["customer"].add(facts.order(order).customer)
    for supply in ids["inbound"]:
        if facts.has("inbound", supply):
            ids["sku"].add(facts.inbound_supply(supply).sku)
            ids["site"].add(facts.inbound_supply(supply).site)
    for wave in ids["wave"]:
        if facts.has("wave", wave):
            ids["site"].add(facts.wave(wave).site)
