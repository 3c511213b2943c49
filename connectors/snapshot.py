"""Take a snapshot: ask every system once and put the answers together as Facts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from connectors.reads import Reads
from domain.customers import Customer
from domain.errors import UnknownReference
from domain.facts import Claim, Facts, SourceState, sorted_facts

SYSTEMS = ("crm", "erp", "finance", "procurement", "tms", "wms")


def take(reads: Reads, now: datetime, skus: Collection[str] | None = None, claims: Collection[Claim] = ()) -> Facts:
    """Facts about these SKUs (every one when None) with the orders, customers, waves and supply that touch them.

    Substitutes of the named SKUs come along. Raises DependencyDown when a system cannot be read, UnknownReference when
    a SKU is unknown.
    """
    wanted: set[str] | None = None
    if skus is not None:
        wanted = set(skus)
        known = {sku.id for sku in reads.erp.skus(wanted)}
        if missing := sorted(wanted - known):
            raise UnknownReference(
                f"the ERP has no SKU '{missing[0]}'", field="sku", fix="check the SKU id against the ERP's item list"
            )
        wanted |= {pair.alternative for pair in reads.erp.substitutes(wanted)}
    orders = reads.erp.orders(wanted)
    everyone = None if wanted is None else {order.customer for order in orders}
    credit = reads.finance.credit(everyone)
    customers = tuple(
        Customer(**{name: getattr(profile, name) for name in type(profile).model_fields}, credit=credit[profile.id])
        for profile in reads.crm.customers(everyone)
    )
    return sorted_facts(
        Facts(
            taken_at=now,
            base_currency=reads.erp.base_currency(),
            fx=reads.finance.rates(),
            sources=tuple(SourceState(system=system, as_of=now) for system in SYSTEMS),
            customers=customers,
            skus=reads.erp.skus(_with_lines(wanted, orders)),
            suppliers=reads.procurement.suppliers(),
            sites=reads.erp.sites(),
            lanes=reads.tms.lanes(),
            positions=reads.erp.positions(wanted),
            warehouse_positions=reads.wms.positions(wanted),
            inbound=reads.procurement.inbound(wanted),
            purchases=reads.procurement.requests(wanted),
            reservations=reads.erp.reservations(wanted),
            orders=orders,
            transfers=reads.erp.transfers(wanted),
            demand=reads.erp.demand(wanted),
            substitutes=reads.erp.substitutes(wanted),
            waves=reads.wms.waves(wanted),
            shipments=reads.wms.shipments({order.id for order in orders}),
            claims=tuple(claims) if wanted is None else tuple(c for c in claims if c.sku in wanted),
        )
    )


def _with_lines(wanted: set[str] | None, orders: Collection[object]) -> set[str] | None:
    if wanted is None:
        return None
    return wanted | {line.sku for order in orders for line in order.lines}  # type: ignore[attr-defined]
