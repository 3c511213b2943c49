"""How far people did what was planned while the copilot only watched: rates, money, and errors it would have made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from domain.canonical import digest
from domain.noun import Id, Money, Noun, Share, Text, Units
from insights.compared import Compared, MoveCompared

ZERO = Decimal("0.00")


class Tally(Noun):
    """The numbers of some comparisons. `cases` are those with anything to agree about.

    Rates are None where there was nothing to compare. `unit_agreement` = agreed / either units; `money_agreement` the
    same with every unit at its sales price; `move_agreement` = moves people did wholly / moves that could be compared.
    `plan_value` and `people_value` are the objective after less before, on the facts the plan was made on.
    `errors` are moves that would have been wrong, as later facts show, with the units they give and their sales value.
    """

    cases: Units = 0
    moves: Units = 0
    same: Units = 0
    agreed_units: Units = 0
    either_units: Units = 0
    agreed_money: Money = ZERO
    either_money: Money = ZERO
    plan_value: Money = ZERO
    people_value: Money = ZERO
    errors: Units = 0
    error_units: Units = 0
    error_money: Money = ZERO
    unit_agreement: Share | None = None
    money_agreement: Share | None = None
    move_agreement: Share | None = None


class Part(Noun):
    """The numbers of one exception kind, SKU class, site or segment."""

    label: Text
    tally: Tally


class Scope(Noun):
    """What a report is narrowed to; None is everything."""

    kind: Id | None = None
    sku_class: Id | None = None
    site: Id | None = None
    segment: Text | None = None


class Agreement(Noun):
    """Plans made in [since, until) beside what people did. A move counts in every class, site and segment it touches, a
    line in its own. `waiting` plans are not compared yet; `digest` names these very numbers."""

    since: datetime | None
    until: datetime | None
    scope: Scope
    currency: Text
    total: Tally
    by_kind: tuple[Part, ...]
    by_sku_class: tuple[Part, ...]
    by_site: tuple[Part, ...]
    by_segment: tuple[Part, ...]
    wrong: tuple[MoveCompared, ...]
    left_out: Units
    waiting: Units
    runs: tuple[Id, ...]
    digest: Id


def agreement(
    found: Sequence[Compared],
    since: datetime | None,
    until: datetime | None,
    scope: Scope | None = None,
    *,
    currency: str = "",
    waiting: int = 0,
) -> Agreement:
    """The report of these comparisons, in whatever order they come."""
    scope = scope or Scope()
    mine = [narrow for one in sorted(found, key=lambda c: (c.planned_at, c.run)) if (narrow := _narrowed(one, scope))]
    fields: dict[str, Any] = {
        "since": since,
        "until": until,
        "scope": scope,
        "currency": currency or (mine[0].currency if mine else ""),
        "total": tally(mine),
        "by_kind": _parts(mine, lambda one: {one.case_kind}, lambda one, kind: one if one.case_kind == kind else None),
        "by_sku_class": _dimension(mine, "sku_class", "sku_classes"),
        "by_site": _dimension(mine, "site", "sites"),
        "by_segment": _dimension(mine, "segment", "segments"),
        "wrong": tuple(move for one in mine for move in one.moves if move.errors),
        "left_out": sum(one.left_out for one in mine),
        "runs": tuple(one.run for one in mine),
    }
    return Agreement(**fields, waiting=waiting, digest="G-" + digest("agreement/1", fields)[:16])


def tally(found: Iterable[Compared]) -> Tally:
    """The numbers of some comparisons together."""
    all_of = list(found)
    lines = [line for one in all_of for line in one.lines]
    moves = [move for one in all_of for move in one.moves if move.same is not None]
    wrong = [move for one in all_of for move in one.moves if move.errors]
    agreed, either = sum(line.agreed for line in lines), sum(line.either for line in lines)
    agreed_money = sum((line.agreed * line.price for line in lines), ZERO)
    either_money = sum((line.either * line.price for line in lines), ZERO)
    same = sum(move.same is True for move in moves)
    return Tally(
        cases=sum(_compares(one) for one in all_of),
        moves=len(moves),
        same=same,
        agreed_units=agreed,
        either_units=either,
        agreed_money=agreed_money,
        either_money=either_money,
        plan_value=sum((line.plan_value for line in lines), ZERO),
        people_value=sum((line.people_value for line in lines), ZERO),
        errors=len(wrong),
        error_units=sum(move.units for move in wrong),
        error_money=sum((move.money for move in wrong), ZERO),
        unit_agreement=_share(Decimal(agreed), Decimal(either)),
        money_agreement=_share(agreed_money, either_money),
        move_agreement=_share(Decimal(same), Decimal(len(moves))),
    )


def _compares(one: Compared) -> bool:
    """Whether there was anything to agree about."""
    return any(line.either for line in one.lines) or any(move.same is not None for move in one.moves)


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    return (part / whole).quantize(Decimal("0.0001")) if whole else None


def _parts(
    found: Sequence[Compared],
    labels: Callable[[Compared], Iterable[str]],
    of: Callable[[Compared, str], Compared | None],
) -> tuple[Part, ...]:
    names = sorted({label for one in found for label in labels(one)})
    return tuple(
        Part(label=name or "none", tally=tally(kept for one in found if (kept := of(one, name)) is not None))
        for name in names
    )


def _dimension(found: Sequence[Compared], line_field: str, move_field: str) -> tuple[Part, ...]:
    def labels(one: Compared) -> set[str]:
        return {getattr(line, line_field) for line in one.lines} | {
            name for move in one.moves for name in getattr(move, move_field)
        }

    return _parts(found, labels, lambda one, name: _cut(one, line_field, move_field, name))


def _cut(one: Compared, line_field: str, move_field: str, name: str) -> Compared | None:
    lines = tuple(line for line in one.lines if getattr(line, line_field) == name)
    moves = tuple(move for move in one.moves if name in getattr(move, move_field))
    return one.model_copy(update={"lines": lines, "moves": moves}) if lines or moves else None


def _narrowed(one: Compared, scope: Scope) -> Compared | None:
    """The part of a comparison that lies in a scope; None when nothing does."""
    if scope.kind not in (None, one.case_kind):
        return None
    kept: Compared | None = one
    for line_field, move_field, name in (
        ("sku_class", "sku_classes", scope.sku_class),
        ("site", "sites", scope.site),
        ("segment", "segments", scope.segment),
    ):
        if name is not None and kept is not None:
            kept = _cut(kept, line_field, move_field, name)
    return kept
