"""Bring your own data: Northwind imported, triaged and acted on; what is short is recomputed here from the files."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.embedded.connector import EmbeddedDistributor
from tests.acceptance.door import ROOT, Said, quartermaster

DATA = ROOT.parent / "shared" / "data" / "northwind"
NOW = ("--now", "1998-05-06")
TODAY = date(1998, 5, 6)
ARRIVES = TODAY + timedelta(days=14)
"""What the mapping assumes of everything on order."""

pytestmark = [
    pytest.mark.xdist_group("northwind"),
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the Northwind files are not at {DATA}; they are not ours to ship"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("northwind") / "home"
    brought = quartermaster(folder, "import", DATA, "--mapping", ROOT / "examples" / "northwind.yaml", "-o", "json")
    assert brought.code == 0, brought.err
    counts = {row["noun"]: row["accepted"] for row in brought.rows("counts")}
    assert (counts["orders"], counts["lines"]) == (21, 73)
    return folder


@pytest.fixture(scope="module")
def first(home: Path) -> Said:
    said = quartermaster(home, *NOW, "triage", "--once", "--output", "json")
    assert said.code == 0, said.err
    return said


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return [{key.lower(): value for key, value in row.items()} for row in csv.DictReader(file)]


def short_by_hand() -> dict[str, int]:
    """Product -> most units missing on a due date: the files, a running sum, and nothing of the program."""
    due = {
        row["orderid"]: date.fromisoformat(row["requireddate"][:10])
        for row in rows("orders.csv")
        if row["shippeddate"] in ("", "NULL")
    }
    wanted: dict[str, list[tuple[date, int]]] = defaultdict(list)
    for row in rows("order_details.csv"):
        if row["orderid"] in due:
            wanted[row["productid"]].append((due[row["orderid"]], int(row["quantity"])))
    found = {}
    for product in rows("products.csv"):
        stock, coming = int(product["unitsinstock"]), int(product["unitsonorder"])
        missing = 0
        for day, _ in wanted[product["productid"]]:
            asked = sum(units for other, units in wanted[product["productid"]] if other <= day)
            missing = max(missing, asked - stock - (coming if day >= ARRIVES else 0))
        if missing:
            found[f"P-{product['productid']}"] = missing
    return found


def test_the_shortages_that_triage_finds_are_those_of_the_files(first: Said):
    found = {row["sku"]: row["units short"] for row in first.rows("shortages")}
    assert found == short_by_hand() and len(found) == 15
    assert len({row["case"] for row in first.rows("shortages")}) == 15, "each has a case of its own"


def test_every_shortage_is_planned_and_every_plan_was_judged(home: Path, first: Said):
    moves = first.rows("moves")
    assert {row["case"] for row in moves} == {row["case"] for row in first.rows("shortages")}
    assert {row["verdict"] for row in moves} <= {"allow", "approval", "deny"}
    ends = {"allow": {"executed"}, "approval": {"waiting"}, "deny": {"denied"}}
    assert [row for row in moves if row["state"] not in ends[row["verdict"]]] == []
    assert any(row["state"] == "executed" for row in moves)
    value = sum(Decimal(row["value"]) for row in moves)
    print(f"{len(moves)} moves, {sum(r['state'] == 'executed' for r in moves)} executed, worth {value} USD")
    assert value > 0
    listed = quartermaster(home, "approvals", "list", "--output", "json")
    assert {row["case"] for row in moves if row["state"] == "waiting"} == {
        row["what"].split("/")[0] for row in listed.rows("approvals")
    }


def test_what_was_reserved_is_there_and_nothing_else_was_touched(home: Path, first: Said):
    outside = EmbeddedDistributor(f"sqlite:///{home / 'distributor.db'}")
    try:
        assert outside.audit() == []
    finally:
        outside.close()


def test_a_second_triage_opens_nothing(home: Path, first: Said):
    count = first.rows("ledger")[0]["count"]
    again = quartermaster(home, *NOW, "triage", "--once", "--output", "json")
    assert again.code == 0 and again.rows("moves") == []
    assert {row["case"] for row in again.rows("shortages")} <= {"known"}
    assert again.rows("ledger")[0]["count"] == count
    assert quartermaster(home, "ledger", "verify", "--head", home / "heads.txt").code == 0


def test_every_run_is_planned_again_byte_for_byte(home: Path, first: Said):
    runs = [row["run"] for row in quartermaster(home, "runs", "--output", "json").rows("runs")]
    assert len(runs) == 15
    for run in (runs[0], runs[7], runs[-1]):
        again = quartermaster(home, "replay", run, "--output", "json")
        assert again.code == 0 and again.rows("replay")[0]["same"], run
