"""What one unit is worth to one line from one supply: a sum of named factors in minor units of the base currency.

The objective is that of the field: margin + penalty x P(on time) + tier + aging + shelf life - freight, and, small
beside them, what picking there costs a busy or scarce site. Every factor is rounded half-even to minor units
once; the total is the sum of the rounded factors.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.calendar import arrival, ship_day
from domain.customers import Contract
from domain.execution import TaskState, WaveState
from domain.facts import Facts
from domain.inventory import Inbound, TransferRequest
from domain.noun import Id, Noun, Text, to_minor
from domain.orders import OrderLine
from domain.requests import Rates
from domain.sites import Lane

WEEKS_OF_COVER = 4
"""Weeks of forecast that stock should cover before a site counts as well stocked."""


class Factor(Noun):
    """One reason why a unit is worth more or less (minor units), and the numbers behind it."""

    name: Id
    minor: int
    text: Text


class Score(Noun):
    """The value of one unit, what it is made of, and the way it takes: carrier, day it leaves, day it arrives."""

    total_minor: int
    factors: tuple[Factor, ...]
    carrier: Id
    ships: date
    arrives: date


@dataclass(frozen=True)
class Way:
    """The lane goods take, when they leave and when they are there."""

    lane: Lane
    ships: date
    arrives: date


def way_to(facts: Facts, destination: str, site: str, inbound: str | None) -> Way | None:
    """The lane from `site` that is there first (then the cheapest, then by carrier); None when no lane goes there.

    Stock is ready at the moment of the snapshot, inbound supply on its ETA, or now when that is past.
    """
    origin = facts.site(site)
    eta = facts.inbound_supply(inbound).eta if inbound else facts.today
    ready = eta if eta > facts.today else facts.taken_at
    ways = [
        (arrival(origin, lane, ready), lane.freight, lane.carrier, lane)
        for lane in facts.lanes
        if lane.origin == site and lane.destination == destination
    ]
    if not ways:
        return None
    arrives, _, carrier, lane = min(ways, key=lambda way: way[:3])
    return Way(lane, ship_day(origin, ready, carrier), arrives)


def contract_for(facts: Facts, line: OrderLine) -> Contract | None:
    """The customer's contract when it is in force on the line's due date."""
    contract = facts.customer(facts.order(line.order).customer).contract
    return contract if contract is not None and contract.starts <= line.due <= contract.ends else None


def unit_price(facts: Facts, line: OrderLine) -> Decimal:
    """Price per unit in the base currency."""
    return line.unit_price * facts.rate(facts.order(line.order).currency)


def score_line(facts: Facts, line_id: str, site: str, inbound: str | None, rates: Rates) -> Score | None:
    """What a unit of stock at `site`, or of `inbound` arriving there, is worth to a line; None when no lane goes there.

    Raises UnknownReference for an id the facts do not hold.
    """
    line = facts.line(line_id)
    way = way_to(facts, facts.order(line.order).region, site, inbound)
    if way is None:
        return None
    price, supply = unit_price(facts, line), facts.inbound_supply(inbound) if inbound else None
    return _score(
        way,
        (
            _margin(facts, line, price),
            _service(facts, line, way, supply, rates),
            _tier(facts, line, price, rates),
            _aging(facts, line, price, rates),
            _shelf_life(facts, line.sku, site, supply, rates),
            _freight(way),
            _capacity(facts, site, price, rates),
            _cutoff(facts, site, way),
            _lead_time(facts, line, supply, rates),
            _demand_signal(facts, line.sku, site, price, rates),
        ),
    )


def score_transfer(
    facts: Facts, request: TransferRequest, site: str, inbound: str | None, rates: Rates
) -> Score | None:
    """What a unit from `site` is worth to a transfer request: its stated value, less lateness and freight."""
    way = way_to(facts, request.to_site, site, inbound)
    if way is None or site == request.to_site:
        return None
    cost = facts.sku(request.sku).unit_cost
    late = max(0, (way.arrives - request.needed_by).days)
    return _score(
        way,
        (
            Factor(
                name="request",
                minor=to_minor(request.value),
                text=f"a unit is worth {request.value} at {request.to_site}",
            ),
            _lateness(cost, late, rates),
            _freight(way),
            _demand_signal(facts, request.sku, site, cost, rates),
        ),
    )


def _score(way: Way, factors: tuple[Factor, ...]) -> Score:
    total = sum(factor.minor for factor in factors)
    return Score(total_minor=total, factors=factors, carrier=way.lane.carrier, ships=way.ships, arrives=way.arrives)


def _margin(facts: Facts, line: OrderLine, price: Decimal) -> Factor:
    """price x fx - unit cost."""
    cost = facts.sku(line.sku).unit_cost
    return Factor(name="margin", minor=to_minor(price - cost), text=f"price {price:.2f} less cost {cost}")


def _service(facts: Facts, line: OrderLine, way: Way, supply: Inbound | None, rates: Rates) -> Factor:
    """Contract: penalty share x unit cost x P(on time), 0 when late. P(on time) is 1 for stock, for inbound supply the
    share of its supplier's receipts that came by their ETA. No contract: minus the late penalty."""
    contract, cost = contract_for(facts, line), facts.sku(line.sku).unit_cost
    late = max(0, (way.arrives - line.due).days)
    if contract is None:
        return _lateness(cost, late, rates)
    sure = supply.reliability if supply else Decimal(1)
    if late:
        return Factor(
            name="service_level", minor=0, text=f"{late} days late: the penalty of {contract.id} is due anyway"
        )
    avoided = contract.penalty_share * cost * sure
    text = f"avoids {contract.penalty_share:.0%} of cost owed under {contract.id}, on time with probability {sure:.0%}"
    return Factor(name="service_level", minor=to_minor(avoided), text=text)


