"""Whether later facts show that a planned move would have been an error."""

from __future__ import annotations

from collections.abc import Iterator

from domain.cases import Case
from domain.facts import Facts
from domain.plans import Move
from guardrails.flows import flows
from guardrails.subject import describe
from guardrails.supply import drawn_free, free_units


def errors(move: Move, then: Facts, later: Facts, case: Case) -> tuple[str, ...]:
    """What the move would have done wrong, in sentences; empty when nothing shows.

    It is looked at alone, on what lines held when it was planned and on everything else as it is later: who gains is
    cancelled, on hold, or wants less by then; who loses would fall below the floor of its contract; or a later count
    shows that the free units it draws were not there.
    """
    return tuple(_found(move, then, later, case))


def _found(move: Move, then: Facts, later: Facts, case: Case) -> Iterator[str]:
    seen = later.replace(
        reservations=tuple(item for item in then.reservations if item.line is None or later.has("line", item.line)),
        claims=(),
    )
    gaining = {action.line for action in move.actions if action.kind in ("reserve", "substitute")}
    for line in sorted(gaining):
        if not later.has("line", line):
            yield f"{line} is no longer there"
    for flow in flows(move, seen):
        if flow.gained and flow.line.open_quantity == 0:
            yield f"{flow.line.id} is {flow.line.state.value}"
        elif flow.gained and flow.held + flow.net > flow.line.open_quantity:
            yield f"{flow.line.id} has {flow.line.open_quantity} open and would hold {flow.held + flow.net}"
    subject = describe(move, seen, case)
    holds = (("credit_hold", "credit"), ("compliance_hold", "compliance"), ("manual_hold", "manual"))
    for fact, name in holds:
        if subject.facts[fact]:
            yield f"units would have gone to an order under {name} hold"
    if subject.facts["contract_floor_broken"]:
        yield "a line would have fallen below the fill floor of its contract"
    yield from _missing(move, then, later)


def _missing(move: Move, then: Facts, later: Facts) -> Iterator[str]:
    shipped = {
        line.id: later.line(line.id).shipped - line.shipped
        for order in then.orders
        for line in order.lines
        if later.has("line", line.id)
    }
    same = later.replace(reservations=then.reservations, claims=())
    free = free_units(same)
    for bucket, units in drawn_free(move, then).items():
        gone = sum(
            units_out
            for line, units_out in shipped.items()
            if units_out > 0 and bucket[2] is None and then.line(line).sku == bucket[0]
        )
        there = free.get(bucket, 0) + gone
        if bucket[2] is not None and not later.has("inbound", bucket[2]):
            continue  # it has come in
        if units > there:
            yield f"{units} of {bucket[0]} at {bucket[2] or bucket[1]} were planned and {max(0, there)} were free"
