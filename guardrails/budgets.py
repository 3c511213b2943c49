"""Cumulative limits: what many small moves may do together, per run, day, actor, customer and rule."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from decimal import Decimal

from pydantic import Field

from domain.noun import Id, Noun, Text, to_minor
from guardrails.policy import Budget, Policy
from guardrails.subject import Subject
from storage import budgets
from storage.database import Session
from storage.records import BudgetScope, Measure, Overrun

_MEASURES: dict[str, Measure] = {"units": "units", "money": "money_minor", "moves": "moves"}


class Charge(Noun):
    """What one move spends of one budget: `scope` is the budget and whose it is; money in minor units."""

    budget: Id
    scope: BudgetScope
    measure: Measure
    amount: int = Field(ge=0)
    limit: int = Field(ge=0)


class Refusal(Noun):
    """A budget that would be passed, and the sentence for it."""

    budget: Id
    text: Text


def charges(
    policy: Policy,
    subject: Subject,
    *,
    run: str,
    actor: str,
    now: datetime,
    unattended: bool,
    rules: Collection[str] = (),
) -> tuple[Charge, ...]:
    """What a move spends: units moved, their sales value plus cost, or one move; per customer what it takes from it.

    `rules` are those that spoke of the move: a budget per rule is spent by each of its own among them.
    """
    return tuple(
        Charge(
            budget=budget.id,
            scope=BudgetScope(kind=budget.per, key=f"{budget.id}:{key}"),
            measure=_MEASURES[budget.measure],
            amount=amount,
            limit=budget.minor,
        )
        for budget in sorted(policy.budgets, key=lambda item: item.id)
        if unattended or budget.counts == "all"
        for key, amount in _amounts(budget, subject, run, actor, now, rules)
        if amount
    )


def spend(session: Session, wanted: tuple[Charge, ...]) -> Refusal | None:
    """Spend all charges, or none and say which budget would be passed."""
    for index, charge in enumerate(wanted):
        limits = {(charge.scope, charge.measure): charge.limit}
        over = budgets.spend(session, [charge.scope], {charge.measure: charge.amount}, limits)
        if over is not None:
            refund(session, wanted[:index])
            return Refusal(budget=charge.budget, text=_text(charge, over))
    return None


def refund(session: Session, spent: tuple[Charge, ...]) -> None:
    """Give charges back, for a move that was undone."""
    for charge in spent:
        budgets.refund(session, [charge.scope], {charge.measure: charge.amount})


def _amounts(
    budget: Budget, subject: Subject, run: str, actor: str, now: datetime, rules: Collection[str]
) -> Iterator[tuple[str, int]]:
    day = now.date().isoformat()
    if budget.per == "customer":
        for customer, units, value in subject.taken:
            yield f"{customer}:{day}", {"units": units, "money": to_minor(value), "moves": 1}[budget.measure]
        return
    spoke = sorted(set(rules) & set(budget.rules))
    owners = {"run": [run], "day": [day], "actor": [f"{actor}:{day}"], "rule": [f"{rule}:{day}" for rule in spoke]}
    facts = subject.facts
    money = to_minor(_number(facts["value_moved"])) + to_minor(_number(facts["cost"]))
    amount = {"units": int(_number(facts["units_moved"])), "money": money, "moves": 1}[budget.measure]
    yield from ((owner, amount) for owner in owners[budget.per])


def _number(value: object) -> Decimal:
    assert isinstance(value, Decimal | int)
    return Decimal(value)


def _text(charge: Charge, over: Overrun) -> str:
    unit = {"units": "units", "money_minor": "minor units of money", "moves": "moves"}[charge.measure]
    return (
        f"The budget {charge.budget} allows {over.limit} {unit} per {charge.scope.kind}; {over.total} are spent and "
        f"this move asks for {over.asked}."
    )
