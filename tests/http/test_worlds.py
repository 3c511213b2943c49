"""What the API says of a world is what the world is, on the built-in one and on one whose seed is drawn here."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from agent.runtime.world import load_world
from connectors.embedded.world import built_in
from domain.facts import Facts
from evals.worlds.generate import generate
from tests.http.house import door, opened, token_of

SEED = random.SystemRandom().randrange(1_000_000)


@pytest.fixture(scope="module", params=["built-in", "generated"])
def seen(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[TestClient, Facts]]:
    print(f"the {request.param} world (seed {SEED})")
    facts = built_in() if request.param == "built-in" else generate(SEED).facts
    home = tmp_path_factory.mktemp("world")
    load_world(home, facts)
    with opened(home, now=facts.taken_at) as application, door(application) as client:
        client.headers.update(token_of(client, "arthur"))
        yield client, application.facts_now()


def everything(client: TestClient, path: str, limit: int = 7) -> list[dict[str, Any]]:
    """All pages of a list, which say how many there are and hold each item once."""
    items: list[dict[str, Any]] = []
    after: dict[str, Any] = {}
    while True:
        page = client.get(path, params={"limit": limit, **after}).json()
        items += page["items"]
        if page["next"] is None:
            assert len(items) == page["total"]
            return items
        after = {"after": page["next"]}


def test_every_list_is_whole_and_every_item_of_it_can_be_read(seen: tuple[TestClient, Facts]):
    client, facts = seen
    for path, key, ids in (
        ("/api/skus", "sku", [one.id for one in facts.skus]),
        ("/api/orders", "order", [one.id for one in facts.orders]),
        ("/api/customers", "customer", [one.id for one in facts.customers]),
        ("/api/shipments", "shipment", [one.id for one in facts.shipments]),
    ):
        rows = everything(client, path)
        assert [row[key] for row in rows] == sorted(ids)
        for name in ids:
            assert client.get(f"{path}/{name}").status_code == 200, name
    assert {site["site"] for site in client.get("/api/sites").json()} == {site.id for site in facts.sites}
    for site in facts.sites:
        assert client.get(f"/api/sites/{site.id}").json()["site"]["name"] == site.name
    for line in (line for order in facts.orders for line in order.lines):
        said = client.get(f"/api/lines/{line.id}").json()
        assert said["ordered"]["quantity"] == line.quantity and (said["status"] is None) == (line.open_quantity == 0)


def test_stock_and_holders_add_up(seen: tuple[TestClient, Facts]):
    client, facts = seen
    for sku in facts.skus:
        found = client.get(f"/api/skus/{sku.id}").json()
        stock = {row["site"]: row for row in found["inventory"]["stock"]}
        for position in facts.positions:
            if position.sku == sku.id:
                row = stock[position.site]
                assert row["on_hand"] == position.on_hand and row["sellable"] == position.sellable
                assert row["free"] == max(0, position.sellable - row["reserved"] - row["claimed"])
        held = sum(one.quantity for one in facts.reservations if one.sku == sku.id)
        assert found["holdings"]["held_units"] == held
        open_units = sum(line.open_quantity for line in facts.lines_of_sku(sku.id))
        assert found["summary"]["open_units"] == open_units
        for site in found["atp"]["sites"]:
            assert [bucket["day"] for bucket in site["buckets"]] == sorted({b["day"] for b in site["buckets"]})


def test_segments_cover_every_customer_once_and_all_that_is_open(seen: tuple[TestClient, Facts]):
    client, facts = seen
    groups = client.get("/api/segments").json()
    names = [name for group in groups for name in group["names"]]
    assert sorted(names) == [customer.id for customer in facts.customers]
    units = sum(line.open_quantity for order in facts.orders for line in order.lines)
    assert sum(group["open_units"] for group in groups) == units


def test_replenishment_is_what_is_on_its_way_and_asked_for(seen: tuple[TestClient, Facts]):
    client, facts = seen
    found = client.get("/api/replenishment").json()
    assert {one["inbound"] for one in found["inbound"]} == {one.id for one in facts.inbound}
    assert [one["eta"] for one in found["inbound"]] == sorted(one["eta"] for one in found["inbound"])
    assert {one["id"] for one in found["transfers"]} == {one.id for one in facts.transfers}
    assert {one["id"] for one in found["purchases"]} == {one.id for one in facts.purchases}
    for site in facts.sites:
        there = client.get("/api/replenishment", params={"site": site.id}).json()["inbound"]
        assert {one["inbound"] for one in there} == {one.id for one in facts.inbound if one.site == site.id}
