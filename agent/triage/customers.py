"""Detectors of what customers feel: credit that changed, backorders that age, promises about to break. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from agent.triage.books import Books
from agent.triage.stock import mark
from agent.triage.worth import worth_of
from domain.calendar import end_of
from domain.cases import Scope
from domain.customers import Customer
from domain.facts import Facts
from domain.orders import Order, OrderLine
from domain.scoring import way_to
from domain.signals import Signal, Thresholds
from domain.wording import counted


def credit_changed(books: Books, before: Facts | None, limits: Thresholds) -> Iterator[Signal]:  # noqa: ARG001
    """A customer with open units that was put on hold, or whose exposure rose above its limit, since we last looked.

    At stake: its open units. The first look has nothing to compare with.
    """
    if before is None:
        return
    lines: dict[str, list[OrderLine]] = defaultdict(list)
    for order, line in books.open_lines:
        lines[order.customer].append(line)
    for customer in sorted(books.facts.customers, key=lambda item: item.id):
        if not lines[customer.id] or not before.has("customer", customer.id):
            continue
        was = before.customer(customer.id)
        stopped = customer.on_credit_hold and not was.on_credit_hold
        if stopped or (over_limit(customer) and not over_limit(was)):
            yield _credit(books, customer, lines[customer.id], before)


def over_limit(customer: Customer) -> bool:
    """Whether a customer owes more than its limit."""
    return customer.credit.exposure > customer.credit.limit


def _credit(books: Books, customer: Customer, lines: list[OrderLine], before: Facts) -> Signal:
    standing = customer.credit
    held = customer.on_credit_hold
    said = "was put on credit hold" if held else "owes more than its credit limit"
    return Signal(
        kind="credit_changed",
        subject=customer.id,
        mark=mark("credit_changed", [customer.id, standing.status, over_limit(customer), before.taken_at]),
        title=f"{customer.id} {said}",
        scope=Scope(
            skus=tuple(sorted({line.sku for line in lines})),
            orders=tuple(sorted({line.order for line in lines})),
            customers=(customer.id,),
        ),
        value_at_stake=worth_of(books.facts, [(line, line.open_quantity) for line in lines]),
        deadline=end_of(min(line.due for line in lines)),
        detail=(
            f"Exposure is {standing.exposure} of a limit of {standing.limit}; "
            f"{counted(sum(line.open_quantity for line in lines), 'unit')} are open."
        ),
        figures=(("on_hold", int(held)), ("units", sum(line.open_quantity for line in lines))),
    )


def aging_backorder(books: Books, _: Facts | None, limits: Thresholds) -> Iterator[Signal]:
    """Open units, not on hold, long after the first date the customer was told (else asked for). At stake: they."""
    today = books.facts.today
    for order, line in books.open_lines:
        age = (today - line.due).days
        if age >= limits.backorder_days and not books.stopped(order):
            waiting = books.waiting(line)
            yield _of_line(
                books,
                order,
                line,
                kind="aging_backorder",
                basis=[line.id, line.due],
                title=f"{line.id} is {counted(age, 'day')} past its first date",
                units=line.open_quantity,
                deadline=line.due,
                detail=f"{line.open_quantity} units of {line.sku} are open; {waiting} of them have nothing reserved.",
                figures=(("days", age), ("units", line.open_quantity), ("uncovered", waiting)),
            )


def promise_at_risk(books: Books, _: Facts | None, limits: Thresholds) -> Iterator[Signal]:
    """A promise of the next days that neither what the line has reserved nor free stock can keep. At stake: the rest.

    Lines of one SKU share its free stock in the order of their promises; what is reserved late counts as missing.
    """
    facts, free = books.facts, _Free(books)
    last = facts.today + timedelta(days=limits.promise_days)
    soon = [
        (order, line, line.promise.current)
        for order, line in books.open_lines
        if line.promise and facts.today <= line.promise.current <= last and not books.stopped(order)
    ]
    for order, line, promised in sorted(soon, key=lambda item: (item[2], item[1].id)):
        held = books.held_by[line.id]
        late = [item for item in held if not _there(facts, order, item.site, item.inbound, promised)]
        missing = line.open_quantity - sum(item.quantity for item in held) + sum(item.quantity for item in late)
        missing -= free.take(order, line, promised, missing)
        if missing > 0:
            yield _of_line(
                books,
                order,
                line,
                kind="promise_at_risk",
                basis=[line.id, promised, line.open_quantity, missing, sorted((i.id, i.quantity) for i in late)],
                title=f"{line.id} will miss its promise of {promised}",
                units=missing,
                deadline=promised,
                detail=f"{missing} of {line.open_quantity} units of {line.sku} cannot be there by {promised}.",
                figures=(("units", missing),),
            )


class _Free:
    """Stock that nobody has reserved, handed out line by line."""

    def __init__(self, books: Books) -> None:
        self._facts = books.facts
        self._left: dict[str, dict[str, int]] = defaultdict(dict)
        for place in books.facts.positions:
            units = place.sellable - books.taken[place.sku, place.site]
            if units > 0:
                self._left[place.sku][place.site] = units

    def take(self, order: Order, line: OrderLine, by: date, units: int) -> int:
        """Units, at most `units`, of free stock that can be there `by` a day."""
        left, got = self._left[line.sku], 0
        for site in sorted(left):
            if got < units and (not line.allowed_sites or site in line.allowed_sites):
                part = min(units - got, left[site])
                if part and _there(self._facts, order, site, None, by):
                    left[site] -= part
                    got += part
        return got


def _there(facts: Facts, order: Order, site: str, inbound: str | None, by: date) -> bool:
    """Whether goods of a bucket can be with the customer by a day."""
    known = facts.has("site", site) and (inbound is None or facts.has("inbound", inbound))
    way = way_to(facts, order.region, site, inbound) if known else None
    return way is not None and way.arrives <= by


def _of_line(
    books: Books, order: Order, line: OrderLine, *, kind: str, basis: object, title: str, units: int, deadline: date,
    detail: str, figures: tuple[tuple[str, int], ...],
) -> Signal:  # fmt: skip
    return Signal(
        kind=kind,  # type: ignore[arg-type]
        subject=line.id,
        mark=mark(kind, basis),  # type: ignore[arg-type]
        title=title,
        scope=Scope(skus=(line.sku,), orders=(order.id,), customers=(order.customer,)),
        value_at_stake=worth_of(books.facts, [(line, units)]),
        deadline=end_of(deadline),
        detail=detail,
        figures=figures,
    )