def _lateness(cost: Decimal, late: int, rates: Rates) -> Factor:
    """- min(cap, days late x rate) x unit cost."""
    loss = min(rates.late_penalty_cap, late * rates.late_penalty_per_day) * cost
    return Factor(name="service_level", minor=-to_minor(loss), text=f"{late} days late" if late else "on time")


def _tier(facts: Facts, line: OrderLine, price: Decimal, rates: Rates) -> Factor:
    """tier bonus x price."""
    tier = facts.customer(facts.order(line.order).customer).tier.value
    bonus = dict(rates.tier_bonus).get(tier, Decimal(0))
    return Factor(name="tier", minor=to_minor(bonus * price), text=f"{tier} customer: {bonus:.1%} of price")


def _aging(facts: Facts, line: OrderLine, price: Decimal, rates: Rates) -> Factor:
    """min(cap, days since ordered x rate) x price."""
    days = max(0, (facts.today - facts.order(line.order).ordered_at.date()).days)
    bonus = min(rates.aging_bonus_cap, days * rates.aging_bonus_per_day) * price
    return Factor(name="aging", minor=to_minor(bonus), text=f"ordered {days} days ago")


def _shelf_life(facts: Facts, sku: str, site: str, supply: Inbound | None, rates: Rates) -> Factor:
    """shelf-life bonus x unit cost x share of its life that the oldest lot there has spent (0 without dates)."""
    item, position = facts.sku(sku), facts.position(sku, site)
    ends = [lot.expires for lot in position.lots if lot.expires and lot.quantity] if position and not supply else []
    if not ends or not item.shelf_life_days:
        return Factor(name="shelf_life", minor=0, text="no lot with a date")
    left = max(0, (min(ends) - facts.today).days)
    spent = max(Decimal(0), 1 - Decimal(left) / item.shelf_life_days)
    bonus = rates.shelf_life_bonus * item.unit_cost * spent
    return Factor(name="shelf_life", minor=to_minor(bonus), text=f"oldest lot has {left} days left")


def _freight(way: Way) -> Factor:
    """- freight of the lane."""
    lane = way.lane
    return Factor(
        name="freight", minor=-to_minor(lane.freight), text=f"{lane.carrier}, {lane.transit_days} working days"
    )


def _capacity(facts: Facts, site: str, price: Decimal, rates: Rates) -> Factor:
    """- capacity cost x price x open picks of released waves / daily pick capacity (at most 1)."""
    capacity = facts.site(site).pick_capacity
    load = sum(
        task.quantity
        for wave in facts.waves
        if wave.site == site and wave.state is WaveState.RELEASED
        for task in wave.tasks
        if task.state is TaskState.OPEN
    )
    used = min(Decimal(1), Decimal(load) / capacity) if capacity else Decimal(1)
    cost = rates.capacity_cost * price * used
    return Factor(name="capacity", minor=-to_minor(cost), text=f"{load} of {capacity} units a day are open picks")


def _cutoff(facts: Facts, site: str, way: Way) -> Factor:
    """No money of its own: the cutoff decides the day, and the day decides lateness. Said so that it can be seen."""
    cutoff = next((c.at for c in facts.site(site).cutoffs if c.carrier == way.lane.carrier), None)
    by = f", cutoff {cutoff:%H:%M}" if cutoff else ""
    return Factor(name="cutoff", minor=0, text=f"leaves {way.ships}{by}, arrives {way.arrives}")


def _lead_time(facts: Facts, line: OrderLine, supply: Inbound | None, rates: Rates) -> Factor:
    """For inbound supply: - (1 - reliability) x min(cap, one standard deviation of lead time x rate) x unit cost."""
    if supply is None:
        return Factor(name="lead_time", minor=0, text="in stock")
    known = supply.supplier is not None and facts.has("supplier", supply.supplier)
    spread = facts.supplier(supply.supplier).lead_time_sd if known and supply.supplier else Decimal(0)
    expected = min(rates.late_penalty_cap, spread * rates.late_penalty_per_day)
    risk = (1 - supply.reliability) * expected * facts.sku(line.sku).unit_cost
    text = f"{supply.reliability:.0%} of receipts on time, lead time varies by {spread} days"
    return Factor(name="lead_time", minor=-to_minor(risk), text=text)


def _demand_signal(facts: Facts, sku: str, site: str, price: Decimal, rates: Rates) -> Factor:
    """- scarcity cost x price x (1 - weeks of cover / 4), cover = sellable stock / mean weekly demand (the larger of
    forecast and run rate over the coming weeks); 0 without a forecast."""
    signals = [
        item for item in facts.demand if item.sku == sku and item.site == site and (item.week - facts.today).days > -7
    ]
    weekly = (
        Decimal(sum(max(item.forecast, item.run_rate) for item in signals)) / len(signals) if signals else Decimal(0)
    )
    if not weekly:
        return Factor(name="demand_signal", minor=0, text="no forecast here")
    position = facts.position(sku, site)
    cover = Decimal(position.sellable if position else 0) / weekly
    cost = rates.scarcity_cost * price * max(Decimal(0), 1 - cover / WEEKS_OF_COVER)
    text = f"stock covers {cover:.1f} weeks of {weekly:.0f} units"
    return Factor(name="demand_signal", minor=-to_minor(cost), text=text)
