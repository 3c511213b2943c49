"""The tables of the distributor. A column is named as the noun's field it holds; its prefix says whose system it is."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Integer, MetaData, String, Table, Text

from connectors.embedded.columns import Exact, Instant, Value
from domain.customers import Contract
from domain.execution import Milestone
from domain.inventory import Expedite, Lot, UnitOfMeasure
from domain.orders import Hold, Promise
from domain.sites import Cutoff

metadata = MetaData()


def _key(name: str = "id") -> Column[str]:
    return Column(name, String(80), primary_key=True)


def _id(name: str) -> Column[str]:
    return Column(name, String(80), nullable=False)


def _maybe(name: str) -> Column[str]:
    return Column(name, String(80))


def _units(name: str) -> Column[int]:
    return Column(name, Integer, CheckConstraint(f"{name} >= 0"), nullable=False)


def _positions(name: str) -> Table:
    return Table(
        name, metadata, _key("sku"), _key("site"), _units("on_hand"), _units("quarantined"), _units("safety_stock"),
        Column("lots", Value(tuple[Lot, ...]), nullable=False), Column("as_of", Instant, nullable=False),
    )  # fmt: skip


# ERP
company = Table("erp_company", metadata, _key(), _id("base_currency"))
skus = Table(
    "erp_skus", metadata, _key(), Column("name", Text), _id("abc_class"), Column("unit_cost", Exact, nullable=False),
    Column("pack", Integer, nullable=False), Column("units_of_measure", Value(tuple[UnitOfMeasure, ...])),
    _maybe("supplier"), Column("shelf_life_days", Integer),
)  # fmt: skip
sites = Table(
    "erp_sites", metadata, _key(), Column("name", Text), _id("region"), _id("timezone"),
    Column("workdays", Value(tuple[int, ...])), Column("holidays", Value(tuple[date, ...])), _units("pick_capacity"),
    Column("cutoffs", Value(tuple[Cutoff, ...])),
)  # fmt: skip
positions = _positions("erp_positions")
orders = Table(
    "erp_orders", metadata, _key(), _id("customer"), _id("channel"), _id("currency"),
    Column("ordered_at", Instant, nullable=False), _id("region"), Column("ship_complete", Boolean, nullable=False),
    Column("holds", Value(tuple[Hold, ...]), nullable=False), Column("notes", Text, nullable=False),
)  # fmt: skip
lines = Table(
    "erp_lines", metadata, _key(), _id("order"), _id("sku"),
    Column("quantity", Integer, CheckConstraint("quantity > 0")), _id("uom"), Column("uom_quantity", Exact),
    Column("unit_price", Exact), Column("requested", Date, nullable=False),
    Column("promise", Value(Promise)), _units("shipped"), _id("state"),
    Column("ship_complete", Boolean, nullable=False), Column("allowed_sites", Value(tuple[str, ...])),
    Column("substitutes_ok", Boolean, nullable=False), Column("frozen", Boolean, nullable=False),
    Index("erp_lines_order", "order"), Index("erp_lines_sku", "sku"),
)  # fmt: skip
reservations = Table(
    "erp_reservations", metadata, _key(), _id("sku"), _id("site"),
    Column("quantity", Integer, CheckConstraint("quantity > 0"), nullable=False), _id("kind"), _maybe("line"),
    _maybe("inbound"), _id("owner"), Column("created_at", Instant, nullable=False), Column("expires_at", Instant),
    # Of an earmark: the reservation it was cut from, so that giving it back restores exactly what was there.
    _maybe("origin"), _maybe("origin_line"), Column("origin_at", Instant),
    Index("erp_reservations_bucket", "sku", "site"), Index("erp_reservations_line", "line"),
    Index("erp_reservations_owner", "owner"),
)  # fmt: skip
transfer_requests = Table(
    "erp_transfer_requests", metadata, _key(), _id("sku"), _id("to_site"), _units("quantity"), _units("granted"),
    Column("needed_by", Date, nullable=False), Column("value", Exact, nullable=False), Column("reason", Text),
)  # fmt: skip
transfer_orders = Table(
    "erp_transfer_orders", metadata, _key(), _id("sku"), _id("from_site"), _id("to_site"), _units("quantity"),
    Column("ship_on", Date, nullable=False), _maybe("request"), _id("inbound"), _id("state"),
    Column("lots", Value(tuple[Lot, ...])), Column("counted_lots", Value(tuple[Lot, ...])),
    Column("drawn", Value(list[dict[str, str | int | None]])),
)  # fmt: skip
substitutions = Table(
    "erp_substitutions", metadata, _key(), _id("line"), _id("companion"), _units("quantity_before"),
    _units("quantity_after"), Column("uom_quantity_before", Exact), _id("state_before"), _id("state_after"),
    _id("state"),
)  # fmt: skip
substitutes = Table("erp_substitutes", metadata, _key("sku"), _key("alternative"), _units("ratio"))
demand = Table(
    "erp_demand", metadata, _key("sku"), _key("site"), Column("week", Date, primary_key=True), _units("forecast"),
    _units("run_rate"),
)  # fmt: skip

# WMS
counted = _positions("wms_positions")
waves = Table(
    "wms_waves", metadata, _key(), _id("site"), _id("state"), _id("carrier"),
    Column("cutoff_at", Instant, nullable=False),
    _maybe("before_hold"), Column("booked", Value(dict[str, datetime])), Column("minutes_late", Integer),
)  # fmt: skip
tasks = Table(
    "wms_tasks", metadata, _key(), _id("wave"), _id("line"), _id("sku"), _units("quantity"),
    Column("sequence", Integer, nullable=False), _id("state"), _maybe("held_by"),
    Index("wms_tasks_wave", "wave"), Index("wms_tasks_line", "line"),
)  # fmt: skip
shipments = Table(
    "wms_shipments", metadata, _key(), _id("order"), _id("site"), _id("carrier"),
    Column("milestones", Value(tuple[Milestone, ...])),
)  # fmt: skip

# TMS
lanes = Table(
    "tms_lanes", metadata, _key("origin"), _key("destination"), _key("carrier"),
    Column("transit_days", Integer, nullable=False), Column("freight", Exact, nullable=False),
)  # fmt: skip
carrier_failures = Table(
    "tms_carrier_failures", metadata, _key("carrier"), _key("site"), Column("day", Date, primary_key=True)
)

# CRM
customers = Table(
    "crm_customers", metadata, _key(), Column("name", Text), _id("tier"), _id("segment"), _id("region"),
    Column("contract", Value(Contract)), Column("contact", Text),
)  # fmt: skip
customer_tasks = Table(
    "crm_tasks", metadata, _key(), _maybe("customer"), _maybe("order"), _maybe("role"), Column("subject", Text),
    Column("notice", Text), Column("withdrawn", Text),
)  # fmt: skip

# Procurement
inbound = Table(
    "proc_inbound", metadata, _key(), _id("sku"), _id("site"), _units("quantity"), Column("eta", Date, nullable=False),
    Column("original_eta", Date, nullable=False), _maybe("supplier"), Column("reliability", Exact),
    Column("expedite", Value(Expedite)),
)  # fmt: skip
suppliers = Table(
    "proc_suppliers", metadata, _key(), Column("name", Text), _units("lead_time_days"), Column("lead_time_sd", Exact)
)
purchase_requests = Table(
    "proc_requests", metadata, _key(), _id("sku"), _id("site"), _units("quantity"), _id("needed_by"),
    _maybe("supplier"), _id("state"),
)  # fmt: skip
expedites = Table(
    "proc_expedites", metadata, _key(), _id("inbound"), Column("eta_before", Date), Column("eta", Date),
    Column("cost", Exact), _id("state"),
)  # fmt: skip

# Finance
credit = Table(
    "fin_credit", metadata, _key("customer"), Column("limit", Exact), Column("exposure", Exact),
    Column("overdue_days", Integer), _id("status"),
)  # fmt: skip
rates = Table("fin_rates", metadata, _key("currency"), Column("rate", Exact))
credit_requests = Table(
    "fin_credit_requests", metadata, _key(), _id("customer"), _id("order"), Column("amount", Exact), _id("state")
)

# What every system keeps
effects = Table(
    "sys_effects", metadata, _key("system"), Column("key", String(400), primary_key=True), _id("operation"),
    Column("body", String(64), nullable=False), _id("reference"), Column("at", Instant, nullable=False),
)  # fmt: skip
faults = Table(
    "sys_faults", metadata, _key("system"), Column("reads_down", Boolean, nullable=False),
    Column("writes_down", Boolean, nullable=False), _units("slow_ms"), _units("lose_replies"),
    _maybe("die_at"), _maybe("die_operation"),
)  # fmt: skip
happenings = Table(
    "sys_happenings", metadata, _key("source"), _key("event"), Column("at", Instant, nullable=False),
    Column("said", Value(tuple[str, ...]), nullable=False),
)  # fmt: skip
