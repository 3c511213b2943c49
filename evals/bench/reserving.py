"""Contending reservers of one SKU: the embedded ERP against one bare conditional UPDATE per unit."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg

from api.cli.view import View, view
from connectors.embedded.connector import EmbeddedDistributor
from connectors.embedded.load import create
from domain.customers import Credit, CreditStatus, Customer, Tier
from domain.errors import EffectRefused
from domain.facts import Facts, SourceState, sorted_facts
from domain.inventory import Position, ReservationKind, Sku
from domain.orders import Order, OrderLine
from domain.sites import Lane, Site
from evals.bench.timing import ms, ratio, together

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WORKERS = 8


def measure(postgres: str, folder: Path, stock: int) -> View:
    """Eight reservers take one unit at a time until nothing is left, and then ask twice more."""
    rows = []
    for name, url in (("SQLite", f"sqlite:///{folder / 'stock.db'}"), ("PostgreSQL", postgres)):
        create(url, _world(stock))
        outside = EmbeddedDistributor(url)
        together([outside.reads.erp.base_currency] * WORKERS)  # connections are open before anything is measured
        ours, got = together([_reserver(outside, n) for n in range(WORKERS)])
        faults = outside.audit()
        outside.close()
        assert not faults, faults
        bare = _sqlite(folder / "bare_stock.db", stock) if name == "SQLite" else _postgres(url, stock)
        theirs, sold = together([bare() for _ in range(WORKERS)])
        rows.append(
            [name, WORKERS, stock, sum(got), sum(sold), ms(ours / stock), ms(theirs / stock), ratio(ours, theirs)]
        )
    return view(
        "reservers",
        "Contending reservers, beside a bare conditional UPDATE",
        "database | reservers | in stock | we reserved | UPDATE sold | per unit | per bare unit | ratio",
        rows,
        [
            "Ours checks the line, its holds and open quantity, sums what is reserved under the SKU's lock, books the "
            "reservation and keeps the key, so that the same call twice counts once; the UPDATE takes one off a number."
        ],
    )


def _world(stock: int) -> Facts:
    """One site, one SKU, and for every reserver an order that wants all of it."""
    customer = Customer(
        id="C-1", name="C-1", tier=Tier.STANDARD, segment="bench",
        credit=Credit(limit=Decimal(10**9), exposure=Decimal(0), status=CreditStatus.OK),
    )  # fmt: skip
    orders = tuple(
        Order(
            id=f"O-{n}", customer="C-1", ordered_at=NOW, region="home",
            lines=(
                OrderLine(
                    id=f"O-{n}/1", order=f"O-{n}", sku="SKU-1", quantity=stock, unit_price=Decimal(9),
                    requested=date(2026, 3, 9),
                ),
            ),
        )
        for n in range(WORKERS)
    )  # fmt: skip
    return sorted_facts(
        Facts(
            taken_at=NOW,
            sources=(SourceState(system="erp", as_of=NOW),),
            customers=(customer,),
            skus=(Sku(id="SKU-1", name="SKU-1", abc_class="A", unit_cost=Decimal(5)),),
            sites=(Site(id="S-1", name="S-1", region="home", pick_capacity=10**6, cutoffs=()),),
            lanes=(Lane(origin="S-1", destination="home", carrier="ROAD", transit_days=1, freight=Decimal(1)),),
            positions=(Position(sku="SKU-1", site="S-1", on_hand=stock, as_of=NOW),),
            orders=orders,
        )
    )


def _reserver(outside: EmbeddedDistributor, number: int) -> Callable[[], int]:
    erp = outside.writes(lambda: NOW).erp

    def work() -> int:
        got = refused = 0
        while refused < 2:
            try:
                erp.reserve(
                    f"bench:{number}:{got}:{refused}", line=f"O-{number}/1", sku="SKU-1", site="S-1", quantity=1,
                    kind=ReservationKind.HARD,
                )  # fmt: skip
                got += 1
            except EffectRefused:
                refused += 1
        return got

    return work


TAKE = "UPDATE stock SET free = free - 1 WHERE sku = 'SKU-1' AND free >= 1"


def _sqlite(file: Path, stock: int) -> Callable[[], Callable[[], int]]:
    with sqlite3.connect(file) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE stock (sku TEXT PRIMARY KEY, free INTEGER)")
        made.execute("INSERT INTO stock VALUES ('SKU-1', ?)", (stock,))
    made.close()

    return lambda: _taker(sqlite3.connect(file, timeout=30, isolation_level=None, check_same_thread=False))


def _postgres(url: str, stock: int) -> Callable[[], Callable[[], int]]:
    with psycopg.connect(url) as made:
        made.execute("CREATE TABLE stock (sku text PRIMARY KEY, free integer)")
        made.execute("INSERT INTO stock VALUES ('SKU-1', %s)", (stock,))

    return lambda: _taker(psycopg.connect(url, autocommit=True))


def _taker(connection: sqlite3.Connection | psycopg.Connection) -> Callable[[], int]:
    def work() -> int:
        got = 0
        while connection.execute(TAKE).rowcount:
            got += 1
        connection.close()
        return got

    return work
