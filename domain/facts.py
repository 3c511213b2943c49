"""Facts: everything the connected systems said at one moment, as one frozen value with a digest."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from pydantic import ConfigDict

from domain.canonical import digest
from domain.customers import Customer
from domain.errors import UnknownReference
from domain.execution import Shipment, Wave
from domain.inventory import (
    DemandSignal,
    Inbound,
    Position,
    PurchaseRequest,
    Reservation,
    Sku,
    Substitute,
    Supplier,
    TransferRequest,
)
from domain.noun import Id, Noun, Units
from domain.orders import Order, OrderLine
from domain.sites import Lane, Site


class FxRate(Noun):
    """One unit of `currency` in the base currency."""

    currency: Id
    rate: Decimal


class Claim(Noun):
    """Units that a waiting plan holds in our own record until its approval is decided or expires.

    `bucket` names the supply as in Facts: `site` stock when `inbound` is None, else that inbound supply.
    """

    move: Id
    case: Id
    sku: Id
    site: Id
    inbound: Id | None = None
    quantity: Units
    expires_at: datetime


class SourceState(Noun):
    """When a system was last read, and whether that reading is only the last good one."""

    system: Id
    as_of: datetime
    degraded: bool = False


class Facts(Noun):
    """A snapshot. Collections are sorted by id by `sorted_facts`, so equal facts are equal bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    taken_at: datetime
    base_currency: Id = "USD"
    fx: tuple[FxRate, ...] = ()
    sources: tuple[SourceState, ...] = ()
    customers: tuple[Customer, ...] = ()
    skus: tuple[Sku, ...] = ()
    suppliers: tuple[Supplier, ...] = ()
    sites: tuple[Site, ...] = ()
    lanes: tuple[Lane, ...] = ()
    positions: tuple[Position, ...] = ()
    warehouse_positions: tuple[Position, ...] = ()
    inbound: tuple[Inbound, ...] = ()
    purchases: tuple[PurchaseRequest, ...] = ()
    reservations: tuple[Reservation, ...] = ()
    orders: tuple[Order, ...] = ()
    transfers: tuple[TransferRequest, ...] = ()
    demand: tuple[DemandSignal, ...] = ()
    substitutes: tuple[Substitute, ...] = ()
    waves: tuple[Wave, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    claims: tuple[Claim, ...] = ()

    @cached_property
    def id(self) -> str:
        """Content address of this snapshot: `S-` and 16 hex digits of its digest."""
        return "S-" + digest("facts/1", self)[:16]

    def replace(self, **changes: object) -> Facts:
        """The same facts with some fields changed. Never `model_copy`: that would keep the old cached id."""
        return Facts(**({name: getattr(self, name) for name in Facts.model_fields} | changes))

    @property
    def today(self) -> date:
        """The day the snapshot was taken (UTC)."""
        return self.taken_at.date()

    @cached_property
    def _by_id(self) -> dict[str, dict[str, object]]:
        lines = {line.id: line for order in self.orders for line in order.lines}
        named = {
            "customer": self.customers,
            "sku": self.skus,
            "supplier": self.suppliers,
            "site": self.sites,
            "order": self.orders,
            "inbound": self.inbound,
            "wave": self.waves,
            "transfer": self.transfers,
            "reservation": self.reservations,
            "shipment": self.shipments,
        }
        index: dict[str, dict[str, object]] = {
            kind: {item.id: item for item in items}  # type: ignore[attr-defined]
            for kind, items in named.items()
        }
        index["line"] = dict(lines)
        return index

    def has(self, kind: str, key: str) -> bool:
        """Whether an entity of `kind` ('customer', 'sku', 'site', 'order', 'line', 'wave', ...) is in these facts."""
        return key in self._by_id[kind]

    def _get(self, kind: str, key: str) -> object:
        try:
            return self._by_id[kind][key]
        except KeyError:
            raise UnknownReference(
                f"there is no {kind} '{key}' in the connected systems",
                field=kind,
                fix=f"check the spelling of the {kind} id",
            ) from None

    def customer(self, key: str) -> Customer:
        """The customer with this id; UnknownReference otherwise (so for every getter here)."""
        return self._get("customer", key)  # type: ignore[return-value]

    def sku(self, key: str) -> Sku:
        """The SKU with this id."""
        return self._get("sku", key)  # type: ignore[return-value]

    def supplier(self, key: str) -> Supplier:
        """The supplier with this id."""
        return self._get("supplier", key)  # type: ignore[return-value]

    def site(self, key: str) -> Site:
        """The site with this id."""
        return self._get("site", key)  # type: ignore[return-value]

    def order(self, key: str) -> Order:
        """The order with this id."""
        return self._get("order", key)  # type: ignore[return-value]

    def line(self, key: str) -> OrderLine:
        """The order line with this id."""
        return self._get("line", key)  # type: ignore[return-value]

    def inbound_supply(self, key: str) -> Inbound:
        """The inbound supply with this id."""
        return self._get("inbound", key)  # type: ignore[return-value]

    def wave(self, key: str) -> Wave:
        """The wave with this id."""
        return self._get("wave", key)  # type: ignore[return-value]

    def transfer(self, key: str) -> TransferRequest:
        """The transfer request with this id."""
        return self._get("transfer", key)  # type: ignore[return-value]

    def position(self, sku: str, site: str) -> Position | None:
        """ERP stock of a SKU at a site, None when the ERP has no record of it."""
        return self._positions.get((sku, site))

    @cached_property
    def _positions(self) -> dict[tuple[str, str], Position]:
        return {(position.sku, position.site): position for position in self.positions}

    def lines_of_sku(self, sku: str) -> tuple[OrderLine, ...]:
        """Open lines of a SKU, by line id."""
        return tuple(
            sorted(
                (line for order in self.orders for line in order.lines if line.sku == sku and line.open_quantity),
                key=lambda line: line.id,
            )
        )

    def rate(self, currency: str) -> Decimal:
        """What one unit of `currency` is worth in the base currency."""
        if currency == self.base_currency:
            return Decimal(1)
        for fx in self.fx:
            if fx.currency == currency:
                return fx.rate
        raise UnknownReference(
            f"there is no exchange rate for '{currency}'", field="currency", fix="add it to the finance system's rates"
        )


def sorted_facts(facts: Facts) -> Facts:
    """The same facts with every collection in its written order, so reading order does not change the digest."""

    def key(item: object) -> str:
        for name in ("id", "currency", "system"):
            if hasattr(item, name):
                return str(getattr(item, name))
        return digest("order/1", item) if not hasattr(item, "sku") else _sku_key(item)

    def _sku_key(item: object) -> str:
        parts = (getattr(item, name, "") for name in ("sku", "site", "alternative", "week", "move", "inbound"))
        return "|".join(str(part or "") for part in parts)

    changes: dict[str, object] = {}
    for name in type(facts).model_fields:
        value = getattr(facts, name)
        if isinstance(value, tuple):
            changes[name] = tuple(sorted(value, key=key))
    orders = tuple(
        order.model_copy(update={"lines": tuple(sorted(order.lines, key=lambda line: line.id))})
        for order in changes["orders"]  # type: ignore[attr-defined]
    )
    return facts.replace(**{**changes, "orders": orders})
