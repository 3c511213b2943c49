"""A move may only touch what its case is about."""

from __future__ import annotations

from domain.cases import Case
from domain.plans import Move
from guardrails.touched import Touched


def outside(move: Move, touch: Touched, case: Case) -> tuple[str, ...]:
    """What the move touches outside `case.scope`, as sentences; empty when it stays inside."""
    scope = case.scope
    found = [
        f"{kind} {key} is not part of the case"
        for kind, keys, allowed in (
            ("SKU", touch.skus, scope.skus),
            ("order", touch.orders, scope.orders),
            ("customer", touch.customers, scope.customers),
            ("site", touch.sites, scope.sites),
            ("wave", touch.waves, scope.waves),
            ("inbound supply", touch.inbound, scope.inbound),
        )
        for key in keys
        if key not in allowed
    ]
    found += [
        f"the escalation names case {action.case}, but this is case {case.id}"
        for action in move.actions
        if action.kind == "escalate" and action.case != case.id
    ]
    return tuple(found)
