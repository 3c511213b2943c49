"""Describe a move in the declared facts that rules compare. The guard computes them itself from the snapshot: what the
proposer says of its move can raise a number, never lower it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.cases import Case
from domain.facts import Facts
from domain.orders import HoldKind
from domain.plans import Move
from guardrails.drawn import drawn
from guardrails.flows import LineFlow, flows
from guardrails.losing import ZERO, best_tier, buyer, cents, losses, unit_margin, unit_price
from guardrails.places import places
from guardrails.policy.scopes import Place
from guardrails.scope import outside
from guardrails.shape import faults
from guardrails.touched import Touched, touched
from guardrails.trust import trust
from guardrails.vocabulary import FACTS, FactValue, Kind, show


@dataclass(frozen=True)
class Subject:
    """A move as the judge sees it.

    `facts` has a value for every name in FACTS. `faults`: what makes the move unfit whatever the policy says (unknown
    ids, units taken that nobody gets, broken needs). `outside`: what it touches outside the scope of its case.
    """

    move: str
    kind: str
    actions: tuple[str, ...]
    case_kind: str
    currency: str
    touched: Touched
    places: tuple[Place, ...]
    facts: dict[str, FactValue]
    faults: tuple[str, ...]
    outside: tuple[str, ...]
    taken: tuple[tuple[str, int, Decimal], ...]
    """(customer, units, sales value) that customers lose by it or have to wait for, by customer id"""

    def text(self, fact: str) -> str:
        """A fact's value as a card shows it."""
        kind = FACTS[fact].kind
        units = {Kind.MONEY: self.currency, Kind.PERCENT: "%"}
        return show(kind, self.facts[fact], units.get(kind, kind.value))


def describe(move: Move, facts: Facts, case: Case) -> Subject:
    """The subject of `move` of `case` on these facts. Pure; never raises for what a move says: it becomes a fault."""
    lines = flows(move, facts)
    touch, spots = touched(move, facts), places(move, facts)
    values: dict[str, FactValue] = {
        **_amounts(move, facts, lines),
        **losses(facts, lines),
        **_gains(facts, lines),
        **_promises(move, facts),
        **drawn(move, facts),
        **trust(facts, touch),
        "move_kind": move.kind,
        "case_kind": case.kind,
        "actions": tuple(sorted({action.kind for action in move.actions})),
        "skus": touch.skus,
        "sku_classes": touch.sku_classes,
        "sites": touch.sites,
        "segments": touch.segments,
        "customers": touch.customers,
        "regions": tuple(sorted({place.region for place in spots} - {""})),
        "channels": tuple(sorted({place.channel for place in spots} - {""})),
    }
    return Subject(
        move=move.id,
        kind=move.kind,
        actions=tuple(sorted({action.kind for action in move.actions})),
        case_kind=case.kind,
        currency=facts.base_currency,
        touched=touch,
        places=spots,
        facts={name: values[name] for name in FACTS},
        faults=(*faults(move, facts, case.scope.returns), *touch.unknown),
        outside=outside(move, touch, case),
        taken=_taken(facts, lines),
    )


def _amounts(move: Move, facts: Facts, lines: tuple[LineFlow, ...]) -> dict[str, FactValue]:
    given = sum((unit_price(facts, flow.line) * flow.gained for flow in lines), ZERO)
    taken = sum((unit_price(facts, flow.line) * flow.released for flow in lines), ZERO)
    margin = sum((unit_margin(facts, flow.line) * flow.gained for flow in lines), ZERO)
    shifted_units, shifted_value, freight = _transfers(move, facts)
    expedite = sum((a.cost for a in move.actions if a.kind == "expedite_inbound"), ZERO)
    purchase = sum(
        (
            facts.sku(a.sku).unit_cost * a.quantity
            for a in move.actions
            if a.kind == "request_replenishment" and facts.has("sku", a.sku)
        ),
        ZERO,
    )
    units = max(sum(f.gained for f in lines) + shifted_units, sum(f.released for f in lines))
    moved = max(given + shifted_value, taken)
    return {
        "value_moved": cents(moved),
        "value_at_stake": cents(max(move.value_at_stake, margin + expedite)),
        "cost": cents(max(move.cost, expedite + freight)),
        "expedite_cost": cents(expedite),
        "purchase_cost": cents(purchase),
        "credit_amount": cents(sum((a.amount for a in move.actions if a.kind == "request_credit_release"), ZERO)),
        "units_moved": units,
        "margin_share": cents(margin * 100 / given) if given else ZERO,
    }


def _transfers(move: Move, facts: Facts) -> tuple[int, Decimal, Decimal]:
    """Units, cost of goods and freight of the transfers of a move."""
    units, value, freight = 0, ZERO, ZERO
    for action in move.actions:
        if action.kind != "transfer":
            continue
        units += action.quantity
        if facts.has("sku", action.sku):
            value += facts.sku(action.sku).unit_cost * action.quantity
        lanes = [
            lane.freight
            for lane in facts.lanes
            if lane.origin == action.from_site and lane.destination == action.to_site
        ]
        freight += max(lanes, default=ZERO) * action.quantity
    return units, value, freight


def _gains(facts: Facts, lines: tuple[LineFlow, ...]) -> dict[str, FactValue]:
    winners = [flow.line for flow in lines if flow.gained > 0]
    holds = {hold.kind for line in winners for hold in facts.order(line.order).holds}
    customers = [buyer(facts, line) for line in winners]
    return {
        "credit_hold": HoldKind.CREDIT in holds or any(c is None or c.on_credit_hold for c in customers),
        "compliance_hold": bool(holds & {HoldKind.COMPLIANCE, HoldKind.QUALITY}),
        "manual_hold": HoldKind.MANUAL in holds,
        "tier_gaining": best_tier(customers),
    }


def _promises(move: Move, facts: Facts) -> dict[str, FactValue]:
    slips: dict[str, int] = {}
    for action in move.actions:
        if action.kind != "update_promise" or not facts.has("line", action.line):
            continue
        line = facts.line(action.line)
        before = line.promise.current if line.promise else (action.old_date or line.requested)
        slips[action.line] = max(slips.get(action.line, 0), (action.new_date - before).days)
    late = [buyer(facts, facts.line(line)) for line, days in slips.items() if days > 0]
    return {"promise_slip": max(slips.values(), default=0), "tier_slipping": best_tier(late)}


def _taken(facts: Facts, lines: tuple[LineFlow, ...]) -> tuple[tuple[str, int, Decimal], ...]:
    lost: dict[str, tuple[int, Decimal]] = {}
    for flow in lines:
        if flow.given_up > 0:
            customer = facts.order(flow.line.order).customer
            units, value = lost.get(customer, (0, ZERO))
            lost[customer] = (units + flow.given_up, value + unit_price(facts, flow.line) * flow.given_up)
    return tuple((customer, units, cents(value)) for customer, (units, value) in sorted(lost.items()))
