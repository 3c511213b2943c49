"""What a mapping file may say: which CSV file and columns become which noun, and what is assumed where data is missing.

See examples/ for a whole one. Everything that is not in the data carries `assumed: why`, and the preview lists it.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

FileName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Why = Annotated[str, StringConstraints(min_length=3, max_length=500)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldMap(_Part):
    """Where one field of a noun comes from: a `column` (also `join.column`), a `value`, or a day after as-of.

    `prefix` and `slug` (letters, digits and dashes only) make ids; `map` translates cell values; `default` stands in
    for an empty cell; `times` multiplies a number (half-even to cents); `less_share` names a column with a discount
    from 0 to 1; `format` reads a date (strptime).
    """

    column: str | None = None
    value: str | int | bool | Decimal | None = None
    days_after_as_of: int | None = Field(default=None, ge=-3650, le=3650)
    default: str | None = None
    prefix: str = Field(default="", max_length=20)
    slug: bool = False
    map: dict[str, str] = {}
    times: Decimal | None = None
    less_share: str | None = None
    format: str | None = None
    assumed: Why | None = None

    @model_validator(mode="after")
    def _one_source(self) -> FieldMap:
        if sum(source is not None for source in (self.column, self.value, self.days_after_as_of)) != 1:
            raise ValueError("give exactly one of column, value and days_after_as_of")
        invented = self.column is None or self.default is not None or self.times is not None
        if invented and self.assumed is None:
            raise ValueError("what is not in the data needs `assumed:` with the reason")
        return self


class Filter(_Part):
    """Keep only rows for which this holds; the others are counted as left out."""

    column: str
    test: Literal["empty", "not_empty", "one_of", "none_of", "more_than"]
    values: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _has_values(self) -> Filter:
        needs = {"empty": 0, "not_empty": 0, "more_than": 1}.get(self.test)
        if needs is None and not self.values:
            raise ValueError(f"`{self.test}` needs values")
        if needs is not None and len(self.values) != needs:
            raise ValueError(f"`{self.test}` takes {needs} values")
        return self


class Join(_Part):
    """Look up one row of another file whose `key` column equals this file's `column`."""

    file: FileName
    column: str
    key: str


class Section(_Part):
    """How one kind of noun is read: from a `file`, or written down here as `rows` (then `assumed` says why).

    `for_each_region` (lanes only) makes one lane from every site to every region that orders go to.
    """

    file: FileName | None = None
    rows: tuple[dict[str, Any], ...] = ()
    for_each_region: bool = False
    assumed: Why | None = None
    where: tuple[Filter, ...] = ()
    joins: dict[str, Join] = {}
    fields: dict[str, FieldMap] = {}

    @model_validator(mode="after")
    def _one_origin(self) -> Section:
        if (self.file is not None) + bool(self.rows) + self.for_each_region != 1:
            raise ValueError("give exactly one of file, rows and for_each_region")
        if self.file is None and self.assumed is None:
            raise ValueError("rows written here need `assumed:` with the reason")
        if bool(self.fields) == bool(self.rows):
            raise ValueError("a file needs fields; rows need none")
        if self.for_each_region and any(spec.value is None for spec in self.fields.values()):
            raise ValueError("with for_each_region every field is a `value`")
        return self


class Mapping(_Part):
    """A whole mapping. `as_of` is the day the data is from, unless the caller passes another."""

    version: Literal[1]
    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
    as_of: datetime | None = None
    base_currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "USD"
    encoding: Literal["utf-8", "latin-1", "cp1252", "utf-16"] = "utf-8"
    delimiter: Literal[",", ";", "\t", "|"] = ","
    max_rows: int = Field(default=1_000_000, gt=0, le=5_000_000)
    max_bytes: int = Field(default=200_000_000, gt=0, le=1_000_000_000)

    fx: Section | None = None
    suppliers: Section | None = None
    sites: Section
    skus: Section
    customers: Section
    positions: Section
    inbound: Section | None = None
    orders: Section
    lines: Section
    reservations: Section | None = None
    transfers: Section | None = None
    demand: Section | None = None
    substitutes: Section | None = None
    lanes: Section

    @model_validator(mode="after")
    def _regions_only_for_lanes(self) -> Mapping:
        for name in type(self).model_fields:
            section = getattr(self, name)
            if isinstance(section, Section) and section.for_each_region and name != "lanes":
                raise ValueError(f"{name}: for_each_region is for lanes")
        return self
