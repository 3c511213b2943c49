"""Read a folder of CSV files through a mapping into Facts. Nothing is written, and every row read is counted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from connectors.csvfiles.assemble import assumptions, every_lane, order_of
from connectors.csvfiles.cells import CellUnusable, Source, bind, check_fields
from connectors.csvfiles.convert import Unusable
from connectors.csvfiles.mapping import Mapping, Section
from connectors.csvfiles.nouns import KINDS, Kind, Values, in_base_units
from connectors.csvfiles.report import Assumed, Count, Imported, Rejected, one_line, short
from connectors.csvfiles.table import Row
from domain.errors import BadInput
from domain.facts import Facts, SourceState, sorted_facts
from domain.noun import Noun
from domain.orders import Order, OrderLine

SYSTEMS = ("crm", "erp", "finance", "procurement", "tms", "wms")


def read(folder: Path, mapping: Mapping, now: datetime | None = None) -> Imported:
    """Facts and preview of the CSV files in `folder`, as of `now` (else the mapping's `as_of`).

    Raises BadInput when a file or the mapping as a whole cannot be used: missing file or column, wrong encoding, broken
    quotes, too large. A row that cannot be used is reported in `rejected`, and the rest goes on.
    """
    as_of = now or mapping.as_of
    if as_of is None:
        raise BadInput("nobody says what day the data is from", field="as_of", fix="set `as_of:`, or pass --now")
    as_of = as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
    job = _Job(folder, mapping, as_of)
    for name in KINDS:
        section: Section | None = getattr(mapping, name)
        if section is not None:
            check_fields(name, section)
            job.take(name, section)
    return job.result()


class _Job:
    """One import: what has been taken so far, and what became of every key."""

    def __init__(self, folder: Path, mapping: Mapping, as_of: datetime) -> None:
        self.folder, self.mapping, self.as_of = folder, mapping, as_of
        self.nouns: dict[str, dict[str, Noun]] = {name: {} for name in KINDS}
        self.orders: dict[str, tuple[Values, str, int]] = {}
        self.fate: dict[str, dict[str, str]] = {name: {} for name in KINDS}
        self.counts: dict[str, Count] = {}
        self.assumed: list[Assumed] = []
        self.rejected: list[Rejected] = []
        self.held: dict[tuple[str, str], int] = {}

    def take(self, name: str, section: Section) -> None:
        """Read one section and count it."""
        self._note_assumed(name, section)
        if section.file is None:
            self._written(name, section)
            return
        source = bind(self.folder, name, section, self.mapping, self.as_of, section.file)
        left_out = refused = 0
        for row in source.table.rows:
            fate = self._row(source, row)
            left_out += fate == "left_out"
            refused += fate == "rejected"
        rows = len(source.table.rows)
        self.counts[name] = Count(
            noun=name, file=section.file, rows=rows, accepted=rows - left_out - refused, left_out=left_out,
            rejected=refused,
        )  # fmt: skip

    def _row(self, source: Source, row: Row) -> str:
        """Take one row; says what became of it."""
        name, kind = source.name, KINDS[source.name]
        try:
            if row.ragged is not None:
                says = f"{row.ragged} cells, the header has {len(source.table.columns)}"
                raise CellUnusable(
                    "(row)", " ".join(row.cells.values()), says, "quote cells that contain the delimiter"
                )
            if not source.kept(row):
                self._leave_out(source, row)
                return "left_out"
            values = source.values(row)
            fate = self._fate_of_references(kind, values, source)
            if fate == "accepted":
                self._accept(name, kind, values, source.table.file, row.line)
            else:
                self.fate[name].setdefault(self._key(kind, values), fate)
            return fate
        except CellUnusable as bad:
            self._reject(name, source.table.file, row.line, bad.column, bad.value, bad.problem, bad.fix)
        except Unusable as bad:
            self._reject(name, source.table.file, row.line, "(row)", "", bad.problem, bad.fix)
        except ValidationError as error:
            self._reject_noun(source, row, error)
        self._mark_rejected(source, row)
        return "rejected"

    def _key(self, kind: Kind, values: Values) -> str:
        return "|".join(str(values.get(part, "")) for part in kind.key)

    def _leave_out(self, source: Source, row: Row) -> None:
        """Remember the key of a row that a filter leaves out, so that what refers to it is left out too."""
        self._remember(source, row, "left_out")

    def _mark_rejected(self, source: Source, row: Row) -> None:
        self._remember(source, row, "rejected")

    def _remember(self, source: Source, row: Row, fate: str) -> None:
        kind = KINDS[source.name]
        keys = {name: spec for name, spec in source.section.fields.items() if name in kind.key}
        bare = Source(
            source.name, source.section.model_copy(update={"fields": keys}), source.table, source.joined, self.as_of
        )
        try:
            self.fate[source.name].setdefault(self._key(kind, bare.values(row)), fate)
        except CellUnusable:
            return  # a key nobody can read is a key nobody can refer to

    def _fate_of_references(self, kind: Kind, values: Values, source: Source) -> str:
        """'accepted' when everything it names was taken, 'left_out' when a filter left that out; raises otherwise."""
        for field, target in kind.refers:
            key = values.get(field)
            if key is None or getattr(self.mapping, target) is None:
                continue
            fate = self.fate[target].get(key)
            if fate == "accepted":
                continue
            if fate == "left_out":
                return "left_out"
            spec = source.section.fields[field]
            problem = f"its row in {target} was rejected" if fate else f"no such row in {target}"
            raise CellUnusable(spec.column or field, str(key), problem, f"correct this, or the row in {target}")
        return "accepted"

    def _accept(self, name: str, kind: Kind, values: Values, file: str, line: int) -> None:
        if name == "lines" and values.get("sku") in self.nouns["skus"]:
            values = in_base_units(values, self.nouns["skus"][values["sku"]])  # type: ignore[arg-type]
        if kind.id_from and "id" not in values:
            values = values | {"id": self._next_id(name, kind, values)}
        key = self._key(kind, values)
        if self.fate[name].get(key) is not None:
            raise CellUnusable(", ".join(kind.key), key, "stands twice; the first was taken", "keep one of the rows")
        shaped = kind.shape(values, self.as_of)
        if name == "orders":
            order_of(shaped, ())
            self.orders[key] = (shaped, file, line)
        else:
            noun = kind.model.model_validate(shaped)
            self._check_held(name, noun)
            self.nouns[name][key] = noun
        self.fate[name][key] = "accepted"

    def _next_id(self, name: str, kind: Kind, values: Values) -> str:
        assert kind.id_from
        scope = f"{name}|{values.get('order', '')}"
        number = self.held[scope, "#"] = self.held.get((scope, "#"), 0) + 1
        return kind.id_from(values, number)

    def _check_held(self, name: str, noun: Any) -> None:
        """Reservations may not exceed their supply: then the data contradicts itself."""
        if name != "reservations":
            return
        bucket = (f"{noun.sku}|{noun.site}", noun.inbound or "")
        stock: Any = self.nouns["inbound"].get(noun.inbound) if noun.inbound else self.nouns["positions"].get(bucket[0])
        limit = 0 if stock is None else stock.quantity if noun.inbound else stock.sellable
        if self.held.get(bucket, 0) + noun.quantity > limit:
            raise Unusable(f"more is reserved than the {limit} units there are", "correct the reservation or the stock")
        self.held[bucket] = self.held.get(bucket, 0) + noun.quantity

    def _reject(self, name: str, file: str, line: int, field: str, value: str, problem: str, fix: str) -> None:
        self.rejected.append(
            Rejected(
                file=file, line=line, noun=name, field=field, value=short(value), problem=one_line(problem), fix=fix
            )
        )

    def _reject_noun(self, source: Source, row: Row, error: ValidationError) -> None:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        spec = source.section.fields.get(field)
        column = (spec.column if spec else None) or field or "(row)"
        empty = first["type"] == "missing"
        problem = "empty" if empty else first["msg"]
        value = "" if empty else str(first.get("input", ""))
        fix = f"fill it, or give a default for {source.name}.{field}" if empty else "correct the cell"
        self._reject(source.name, source.table.file, row.line, column, value, problem, fix)

    def _note_assumed(self, name: str, section: Section) -> None:
        self.assumed += assumptions(name, section)

    def _written(self, name: str, section: Section) -> None:
        """Rows that stand in the mapping itself, and lanes to every region."""
        kind = KINDS[name]
        rows = [dict(row) for row in section.rows]
        if section.for_each_region:
            rows = every_lane(self.regions(), self.nouns["sites"], section)
        for number, row in enumerate(rows):
            try:
                noun = kind.model.model_validate(row)
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                place = ".".join(str(part) for part in (name, "rows", number, *first["loc"]))
                raise BadInput(first["msg"], field=place, fix="correct this entry of the mapping") from error
            key = self._key(kind, {part: getattr(noun, part) for part in kind.key})
            self.nouns[name][key] = noun
            self.fate[name][key] = "accepted"
        self.counts[name] = Count(
            noun=name, file="(mapping)", rows=len(rows), accepted=len(rows), left_out=0, rejected=0
        )

    def regions(self) -> set[str]:
        """Where the orders taken so far go."""
        return {str(values["region"]) for values, _, _ in self.orders.values()}

    def result(self) -> Imported:
        """Put orders together with their lines, and everything together as facts."""
        orders = self._orders()
        tables = {name: tuple(self.nouns[name].values()) for name in KINDS if name not in ("orders", "lines")}
        tables["warehouse_positions"] = tables["positions"]
        facts = Facts(
            taken_at=self.as_of,
            base_currency=self.mapping.base_currency,
            sources=tuple(SourceState(system=system, as_of=self.as_of) for system in SYSTEMS),
            orders=orders,
            **tables,  # type: ignore[arg-type]
        )
        return Imported(
            name=self.mapping.name,
            facts=sorted_facts(facts),
            counts=tuple(self.counts[name] for name in KINDS if name in self.counts),
            assumed=tuple(self.assumed),
            rejected=tuple(self.rejected),
        )

    def _orders(self) -> tuple[Order, ...]:
        lines: dict[str, list[OrderLine]] = {}
        for line in self.nouns["lines"].values():
            assert isinstance(line, OrderLine)
            lines.setdefault(line.order, []).append(line)
        result, lost = [], 0
        for key, (values, file, number) in self.orders.items():
            if key in lines:
                result.append(order_of(values, tuple(lines[key])))
                continue
            lost += 1
            self._reject("orders", file, number, "(row)", key, "none of its lines can be used", "see its lines")
        if lost:
            old = self.counts["orders"]
            changed = {"accepted": old.accepted - lost, "rejected": old.rejected + lost}
            self.counts["orders"] = old.model_copy(update=changed)
        return tuple(result)
