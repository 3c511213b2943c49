"""Which units of an executed move can go back today: only those that are still where the move put them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from domain.actions import ReleaseReservation, Reserve
from domain.execution import TaskState
from domain.facts import Facts
from domain.orders import LineState
from domain.requests import Undo

Bucket = tuple[str, str, str | None]
"""SKU, site, and the inbound supply (None: stock)."""
Units = dict[tuple[str, Bucket], int]
MOST_ROUNDS = 100
GONE = frozenset({LineState.PICKED, LineState.SHIPPED, LineState.CANCELLED})


@dataclass
class TakingBack:
    """`gives`: units that lines of the move give up again; `takes`: units that those who lost get back; the rest of
    what is given goes to free supply, where it came from. `left` says what stays, and why."""

    gives: Units = field(default_factory=dict)
    takes: Units = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


def net_of(undo: Undo, facts: Facts) -> Units:
    """Units each line gained (negative: lost) per bucket, in written order; supply that has arrived is stock now."""
    net: dict[tuple[str, Bucket], int] = defaultdict(int)
    for action in undo.actions:
        if isinstance(action, Reserve | ReleaseReservation):
            inbound = action.inbound if action.inbound and facts.has("inbound", action.inbound) else None
            sign = 1 if isinstance(action, Reserve) else -1
            net[action.line, (action.sku, action.site, inbound)] += sign * action.quantity
    return {key: units for key, units in net.items() if units}


def drawn(net: Units) -> dict[Bucket, int]:
    """Units per bucket that the move drew from free supply (negative: that it left free)."""
    total: dict[Bucket, int] = defaultdict(int)
    for (_, bucket), units in net.items():
        total[bucket] += units
    return dict(total)


def taking_back(net: Units, facts: Facts) -> TakingBack:
    """What can go back. A loser is served before free supply, the first in the move first; no line ends with more than
    it asks for. Who has won gets nothing back that they do not pay for with what they won, and who has lost gives up
    nothing they got instead before they have their own again."""
    most = {key: _can_give(key, units, facts) for key, units in net.items() if units > 0}
    result = TakingBack(gives={key: units for key, units in most.items() if units})
    for _ in range(MOST_ROUNDS):  # what is given only gets less, so this ends
        result.takes = _takes(net, result.gives, facts)
        gives = _gives(net, result.gives, result.takes)
        if gives == result.gives:
            break
        result.gives = gives
    else:
        result.gives, result.takes = {}, {}
    result.left = _left(net, most, result, facts)
    return result


def _can_give(key: tuple[str, Bucket], units: int, facts: Facts) -> int:
    if not facts.has("line", key[0]) or facts.line(key[0]).state in GONE or _picked(key, facts):
        return 0
    return min(units, _held(key, facts))


def _stopped(line: str, facts: Facts) -> bool:
    """Whether a hold keeps units from a line: then they stay where they are."""
    if not facts.has("line", line):
        return False
    order = facts.order(facts.line(line).order)
    return bool(order.holds) or facts.customer(order.customer).on_credit_hold


def _held(key: tuple[str, Bucket], facts: Facts) -> int:
    line, bucket = key
    return sum(r.quantity for r in facts.reservations if r.line == line and (r.sku, r.site, r.inbound) == bucket)


def _picked(key: tuple[str, Bucket], facts: Facts) -> bool:
    line, (_, site, inbound) = key
    tasks = (task for wave in facts.waves if wave.site == site for task in wave.tasks if task.line == line)
    return inbound is None and any(task.state is TaskState.PICKED for task in tasks)


def _free(bucket: Bucket, facts: Facts) -> int:
    """Units of a bucket that nobody has reserved or claimed."""
    sku, site, inbound = bucket
    position = facts.position(sku, site)
    total = facts.inbound_supply(inbound).quantity if inbound else position.sellable if position else 0
    reserved = sum(one.quantity for one in facts.reservations if (one.sku, one.site, one.inbound) == bucket)
    claimed = sum(one.quantity for one in facts.claims if (one.sku, one.site, one.inbound) == bucket)
    return max(0, total - reserved - claimed)


def _takes(net: Units, gives: Units, facts: Facts) -> Units:
    """What can be had of what is given (and of what the move left free), as far as lines ask for it."""
    pool = {
        bucket: min(max(0, -units), _free(bucket, facts)) if units < 0 else 0 for bucket, units in drawn(net).items()
    }
    room: dict[str, int] = {}
    for (line, bucket), units in gives.items():
        pool[bucket] += units
        room[line] = room.get(line, 0) + units
    for line in {key[0] for key in net}:
        held = sum(r.quantity for r in facts.reservations if r.line == line)
        asks = facts.has("line", line) and facts.line(line).state not in GONE and not _stopped(line, facts)
        room[line] = room.get(line, 0) + (facts.line(line).open_quantity - held if asks else -(10**12))
    takes: Units = {}
    whole = per_line(net)
    swaps = {line: per_line(gives).get(line, 0) if whole[line] >= 0 else room[line] for line in whole}
    for key, units in net.items():
        line, bucket = key
        back = max(0, min(-units, pool[bucket], room[line], swaps[line])) if units < 0 else 0
        if back:
            takes[key] = back
            pool[bucket] -= back
            room[line] -= back
            swaps[line] -= back
    return takes


def _gives(net: Units, most: Units, takes: Units) -> Units:
    """What lines give up: what others take, then what was drawn from free supply; no more."""
    wanted = {bucket: max(0, units) for bucket, units in drawn(net).items()}
    for (_, bucket), units in takes.items():
        wanted[bucket] += units
    gives: Units = {}
    whole, got = per_line(net), per_line(takes)
    left = {line: got.get(line, 0) if units <= 0 else sum(most.values()) for line, units in whole.items()}
    for key, units in most.items():
        back = min(units, wanted[key[1]], left[key[0]])
        wanted[key[1]] -= back
        left[key[0]] -= back
        if back:
            gives[key] = back
    return gives


def per_line(units: Units) -> dict[str, int]:
    """Units of every line over all buckets."""
    total: dict[str, int] = defaultdict(int)
    for (line, _), count in units.items():
        total[line] += count
    return dict(total)


def _left(net: Units, most: Units, made: TakingBack, facts: Facts) -> list[str]:
    said = []
    for key, units in net.items():
        line, bucket = key
        place = bucket[2] or bucket[1]
        if units > 0 and (stays := units - made.gives.get(key, 0)):
            said.append(
                f"{stays} of {units} units of {bucket[0]} at {place} stay with {line}: {_why(key, most, facts)}"
            )
        if units < 0 and (lacks := -units - made.takes.get(key, 0)):
            why = ": its order is on hold" if _stopped(line, facts) else ""
            said.append(f"{line} does not get back {lacks} of {-units} units of {bucket[0]} at {place}{why}")
    return said


def _why(key: tuple[str, Bucket], most: Units, facts: Facts) -> str:
    line = key[0]
    if not facts.has("line", line):
        return "the line is gone"
    if facts.line(line).state in GONE:
        return f"it is {facts.line(line).state.value}"
    if _picked(key, facts):
        return "they are picked"
    if most.get(key, 0) < _held(key, facts) or most.get(key, 0):
        return "nobody they came from can take them"
    return "it holds them no longer"
