"""From facts to a problem: who competes for which units, by which ways, at what value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING

from domain.allocation.pool import Pool, supply_id
from domain.allocation.types import Arc, Demand, Holding, Problem, Rules, Supply
from domain.customers import Tier
from domain.facts import Facts
from domain.inventory import TransferRequest
from domain.noun import to_minor
from domain.orders import OrderLine
from domain.requests import Request
from domain.scoring import Score, contract_for, score_line, score_transfer, unit_price

TIERS = {Tier.STRATEGIC: 0, Tier.KEY: 1, Tier.STANDARD: 2}


def build(facts: Facts, skus: Collection[str], request: Request) -> Problem:
    """The allocation problem of these SKUs.

    Demand: open units of every open line, and of transfer requests. Supply: sellable stock per site and inbound supply,
    net of claims of other cases, of units earmarked for no open line, and of units already picked without a reservation
    (these count as served). Lines hold what is reserved for them. Ways beyond the horizon are left out, unless a line
    holds units there. Raises UnknownReference for an unknown SKU.
    """
    for sku in skus:
        facts.sku(sku)
    pool = Pool(facts, sorted(set(skus)), request)
    builder = _Builder(facts, request, pool)
    lines = [line for sku in pool.skus for line in facts.lines_of_sku(sku)]
    demand = [demand for line in lines if (demand := builder.line(line)) is not None]
    for transfer in sorted(facts.transfers, key=lambda item: item.id):
        if transfer.sku in pool.skus and transfer.quantity > transfer.granted:
            demand.append(builder.transfer(transfer))
    rules = Rules(budget=request.rates.churn_budget)
    return Problem(demand=tuple(demand), supply=pool.supply(demand), rules=rules, notes=tuple(pool.notes))


def moment(at: datetime) -> str:
    """A moment as text that sorts by time: in UTC; a moment without an offset is taken to be UTC."""
    return (at if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)).isoformat()


class _Builder:
    """Makes demand of one line or request after the other; a move somebody refused binds both of its sides."""

    def __init__(self, facts: Facts, request: Request, pool: Pool) -> None:
        self.facts = facts
        self.request = request
        self.rates = request.rates
        self.pool = pool
        self.horizon = facts.today + timedelta(days=request.rates.horizon_days)
        self.refused: dict[tuple[str, str], int] = defaultdict(int)
        self.barred: dict[str, set[str]] = defaultdict(set)
        for move in request.rejected:
            for line, site, inbound, units in move.keeps:
                if facts.has("line", line):
                    key = supply_id(facts.line(line).sku, site, inbound or None)
                    self.refused[line, key] += units
                    for winner in move.winners:
                        self.barred[winner].add(key)

    def line(self, line: OrderLine) -> Demand | None:
        """A line as demand; None when every open unit is picked already."""
        quantity = line.open_quantity - self.pool.picked_loose(line.id)
        if quantity <= 0:
            return None
        facts, order = self.facts, self.facts.order(line.order)
        customer, contract = facts.customer(order.customer), contract_for(facts, line)
        frozen, blocked = self.pool.frozen(line, self.rates), self._blocked(line)
        holdings = self._holdings(line.id, quantity, frozen)
        held = sum(holding.quantity for holding in holdings)
        floor = int((contract.fill_floor * quantity).to_integral_value(ROUND_CEILING)) if contract else 0
        confirmed = 0 < held <= quantity
        return Demand(
            id=line.id,
            order=line.order,
            customer=order.customer,
            sku=line.sku,
            quantity=quantity,
            rank=0 if contract and contract.strict else 1,
            tier=TIERS[customer.tier],
            ordered=moment(order.ordered_at),
            due=line.due,
            atomic=line.ship_complete,
            order_atomic=order.ship_complete,
            floor=min(floor, quantity),
            pack=facts.sku(line.sku).pack,
            frozen=frozen,
            blocked=blocked,
            break_cost=to_minor(self.rates.break_cost * unit_price(facts, line)) if confirmed else 0,
            arcs=self._arcs(line, {holding.supply: holding.quantity for holding in holdings}, bool(blocked)),
            holdings=holdings,
        )

    def transfer(self, item: TransferRequest) -> Demand:
        """A transfer request as demand: it competes in the rank of money, and comes last by order of entry.

        Only stock can be moved between sites; units that are still inbound are asked for again once they are there.
        """
        arcs = []
        for supply in self.pool.of_sku(item.sku):
            if supply.inbound is not None:
                continue
            score = score_transfer(self.facts, item, supply.site, supply.inbound, self.rates)
            if score is not None and score.arrives <= self.horizon:
                limit = self.pool.free(supply.id) if supply.id in self.barred[item.id] else None
                arcs.append(Arc(supply=supply.id, arrives=score.arrives, value=score.total_minor, limit=limit))
        return Demand(
            id=item.id,
            order=item.id,
            customer=item.to_site,
            sku=item.sku,
            quantity=item.quantity - item.granted,
            ordered=moment(self.facts.taken_at),
            due=item.needed_by,
            pack=self.facts.sku(item.sku).pack,
            arcs=tuple(arcs),
            is_transfer=True,
        )

    def _blocked(self, line: OrderLine) -> str:
        order = self.facts.order(line.order)
        customer = self.facts.customer(order.customer)
        reasons = [f"{hold.kind.value} hold on {order.id}" for hold in order.holds]
        if customer.on_credit_hold:
            reasons.append(f"{customer.id} is on credit hold")
        return "; ".join(sorted(set(reasons)))

    def _holdings(self, line: str, quantity: int, frozen: bool) -> tuple[Holding, ...]:
        """What is reserved for the line. A frozen line keeps at most its quantity."""
        result: list[Holding] = []
        room = quantity
        for supply, units in self.pool.held(line):
            if frozen:
                units = min(units, room)
            locked = min(units, room, self.refused[line, supply])
            room -= units if frozen else locked
            if units:
                result.append(Holding(supply=supply, quantity=units, locked=0 if frozen else locked))
        return tuple(result)

    def _arcs(self, line: OrderLine, held: dict[str, int], blocked: bool) -> tuple[Arc, ...]:
        arcs = []
        for supply in self.pool.of_sku(line.sku):
            mine = held.get(supply.id, 0)
            allowed = not line.allowed_sites or supply.site in line.allowed_sites
            if not mine and (blocked or not allowed):
                continue
            score = score_line(self.facts, line.id, supply.site, supply.inbound, self.rates)
            arc = self._arc(line, supply, score, blocked)
            if mine or (score is not None and arc.arrives <= self.horizon):
                limit = mine + self.pool.free(supply.id) if supply.id in self.barred[line.id] else None
                if not allowed or score is None or arc.arrives > self.horizon:
                    limit = mine
                arcs.append(arc if limit is None else arc.model_copy(update={"limit": limit}))
        return tuple(arcs)

    def _arc(self, line: OrderLine, supply: Supply, score: Score | None, blocked: bool) -> Arc:
        """The way from a supply; units on hold, and units held where no lane goes, earn nothing."""
        arrives = supply.available if score is None else score.arrives
        return Arc(supply=supply.id, arrives=arrives, value=0 if blocked or score is None else score.total_minor)
