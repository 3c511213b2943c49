"""Customers: tier, segment, contract and credit; and the segments they make up."""

from __future__ import annotations

from fastapi import APIRouter

from agent.runtime.browse import Segment
from api.http.identity import App
from api.http.paging import After, Limit, Page, page_of
from api.http.resources.skus import CaseLink, case_links
from domain.customers import Tier
from domain.noun import Id, Noun, Text
from tools.customers import CustomerRow, CustomersArgs
from tools.customers import customers as customer_rows
from tools.orders import LineRow, OrdersArgs
from tools.orders import orders as open_lines


class CustomerDetail(Noun):
    """One customer: name, standing, open lines and the cases about it."""

    name: Text
    standing: CustomerRow
    open_lines: tuple[LineRow, ...]
    cases: tuple[CaseLink, ...]


def list_customers(
    app: App,
    segment: Id | None = None,
    tier: Tier | None = None,
    sku: Id | None = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[CustomerRow]:
    """Customers by id; with `sku`, those with open lines of it."""
    found = customer_rows(app.browse.context(), CustomersArgs(sku=sku)).customers
    rows = [row for row in found if segment in (None, row.segment) and (tier is None or row.tier == tier.value)]
    return page_of(rows, lambda row: row.customer, after, limit)


def read_customer(app: App, customer: Id) -> CustomerDetail:
    """One customer with what it has open."""
    context = app.browse.context()
    return CustomerDetail(
        name=context.facts.customer(customer).name,
        standing=customer_rows(context, CustomersArgs(customer=customer)).customers[0],
        open_lines=open_lines(context, OrdersArgs(customer=customer)).lines,
        cases=case_links(app, "customers", customer),
    )


def list_segments(app: App) -> tuple[Segment, ...]:
    """Customers by segment and tier: contracts, holds, open and uncovered units, open value in base currency."""
    return app.browse.segments()


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/api", tags=["customers"])
    routes.add_api_route("/customers", list_customers, methods=["GET"])
    routes.add_api_route("/customers/{customer:path}", read_customer, methods=["GET"])
    routes.add_api_route("/segments", list_segments, methods=["GET"])
    return routes
