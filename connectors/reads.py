"""What Quartermaster may ask of other systems. Every method returns nouns, never rows; raises DependencyDown when the
system does not answer. `skus=None` means every SKU."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from domain.customers import Contract, Credit, Tier
from domain.execution import Shipment, Wave
from domain.facts import FxRate
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
from domain.noun import Id, Noun, Text
from domain.orders import Order
from domain.sites import Lane, Site


class Profile(Noun):
    """A customer as the CRM knows it; finance adds the credit."""

    id: Id
    name: Text
    tier: Tier
    segment: Id
    region: Id
    contract: Contract | None = None
    contact: Text = ""


class CustomerTask(Noun):
    """A task in the CRM; for an escalation `customer` and `order` are None and `role` is set.

    `withdrawn` says why a task is no longer true; None while it stands.
    """

    id: Id
    customer: Id | None = None
    order: Id | None = None
    role: Id | None = None
    subject: Text
    notice: Text = ""
    withdrawn: Text | None = None


class ErpReads(Protocol):
    """Orders, stock, reservations and what is planned."""

    def base_currency(self) -> str: ...
    def skus(self, skus: Collection[str] | None = None) -> tuple[Sku, ...]: ...
    def sites(self) -> tuple[Site, ...]: ...
    def orders(self, skus: Collection[str] | None = None) -> tuple[Order, ...]:
        """Orders with at least one open line of these SKUs, whole."""
        ...

    def order(self, order: str) -> Order | None: ...
    def positions(self, skus: Collection[str] | None = None) -> tuple[Position, ...]: ...
    def reservations(self, skus: Collection[str] | None = None) -> tuple[Reservation, ...]: ...
    def transfers(self, skus: Collection[str] | None = None) -> tuple[TransferRequest, ...]:
        """Transfer requests not yet fully granted."""
        ...

    def substitutes(self, skus: Collection[str] | None = None) -> tuple[Substitute, ...]: ...
    def demand(self, skus: Collection[str] | None = None) -> tuple[DemandSignal, ...]: ...


class WmsReads(Protocol):
    """Physical stock, waves and shipments."""

    def positions(self, skus: Collection[str] | None = None) -> tuple[Position, ...]: ...
    def waves(self, skus: Collection[str] | None = None) -> tuple[Wave, ...]:
        """Waves not done that hold a task of these SKUs, whole."""
        ...

    def shipments(self, orders: Collection[str] | None = None) -> tuple[Shipment, ...]: ...


class TmsReads(Protocol):
    """Lanes and carriers."""

    def lanes(self) -> tuple[Lane, ...]: ...


class CrmReads(Protocol):
    """Who the customers are, and what we owe them to say."""

    def customers(self, customers: Collection[str] | None = None) -> tuple[Profile, ...]: ...
    def tasks(self) -> tuple[CustomerTask, ...]: ...


class ProcurementReads(Protocol):
    """Supply on its way, and who sends it."""

    def inbound(self, skus: Collection[str] | None = None) -> tuple[Inbound, ...]: ...
    def suppliers(self) -> tuple[Supplier, ...]: ...
    def requests(self, skus: Collection[str] | None = None) -> tuple[PurchaseRequest, ...]:
        """Requests to buy that procurement has neither ordered nor refused yet."""
        ...


class FinanceReads(Protocol):
    """Credit and exchange rates."""

    def credit(self, customers: Collection[str] | None = None) -> Mapping[str, Credit]: ...
    def rates(self) -> tuple[FxRate, ...]: ...


@dataclass(frozen=True)
class Reads:
    """The six systems, as far as they may be read. One adapter may serve several of them."""

    erp: ErpReads
    wms: WmsReads
    tms: TmsReads
    crm: CrmReads
    procurement: ProcurementReads
    finance: FinanceReads
