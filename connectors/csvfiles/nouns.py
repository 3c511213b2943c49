"""The fields a mapping may fill for each kind of noun, what they refer to, and how flat values become a noun."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.csvfiles.convert import Unusable
from domain.customers import Customer
from domain.facts import FxRate
from domain.inventory import (
    DemandSignal,
    Inbound,
    Position,
    Reservation,
    Sku,
    Substitute,
    Supplier,
    TransferRequest,
)
from domain.noun import Noun
from domain.orders import Order, OrderLine
from domain.sites import Lane, Site

Values = dict[str, Any]
BASE_UNIT = "EA"


@dataclass(frozen=True)
class Kind:
    """One kind of noun: its model, its fields with how each is read, its key and what it refers to.

    `shape` turns flat values (dotted names for nested nouns) into what the model takes; `refers` maps a field to the
    section it names; `id_from` makes an id where the mapping gives none, from the values and a running number.
    """

    model: type[Noun]
    fields: dict[str, str]
    key: tuple[str, ...] = ("id",)
    refers: tuple[tuple[str, str], ...] = ()
    shape: Callable[[Values, datetime], Values] = lambda values, _: values
    id_from: Callable[[Values, int], str] | None = None


def _nested(values: Values, *names: str) -> Values:
    """Dotted names folded: `credit.limit` becomes `credit: {limit}`."""
    flat = {key: value for key, value in values.items() if key.split(".")[0] not in names}
    for name in names:
        part = {key.split(".", 1)[1]: value for key, value in values.items() if key.startswith(name + ".")}
        if part:
            flat[name] = part
    return flat


def _customer(values: Values, _: datetime) -> Values:
    folded = _nested(values, "credit", "contract")
    if "id" not in folded.get("contract", {}):
        folded.pop("contract", None)
    return folded


def _sku(values: Values, _: datetime) -> Values:
    folded = _nested(values, "uom")
    units = folded.pop("uom", {})
    if units:
        packings = {BASE_UNIT: 1} | units
        folded["units_of_measure"] = tuple({"code": code, "factor": factor} for code, factor in packings.items())
    return folded


def _position(values: Values, as_of: datetime) -> Values:
    return {"as_of": as_of} | values


def _inbound(values: Values, _: datetime) -> Values:
    folded = _nested(values, "expedite")
    return ({"original_eta": folded["eta"]} if "eta" in folded else {}) | folded


def _order(values: Values, as_of: datetime) -> Values:
    folded = _nested(values, "hold")
    hold = folded.pop("hold", {})
    if "kind" in hold:
        folded["holds"] = ({"placed_at": folded.get("ordered_at", as_of)} | hold,)
    return folded


def _line(values: Values, _: datetime) -> Values:
    folded = _nested(values, "promise")
    promise = folded.pop("promise", {})
    if "first" in promise:
        folded["promise"] = {"current": promise["first"]} | promise
    return folded


def _reservation(values: Values, as_of: datetime) -> Values:
    kind = "soft" if values.get("inbound") else "hard"
    return {"kind": kind, "created_at": as_of, "owner": values.get("line", "import")} | values


def in_base_units(line: Values, sku: Sku) -> Values:
    """A line with its quantity in base units; `quantity` was in the unit of measure `uom`."""
    code = line.get("uom", BASE_UNIT)
    factor = 1 if code == BASE_UNIT else {unit.code: unit.factor for unit in sku.units_of_measure}.get(code)
    if factor is None:
        raise Unusable(f"{sku.id} has no unit '{code}'", f"add `uom.{code}` to the fields of skus, or map the unit")
    shipped = {"shipped": line["shipped"] * factor} if "shipped" in line else {}
    if "quantity" not in line:
        return line
    return line | {"uom": code, "uom_quantity": line["quantity"], "quantity": line["quantity"] * factor} | shipped


_CREDIT = {"credit.limit": "number", "credit.exposure": "number", "credit.overdue_days": "whole", "credit.status": "id"}
_CONTRACT = {
    "contract.id": "id", "contract.otif_target": "number", "contract.penalty_share": "number",
    "contract.fill_floor": "number", "contract.strict": "yes", "contract.starts": "day", "contract.ends": "day",
}  # fmt: skip
_STOCKED = (("sku", "skus"), ("site", "sites"))

KINDS: dict[str, Kind] = {
    "fx": Kind(FxRate, {"currency": "id", "rate": "number"}, key=("currency",)),
    "suppliers": Kind(
        Supplier, {"id": "id", "name": "text", "lead_time_days": "whole", "lead_time_sd": "number"}
    ),
    "sites": Kind(
        Site, {"id": "id", "name": "text", "region": "id", "timezone": "text", "pick_capacity": "whole"}
    ),
    "skus": Kind(
        Sku,
        {
            "id": "id", "name": "text", "abc_class": "id", "unit_cost": "number", "pack": "whole", "supplier": "id",
            "shelf_life_days": "whole", "uom.*": "whole",
        },
        refers=(("supplier", "suppliers"),), shape=_sku,
    ),
    "customers": Kind(
        Customer,
        {"id": "id", "name": "text", "tier": "id", "segment": "id", "region": "id", "contact": "text"}
        | _CREDIT | _CONTRACT,
        shape=_customer,
    ),
    "positions": Kind(
        Position,
        {
            "sku": "id", "site": "id", "on_hand": "whole", "quarantined": "whole", "safety_stock": "whole",
            "as_of": "moment",
        },
        key=("sku", "site"), refers=_STOCKED, shape=_position,
    ),
    "inbound": Kind(
        Inbound,
        {
            "id": "id", "sku": "id", "site": "id", "quantity": "whole", "eta": "day", "original_eta": "day",
            "supplier": "id", "reliability": "number", "expedite.eta": "day", "expedite.cost": "number",
        },
        refers=(*_STOCKED, ("supplier", "suppliers")), shape=_inbound, id_from=lambda _, number: f"IN-{number}",
    ),
    "orders": Kind(
        Order,
        {
            "id": "id", "customer": "id", "channel": "id", "currency": "id", "ordered_at": "moment", "region": "id",
            "ship_complete": "yes", "hold.kind": "id", "hold.reason": "text", "notes": "text",
        },
        refers=(("customer", "customers"),), shape=_order,
    ),
    "lines": Kind(
        OrderLine,
        {
            "id": "id", "order": "id", "sku": "id", "quantity": "whole", "uom": "id", "unit_price": "number",
            "requested": "day", "promise.first": "day", "promise.current": "day", "shipped": "whole", "state": "id",
            "ship_complete": "yes", "substitutes_ok": "yes", "frozen": "yes", "allowed_sites": "list",
        },
        refers=(("order", "orders"), ("sku", "skus")), shape=_line,
        id_from=lambda values, number: f"{values.get('order', 'line')}-{number}",
    ),
    "reservations": Kind(
        Reservation,
        {
            "id": "id", "sku": "id", "site": "id", "quantity": "whole", "kind": "id", "line": "id", "inbound": "id",
            "created_at": "moment",
        },
        refers=(*_STOCKED, ("line", "lines"), ("inbound", "inbound")), shape=_reservation,
        id_from=lambda _, number: f"R-{number}",
    ),
    "transfers": Kind(
        TransferRequest,
        {
            "id": "id", "sku": "id", "to_site": "id", "quantity": "whole", "granted": "whole", "needed_by": "day",
            "value": "number", "reason": "text",
        },
        refers=(("sku", "skus"), ("to_site", "sites")), id_from=lambda _, number: f"TR-{number}",
    ),
    "demand": Kind(
        DemandSignal,
        {"sku": "id", "site": "id", "week": "day", "forecast": "whole", "run_rate": "whole"},
        key=("sku", "site", "week"), refers=_STOCKED,
    ),
    "substitutes": Kind(
        Substitute, {"sku": "id", "alternative": "id", "ratio": "whole"},
        key=("sku", "alternative"), refers=(("sku", "skus"), ("alternative", "skus")),
    ),
    "lanes": Kind(
        Lane,
        {"origin": "id", "destination": "id", "carrier": "id", "transit_days": "whole", "freight": "number"},
        key=("origin", "destination", "carrier"), refers=(("origin", "sites"),),
    ),
}  # fmt: skip
"""Every section of a mapping, in the order they are read: what is referred to comes first."""


def how(section: str, name: str) -> str | None:
    """How a field of a section is read; None when there is no such field."""
    fields = KINDS[section].fields
    return fields.get(name) or (fields.get("uom.*") if name.startswith("uom.") and len(name) > 4 else None)
