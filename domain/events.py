"""What happens in the outside world, as a tagged union. (source, id) is the idempotency key of an event."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from domain.noun import Id, Noun, PositiveUnits, Text, Units, UntrustedText


class _Payload(Noun):
    note: UntrustedText = ""


class SupplierDelay(_Payload):
    """An inbound supply will come later, and perhaps with fewer units."""

    kind: Literal["supplier_delay"] = "supplier_delay"
    inbound: Id
    new_eta: date
    new_quantity: Units | None = None


class ShortStock(_Payload):
    """A site has fewer units of a SKU than it should have."""

    kind: Literal["short_stock"] = "short_stock"
    sku: Id
    site: Id
    counted: Units


class DemandSpike(_Payload):
    """A SKU is asked for far above its forecast."""

    kind: Literal["demand_spike"] = "demand_spike"
    sku: Id
    site: Id
    extra_units: PositiveUnits
    until: date


class CreditHold(_Payload):
    """Finance has put a customer on hold."""

    kind: Literal["credit_hold"] = "credit_hold"
    customer: Id
    reason: Text = ""


class CarrierFailure(_Payload):
    """A carrier will not collect from a site on a day."""

    kind: Literal["carrier_failure"] = "carrier_failure"
    carrier: Id
    site: Id
    day: date


class WaveAtRisk(_Payload):
    """A wave will not be picked by its cutoff."""

    kind: Literal["wave_at_risk"] = "wave_at_risk"
    wave: Id
    minutes_late: int = Field(ge=0)


class InventoryDiscrepancy(_Payload):
    """ERP and WMS disagree about a position."""

    kind: Literal["inventory_discrepancy"] = "inventory_discrepancy"
    sku: Id
    site: Id
    erp_units: Units
    wms_units: Units


class OrderChange(_Payload):
    """A customer changed quantity or date of a line, or cancelled it (quantity 0)."""

    kind: Literal["order_change"] = "order_change"
    order: Id
    line: Id
    quantity: Units | None = None
    requested: date | None = None


class SystemOutage(_Payload):
    """A connected system does not answer."""

    kind: Literal["system_outage"] = "system_outage"
    system: Id
    since: AwareDatetime


EventData = Annotated[
    SupplierDelay
    | ShortStock
    | DemandSpike
    | CreditHold
    | CarrierFailure
    | WaveAtRisk
    | InventoryDiscrepancy
    | OrderChange
    | SystemOutage,
    Field(discriminator="kind"),
]


class Event(Noun):
    """One happening. `sequence` orders events of a subject at their source; one lower than last seen is late."""

    id: Id
    source: Id
    at: AwareDatetime
    sequence: int | None = Field(default=None, ge=0)
    data: EventData

    @property
    def subject(self) -> str:
        """What the event is about, as `kind:id`; ordering is kept per subject."""
        data = self.data
        for name in ("inbound", "line", "wave", "customer", "carrier", "system"):
            if hasattr(data, name):
                return f"{name}:{getattr(data, name)}"
        return f"sku:{data.sku}@{data.site}"  # type: ignore[union-attr]
