"""What a comparison must say: how far people did what was planned, in units, moves and money, and what each is worth.

Written out a second time, from the definitions in docs/policy.md:

    key      = (line or transfer request, stock or inbound): from which site, and by which ship, does not matter
    planned  = units that the moves of a plan give to the key, less those they take
    done     = units that the key holds at the look, less those it held when the plan was made; 0 for a line that is no
               longer there: nobody decided that over the shortage
    agreed   = sum of min(|planned|, |done|) over keys where both have one sign
    either   = sum of max(|planned|, |done|) with one sign (or one is 0), of |planned| + |done| with two
    money    = both sums again, each unit at its sales price (a transfer unit at the value of its request)
    a move is the same when, in the order of the plan, what is left of done covers each of its keys
    value    = worth of the holdings less worth of those before, less break cost; everything on the facts of the plan
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from domain.actions import ReleaseReservation, Reserve, Transfer
from domain.facts import Facts
from domain.inventory import Reservation, ReservationKind
from domain.noun import Money, Noun
from domain.orders import LineState
from domain.plans import Move
from domain.requests import Rates
from evals.accounting.arrivals import best_lane
from evals.accounting.books import Bucket, change, held, supply
from evals.accounting.money import statement

Key = tuple[str, str]
Holdings = dict[tuple[str, Bucket], int]


class Expected(Noun):
    """The numbers of one case, or of several together."""

    agreed_units: int = 0
    either_units: int = 0
    agreed_money: Decimal = Decimal(0)
    either_money: Decimal = Decimal(0)
    same: int = 0
    moves: int = 0
    plan_value: Money = Decimal(0)
    people_value: Money = Decimal(0)
    moved_units: int = 0
    wrong: tuple[str, ...] = ()

    def plus(self, other: Expected) -> Expected:
        """Both together."""
        return Expected(**{name: getattr(self, name) + getattr(other, name) for name in Expected.model_fields})


def expected(moves: Sequence[Move], then: Facts, later: Facts, skus: Iterable[str], rates: Rates) -> Expected:
    """What a comparison of this plan with the facts of the look must say. `skus`: what the case is about."""
    wanted = set(skus)
    stock_moves = [move for move in moves if _keys(move)]
    planned = _summed(_keys(move) for move in stock_moves)
    done = {key: units for key, units in _done(then, later, wanted).items() if units}
    pairs = {key: (planned.get(key, 0), done.get(key, 0)) for key in planned.keys() | done.keys()}
    price = {key: _price(then, key[0]) for key in pairs}
    agreed = {key: min(abs(p), abs(d)) if p * d > 0 else 0 for key, (p, d) in pairs.items()}
    either = {key: max(abs(p), abs(d)) if p * d >= 0 else abs(p) + abs(d) for key, (p, d) in pairs.items()}
    before = held(then)
    by_plan = _plus(before, change([a for move in stock_moves for a in move.actions], {}))
    return Expected(
        agreed_units=sum(agreed.values()),
        either_units=sum(either.values()),
        agreed_money=sum((units * price[key] for key, units in agreed.items()), Decimal(0)),
        either_money=sum((units * price[key] for key, units in either.items()), Decimal(0)),
        same=_same(stock_moves, done),
        moves=len(stock_moves),
        plan_value=_worth(then, by_plan, _sent(stock_moves), rates, wanted),
        people_value=_worth(then, _by_people(then, later), _granted(then, later), rates, wanted),
        moved_units=sum(abs(p) + abs(d) for p, d in pairs.values()),
        wrong=tuple(sorted(move.id for move in stock_moves if _wrong(move, then, later))),
    )


def _keys(move: Move) -> dict[Key, int]:
    found: dict[Key, int] = defaultdict(int)
    for action in move.actions:
        if isinstance(action, Reserve | ReleaseReservation):
            sign = 1 if isinstance(action, Reserve) else -1
            found[action.line, "inbound" if action.inbound else "stock"] += sign * action.quantity
        elif isinstance(action, Transfer) and action.request:
            found[action.request, "stock"] += action.quantity
    return {key: units for key, units in found.items() if units}


def _summed(parts: Iterable[Mapping[Key, int]]) -> dict[Key, int]:
    total: dict[Key, int] = defaultdict(int)
    for part in parts:
        for key, units in part.items():
            total[key] += units
    return {key: units for key, units in total.items() if units}


def _done(then: Facts, later: Facts, skus: set[str]) -> dict[Key, int]:
    found: dict[Key, int] = defaultdict(int)
    for facts, sign in ((later, 1), (then, -1)):
        for (line, bucket), units in held(facts).items():
            if bucket[0] in skus and then.has("line", line) and _open(later, line):
                found[line, "inbound" if bucket[2] else "stock"] += sign * units
    for request, units in _granted(then, later).items():
        if then.transfer(request).sku in skus:
            found[request, "stock"] += units
    return found


def _by_people(then: Facts, later: Facts) -> Holdings:
    """Who holds what at the look, of the lines that were there before; what is gone keeps what it had."""
    still = {key: units for key, units in held(later).items() if then.has("line", key[0]) and _open(later, key[0])}
    gone = {key: units for key, units in held(then).items() if not _open(later, key[0])}
    return {**still, **gone}


def _open(facts: Facts, line: str) -> bool:
    return facts.has("line", line) and facts.line(line).state not in (LineState.CANCELLED, LineState.SHIPPED)


def _granted(then: Facts, later: Facts) -> dict[str, int]:
    """Units granted to each transfer request since; one that is gone has been granted whole."""
    now = {item.id: item.granted for item in later.transfers}
    return {item.id: now.get(item.id, item.quantity) - item.granted for item in then.transfers}


def _sent(moves: Sequence[Move]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for move in moves:
        for action in move.actions:
            if isinstance(action, Transfer) and action.request:
                found[action.request] += action.quantity
    return found


def _price(facts: Facts, key: str) -> Decimal:
    if facts.has("transfer", key):
        return facts.transfer(key).value
    line = facts.line(key)
    return line.unit_price * facts.rate(facts.order(line.order).currency)


def _same(moves: Sequence[Move], done: Mapping[Key, int]) -> int:
    left = dict(done)
    count = 0
    for move in moves:
        wanted = _keys(move)
        if all(left.get(key, 0) * units > 0 and abs(left[key]) >= abs(units) for key, units in wanted.items()):
            count += 1
            for key, units in wanted.items():
                left[key] -= units
    return count


def _plus(before: Mapping[tuple[str, Bucket], int], more: Mapping[tuple[str, Bucket], int]) -> Holdings:
    keys = before.keys() | more.keys()
    return {key: units for key in keys if (units := before.get(key, 0) + more.get(key, 0))}


def _worth(facts: Facts, after: Holdings, granted: Mapping[str, int], rates: Rates, skus: set[str]) -> Decimal:
    """Objective after minus before on the facts of the plan: line units, transfer units, risk of what is inbound."""
    mine = {key: units for key, units in after.items() if key[1][0] in skus}
    only = facts.replace(reservations=tuple(item for item in facts.reservations if item.sku in skus))
    then = statement(only, rates, before=only).value - _risk(facts, held(only), rates)
    now = statement(_holding(facts, mine), rates, before=only).value - _risk(facts, mine, rates)
    return now - then + sum((_transfer(facts, key, units, rates) for key, units in granted.items()), Decimal(0))


def _holding(facts: Facts, holdings: Holdings) -> Facts:
    """The facts with these units held instead, one reservation for each line and bucket."""
    return facts.replace(
        reservations=tuple(
            Reservation(
                id=f"H-{number}",
                sku=bucket[0],
                site=bucket[1],
                quantity=units,
                kind=ReservationKind.SOFT if bucket[2] else ReservationKind.HARD,
                line=line,
                inbound=bucket[2] or None,
                owner="judge",
                created_at=facts.taken_at,
            )
            for number, ((line, bucket), units) in enumerate(sorted(holdings.items()))
            if units > 0
        )
    )


def _risk(facts: Facts, holdings: Mapping[tuple[str, Bucket], int], rates: Rates) -> Decimal:
    """(1 - reliability) x min(cap, deviation of the lead time x late penalty) x cost, for units that are inbound."""
    total = Decimal(0)
    for (line, bucket), units in holdings.items():
        if not bucket[2] or not facts.has("inbound", bucket[2]) or not facts.has("line", line):
            continue
        order = facts.order(facts.line(line).order)
        item = facts.inbound_supply(bucket[2])
        spread = facts.supplier(item.supplier).lead_time_sd if item.supplier else Decimal(0)
        stopped = bool(order.holds) or facts.customer(order.customer).on_credit_hold
        if not stopped and best_lane(facts, order.region, bucket):
            share = min(rates.late_penalty_cap, spread * rates.late_penalty_per_day)
            total += units * (1 - item.reliability) * share * facts.sku(bucket[0]).unit_cost
    return total


def _transfer(facts: Facts, request: str, units: int, rates: Rates) -> Decimal:
    """Stated value less freight and lateness, by the best way there is, whichever site has sent it."""
    item = facts.transfer(request)
    cost = facts.sku(item.sku).unit_cost
    origins = {lane.origin for lane in facts.lanes if lane.destination == item.to_site} - {item.to_site}
    worth = []
    for site in origins:
        if way := best_lane(facts, item.to_site, (item.sku, site, "")):
            late = max(0, (way[1] - item.needed_by).days)
            loss = min(rates.late_penalty_cap, late * rates.late_penalty_per_day) * cost
            worth.append(item.value - way[0].freight - loss)
    return units * max(worth, default=Decimal(0))


def _wrong(move: Move, then: Facts, later: Facts) -> bool:
    """Whether later facts show that the move would have been an error: who gains is on hold, gone or would have too
    much; who loses falls below the floor of its contract; or the units were never there."""
    lines: dict[str, int] = defaultdict(int)
    for (key, _), units in _keys(move).items():
        if not then.has("transfer", key):
            lines[key] += units
    has: dict[str, int] = defaultdict(int)
    for (holder, _), units in held(then).items():
        has[holder] += units
    gaining = {action.line for action in move.actions if isinstance(action, Reserve)}
    lines |= {key: lines[key] for key in gaining}  # one that only changes its site gains too
    return any(_line_wrong(later, key, units, has[key], key in gaining) for key, units in lines.items()) or _missing(
        move, then, later
    )


def _line_wrong(later: Facts, key: str, units: int, had: int, gains: bool) -> bool:
    if not later.has("line", key):
        return gains
    line = later.line(key)
    order = later.order(line.order)
    customer = later.customer(order.customer)
    stopped = bool(order.holds) or customer.on_credit_hold
    if gains and (stopped or line.state is LineState.CANCELLED or had + units > line.open_quantity):
        return True
    contract = customer.contract
    bound = contract is not None and contract.starts <= later.today <= contract.ends and not stopped
    return units < 0 and bound and contract is not None and had + units < contract.fill_floor * line.open_quantity


def _missing(move: Move, then: Facts, later: Facts) -> bool:
    """Whether the move draws free units that a later count shows were not there."""
    drawn: dict[Bucket, int] = defaultdict(int)
    for action in move.actions:
        if isinstance(action, Reserve | ReleaseReservation):
            sign = 1 if isinstance(action, Reserve) else -1
            drawn[action.sku, action.site, action.inbound or ""] += sign * action.quantity
        elif isinstance(action, Transfer):
            drawn[action.sku, action.from_site, ""] += action.quantity
    taken: dict[Bucket, int] = defaultdict(int)
    for item in then.reservations:
        taken[item.sku, item.site, item.inbound or ""] += item.quantity
    now = supply(later)
    return any(units > 0 and units > now.get(bucket, 0) - taken[bucket] for bucket, units in drawn.items())
