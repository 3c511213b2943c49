"""The screens of a case, each as a View made from nouns: facts, plan, verdicts, what was done, what waits."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from api.cli.view import View, view
from domain.allocation.types import AllocationPlan
from domain.events import Event
from domain.facts import Facts
from domain.inventory import ReservationKind
from domain.noun import from_minor
from domain.plans import Move, Plan
from domain.verdicts import Outcome, Verdict


def facts_screen(facts: Facts, events: Iterable[Event], skus: Iterable[str]) -> View:
    """What the connected systems say about the SKUs of a case: per site on hand, reserved, free; and what is coming."""
    wanted = set(skus)
    rows: list[tuple[object, ...]] = []
    for position in facts.positions:
        if position.sku in wanted:
            held = sum(
                r.quantity
                for r in facts.reservations
                if (r.sku, r.site) == (position.sku, position.site) and r.inbound is None
            )
            free = position.sellable - held
            rows.append((position.sku, position.site, "now", position.on_hand, position.sellable, held, free))
    for supply in facts.inbound:
        if supply.sku in wanted:
            held = sum(r.quantity for r in facts.reservations if r.inbound == supply.id)
            when = f"{supply.eta}" + (f" (was {supply.original_eta})" if supply.eta != supply.original_eta else "")
            rows.append(
                (supply.sku, f"{supply.site} {supply.id}", when, None, supply.quantity, held, supply.quantity - held)
            )
    notes = [f"{event.at:%Y-%m-%d %H:%M}Z {event.data.kind}: {_event_text(event)}" for event in events]
    lines = [line for sku in sorted(wanted) for line in facts.lines_of_sku(sku)]
    hard = sum(r.quantity for r in facts.reservations if r.sku in wanted and r.kind is ReservationKind.HARD)
    notes.append(
        f"{len(lines)} open lines want {sum(line.open_quantity for line in lines)} units; "
        f"{hard} are reserved in stock. Snapshot {facts.id}."
    )
    return view("facts", "The facts", "sku | where | when | on hand | sellable | held | free", rows, notes)


def _event_text(event: Event) -> str:
    data = event.data.model_dump(mode="json", exclude={"kind", "note"}, exclude_none=True)
    return ", ".join(f"{name} {value}" for name, value in data.items())


def plan_screens(plan: Plan, facts: Facts) -> list[View]:
    """Who gets what from where and why; who stays short and why; what the plan is worth beside simpler policies."""
    return [_grants(plan), _shortages(plan), _comparison(plan, facts)]


def _grants(plan: Plan) -> View:
    rows = []
    for allocation in plan.allocations:
        for grant in allocation.grants:
            rows.append((grant.line, grant.supply, grant.quantity, grant.arrives, from_minor(grant.value)))
    return view(
        "grants",
        "The plan: who gets what, from where",
        "line | supply | units | arrives | value per unit",
        rows,
        [plan.summary, plan.untouched] if plan.untouched else [plan.summary],
    )


def _shortages(plan: Plan) -> View:
    rows = [(short.line, short.customer, short.short, short.reason) for short in plan.shortages]
    return view("shortages", "Who stays short, and why", "line | customer | short | why", rows)


def _comparison(plan: Plan, facts: Facts) -> View:
    rows = []
    for allocation in plan.allocations:
        for kpis in allocation.kpis:
            rows.append(
                (
                    ", ".join(allocation.skus),
                    kpis.policy,
                    from_minor(kpis.value),
                    _percent(kpis.value, allocation.bound),
                    f"{kpis.unit_fill / 100:.1f} %",
                    f"{kpis.line_fill / 100:.1f} %",
                    f"{kpis.on_time_in_full / 100:.1f} %",
                    f"{kpis.contract_on_time / 100:.1f} %",
                    f"{kpis.jain / 10000:.3f}",
                    kpis.units_moved,
                )
            )
    notes = [_bound_note(allocation, facts.base_currency) for allocation in plan.allocations]
    return view(
        "comparison",
        "What it is worth, beside simpler policies on the same input",
        "sku | policy | value | of bound | unit fill | line fill | on time in full | contracts on time "
        "| fairness (Jain) | units moved",
        rows,
        notes,
    )


def _percent(value: int, bound: int) -> str:
    if bound <= 0:
        return ""
    return f"{(Decimal(value) / Decimal(bound) * 100).quantize(Decimal('0.01'))} %"


def _bound_note(allocation: AllocationPlan, currency: str) -> str:
    proof = "proven optimal" if allocation.proven_optimal else f"gap {allocation.gap / 10000:.3f} %"
    return (
        f"{', '.join(allocation.skus)}: no plan inside the same ranks is worth more than "
        f"{from_minor(allocation.bound)} {currency}; ours is {from_minor(allocation.value)} ({proof})."
    )


def moves_screen(title: str, moves: Iterable[tuple[Move, Verdict | None, str]], currency: str) -> View:
    """Moves with their verdicts and states, one row each; below, why rules asked or denied."""
    listed = list(moves)
    rows = []
    for move, verdict, state in listed:
        rows.append(
            (
                move.id,
                move.title,
                move.value,
                verdict.outcome.value if verdict else "",
                ", ".join(verdict.roles) if verdict else "",
                state,
            )
        )
    spoke: dict[tuple[str, str, str], list[str]] = {}
    for move, verdict, _ in listed:
        for reason in verdict.reasons if verdict else ():
            if reason.outcome is not Outcome.ALLOW:
                spoke.setdefault((reason.rule, reason.place, reason.text), []).append(move.id.rpartition("/")[2])
    notes = [
        f"{rule} ({', '.join(moves)}): {text}" + (f" [{place}]" if place else "")
        for (rule, place, text), moves in spoke.items()
    ]
    return view("moves", title, f"move | what | value {currency} | verdict | who | state", rows, notes)


def move_screen(move: Move, currency: str) -> list[View]:
    """One move as a decider needs it: who gains and loses, promises before and after, and the actions."""
    effects = view(
        "effects",
        move.title,
        "line | customer | units | sooner | promise before | promise after | why",
        [
            (e.line, e.customer, f"{e.units:+d}", f"{e.sooner:+d}", e.promise_before, e.promise_after, e.why)
            for e in move.effects
        ],
        [move.reason, f"Value {move.value} {currency}, at stake {move.value_at_stake} {currency}, cost {move.cost}."],
    )
    actions = view(
        "actions",
        "What would be done",
        "action | what | details | after",
        [(a.id, a.kind, _details(a), ", ".join(a.needs)) for a in move.actions],
    )
    return [effects, actions]


def _details(action: object) -> str:
    data = action.model_dump(mode="json", exclude={"id", "needs", "kind"}, exclude_none=True)  # type: ignore[attr-defined]
    return ", ".join(f"{name} {value}" for name, value in data.items())
