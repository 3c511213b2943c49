"""A very small company in four CSV files, and a mapping for it; tests spoil one thing at a time."""

from __future__ import annotations

from pathlib import Path

from connectors.csvfiles import Imported, Mapping, read
from connectors.csvfiles.loading import parse_mapping

FILES = {
    "items.csv": "sku,name,cost,stock,percase\nA1,Bolt,1.50,100,12\nA2,Nut,0.75,40,\n",
    "people.csv": "id,name,country\nC1,Älpha GmbH,Österreich\nC2,Beta,France\n",
    "orders.csv": ("no,customer,date,shipped\n1,C1,31/03/2026,\n2,C2,01/04/2026,02/04/2026\n3,C2,02/04/2026,\n"),
    "lines.csv": (
        "order,sku,qty,unit,price,off,due\n"
        "1,A1,3,case,2.00,0.1,2026-04-09\n1,A2,10,each,1.00,,2026-04-09\n2,A1,5,each,2.00,,2026-04-09\n"
        "3,A2,50,each,1.00,,2026-04-20\n"
    ),
}

MAPPING = """
version: 1
name: small
as_of: 2026-04-03
sites:
  assumed: one shed
  rows: [{id: SHED, name: Shed, region: home, pick_capacity: 500}]
skus:
  file: items.csv
  fields:
    id: {column: sku}
    name: {column: name}
    unit_cost: {column: cost}
    uom.CS: {column: percase}
customers:
  file: people.csv
  fields:
    id: {column: id}
    name: {column: name}
    region: {column: country, slug: true}
    credit.limit: {value: 1000, assumed: not in the data}
    credit.exposure: {value: 0, assumed: not in the data}
positions:
  file: items.csv
  fields:
    sku: {column: sku}
    site: {value: SHED, assumed: one shed}
    on_hand: {column: stock}
orders:
  file: orders.csv
  where: [{column: shipped, test: empty}]
  joins: {people: {file: people.csv, column: customer, key: id}}
  fields:
    id: {column: "no", prefix: O-}
    customer: {column: customer}
    ordered_at: {column: date, format: "%d/%m/%Y"}
    region: {column: people.country, slug: true}
lines:
  file: lines.csv
  fields:
    order: {column: order, prefix: O-}
    sku: {column: sku}
    quantity: {column: qty}
    uom: {column: unit, map: {case: CS, each: EA}}
    unit_price: {column: price, less_share: "off"}
    requested: {column: due}
lanes:
  for_each_region: true
  assumed: a van
  fields:
    carrier: {value: van, assumed: a van}
    transit_days: {value: 2, assumed: a van}
    freight: {value: 0.1, assumed: a van}
"""


def mapping(old: str = "", new: str = "") -> Mapping:
    """The mapping, with one text replaced."""
    assert old in MAPPING
    return parse_mapping(MAPPING.replace(old, new) if old else MAPPING)


def folder(tmp_path: Path, **changed: str | bytes | None) -> Path:
    """The files in a folder; `items="..."` changes items.csv, None leaves it out."""
    for name, text in FILES.items():
        content = changed.get(name.removesuffix(".csv"), text)
        if content is not None:
            raw = content if isinstance(content, bytes) else content.encode()
            (tmp_path / name).write_bytes(raw)
    return tmp_path


def imported(tmp_path: Path, **changed: str | bytes | None) -> Imported:
    """The small company with some files changed, imported."""
    return read(folder(tmp_path, **changed), mapping())
