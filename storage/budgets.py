"""Budgets: what was spent per run, day, actor, customer and rule; the database refuses to pass a limit."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, case, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.errors import BadInput
from storage.base import Base
from storage.records import BudgetScope, Measure, Overrun
from storage.statements import add_if_absent, compare_and_set

Counter = tuple[BudgetScope, Measure]
"""One total: of what, in which scope."""


class BudgetRow(Base):
    """The total of one measure in one scope."""

    __tablename__ = "budgets"

    scope_kind: Mapped[str] = mapped_column(primary_key=True)
    scope_key: Mapped[str] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    total: Mapped[int]


def spend(
    session: Session,
    scopes: Collection[BudgetScope],
    amounts: Mapping[Measure, int],
    limits: Mapping[Counter, int],
) -> Overrun | None:
    """Add the amounts (units, minor money units, moves; each >= 0) to every scope, or to none.

    `limits` says which totals may not be passed; a scope and measure without one is only counted. Gives None when all
    was spent, else the first counter (by scope kind, key and measure) that would pass its limit. Counters are always
    touched in that order, so that racing spenders wait for each other and never both pass.
    """
    wanted = _counters(scopes, amounts)
    for scope, measure in wanted:
        empty = {"scope_kind": scope.kind, "scope_key": scope.key, "measure": measure, "total": 0}
        add_if_absent(session, BudgetRow, empty)
    refused: Counter | None = None
    with session.begin_nested() as all_or_nothing:
        for scope, measure in wanted:
            limit = limits.get((scope, measure))
            if not _add(session, scope, measure, amounts[measure], limit):
                refused = (scope, measure)
                all_or_nothing.rollback()
                break
    if refused is None:
        return None
    scope, measure = refused
    spent = total(session, scope, measure)
    return Overrun(scope=scope, measure=measure, total=spent, asked=amounts[measure], limit=limits[refused])


def refund(session: Session, scopes: Collection[BudgetScope], amounts: Mapping[Measure, int]) -> None:
    """Take the amounts back from every scope, never below zero: what was spent for a move that was undone."""
    for scope, measure in _counters(scopes, amounts):
        less = BudgetRow.total - amounts[measure]
        compare_and_set(session, BudgetRow, _is(scope, measure), {"total": case((less > 0, less), else_=0)})


def total(session: Session, scope: BudgetScope, measure: Measure) -> int:
    """What was spent so far."""
    statement = select(BudgetRow.total).where(*_is(scope, measure))
    return session.execute(statement).scalar_one_or_none() or 0


def _add(session: Session, scope: BudgetScope, measure: Measure, amount: int, limit: int | None) -> bool:
    """Add to one counter unless that would pass its limit: one conditional update."""
    where = _is(scope, measure)
    if limit is not None:
        where = (*where, BudgetRow.total + amount <= limit)
    return compare_and_set(session, BudgetRow, where, {"total": BudgetRow.total + amount}) == 1


def _counters(scopes: Collection[BudgetScope], amounts: Mapping[Measure, int]) -> list[Counter]:
    for measure, amount in amounts.items():
        if amount < 0:
            raise BadInput(f"an amount of {amount} cannot be spent", field=measure, fix="use refund to give back")
    pairs = {(scope, measure) for scope in scopes for measure in amounts}
    return sorted(pairs, key=lambda pair: (pair[0].kind, pair[0].key, pair[1]))


def _is(scope: BudgetScope, measure: Measure) -> tuple[ColumnElement[bool], ...]:
    return (BudgetRow.scope_kind == scope.kind, BudgetRow.scope_key == scope.key, BudgetRow.measure == measure)
