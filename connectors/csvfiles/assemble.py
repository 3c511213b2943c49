"""What is put together rather than read: orders from their lines, lanes to every region, the list of assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from connectors.csvfiles.mapping import FieldMap, Section
from connectors.csvfiles.nouns import Values
from connectors.csvfiles.report import Assumed
from domain.orders import Order, OrderLine


def order_of(values: Values, lines: tuple[OrderLine, ...]) -> Order:
    """The order with these lines; with none, only checked (a stand-in line is put in its place)."""
    key = str(values.get("id", ""))
    stand_in = {"id": "x", "order": key, "sku": "x", "quantity": 1, "unit_price": 0, "requested": "2000-01-01"}
    return Order.model_validate(values | {"lines": lines or (stand_in,)})


def every_lane(regions: Iterable[str], sites: Iterable[str], section: Section) -> list[Values]:
    """One lane from every site to every region."""
    fixed: Values = {name: spec.value for name, spec in section.fields.items()}
    targets = sorted(regions)
    return [{"origin": site, "destination": region} | fixed for site in sorted(sites) for region in targets]


def assumptions(name: str, section: Section) -> Iterator[Assumed]:
    """Everything a section says that is not in the data."""
    if section.assumed:
        what = f"{len(section.rows)} written in the mapping" if section.rows else "to every region"
        yield Assumed(noun=name, field="(rows)", value=what, why=section.assumed)
    for field, spec in section.fields.items():
        if spec.assumed:
            yield Assumed(noun=name, field=field, value=_said(spec), why=spec.assumed)


def _said(spec: FieldMap) -> str:
    if spec.days_after_as_of is not None:
        return f"{spec.days_after_as_of} days after the day of the data"
    if spec.times is not None:
        return f"{spec.column} x {spec.times}"
    return f"{spec.default} where {spec.column} is empty" if spec.column else str(spec.value)
