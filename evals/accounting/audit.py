"""Audit a change: the facts before, the moves that were executed, the facts after."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from domain.actions import Action, ReleaseReservation, Reserve, SubstituteItem, Transfer
from domain.events import Event
from domain.facts import Facts
from evals.accounting import floor, stock
from evals.accounting.books import Bucket, Finding, change, held, per_bucket, sent, served_for, supply


@dataclass(frozen=True)
class Change:
    """What is audited. `moves` are the executed actions, one tuple per move; `events` those that came in between."""

    before: Facts
    after: Facts
    moves: tuple[tuple[Action, ...], ...]
    events: tuple[Event, ...]

    @property
    def actions(self) -> tuple[Action, ...]:
        """All executed actions."""
        return tuple(action for move in self.moves for action in move)


def audit(
    before: Facts, after: Facts, moves: Sequence[Sequence[Action]], events: Sequence[Event] = ()
) -> tuple[Finding, ...]:
    """Every broken law, sorted; empty when the books are right.

    `before` and `after` are snapshots of every SKU as read from the connector; `moves` lists the actions that were
    carried out, move by move, in no particular order.
    """
    subject = Change(before, after, tuple(tuple(move) for move in moves), tuple(events))
    return tuple(sorted({finding for law in LAWS for finding in law(subject)}))


def _no_oversell(subject: Change) -> Iterator[Finding]:
    """At no date more reserved than there is, and no more claimed by waiting plans than there is."""
    after = subject.after
    limits = supply(after)
    used: dict[Bucket, int] = per_bucket(held(after))
    for item in after.reservations:
        if item.line is None:
            bucket = (item.sku, item.site, item.inbound or "")
            used[bucket] = used.get(bucket, 0) + item.quantity
    claimed: dict[Bucket, int] = {}
    for claim in after.claims:
        bucket = (claim.sku, claim.site, claim.inbound or "")
        claimed[bucket] = claimed.get(bucket, 0) + claim.quantity
    for name, units in (("reserved", used), ("claimed", claimed)):
        for bucket in sorted(units):
            if units[bucket] > limits.get(bucket, 0):
                yield Finding(
                    "oversell", " ".join(bucket).strip(), f"{units[bucket]} {name} of {limits.get(bucket, 0)}"
                )


def _no_overgrant(subject: Change) -> Iterator[Finding]:
    """A line holds at most what it still needs (a substitute counts as what it replaces)."""
    ratio = {(pair.sku, pair.alternative): pair.ratio for pair in subject.after.substitutes}
    need = {line.id: line for order in subject.after.orders for line in order.lines}
    has: dict[str, int] = {}
    for (line_id, bucket), units in held(subject.after).items():
        line = need.get(line_id)
        worth = units if line is None or bucket[0] == line.sku else units // ratio.get((line.sku, bucket[0]), 1)
        has[line_id] = has.get(line_id, 0) + worth
    for line_id in sorted(has):
        if line_id not in need:
            yield Finding("overgrant", line_id, f"holds {has[line_id]} units, but no such line is open")
        elif has[line_id] > need[line_id].open_quantity:
            yield Finding("overgrant", line_id, f"holds {has[line_id]} of {need[line_id].open_quantity} open units")


def _explained(subject: Change) -> Iterator[Finding]:
    """Every change of a holding is the sum of executed actions; supply that an event cut may lose holdings."""
    serves = served_for(subject.before, subject.after, subject.actions)
    before, after = held(subject.before), Counter[tuple[str, Bucket]]()
    for (line, bucket), units in held(subject.after).items():
        after[serves.get(line, line), bucket] += units
    ratio = {(pair.sku, pair.alternative): pair.ratio for pair in subject.before.substitutes}
    expected = change(subject.actions, ratio)
    hit = {getattr(event.data, "inbound", None) for event in subject.events}
    for key in sorted(before.keys() | after.keys() | expected.keys()):
        real = after.get(key, 0) - before.get(key, 0)
        if real == expected.get(key, 0):
            continue
        if key[1][2] in hit and real < expected.get(key, 0):
            continue
        where = f"{key[0]} on {' '.join(key[1]).strip()}"
        yield Finding("unexplained", where, f"holding changed by {real}, actions say {expected.get(key, 0)}")


def _substituted(subject: Change) -> Iterator[Finding]:
    """A substitution takes from its line what the companion line serves; no line comes from nowhere."""
    serves = served_for(subject.before, subject.after, subject.actions)
    asked: Counter[str] = Counter()
    for action in subject.actions:
        if isinstance(action, SubstituteItem):
            asked[action.line] += action.quantity
    now = {line.id: line for order in subject.after.orders for line in order.lines}
    old = {line.id: line for order in subject.before.orders for line in order.lines}
    for key in sorted(now.keys() - old.keys() - serves.keys()):
        yield Finding("conservation", key, "a new line that nobody asked for")
    for key in sorted(old.keys() & now.keys()):
        taken = old[key].open_quantity - now[key].open_quantity
        if taken != asked[key]:
            yield Finding("conservation", key, f"asks for {taken} units less, {asked[key]} were substituted")


def _winner_for_loser(subject: Change) -> Iterator[Finding]:
    """In each move every unit taken from a line is got by another; what a line gives up for other units it gets in the
    same move may stay free."""
    for number, move in enumerate(subject.moves, 1):
        released, taken = _book(move)
        for bucket, losers in sorted(released.items()):
            name = " ".join(bucket).strip()
            swapped = {
                line: min(units, sum(got[line] for other, got in taken.items() if other != bucket))
                for line, units in losers.items()
            }
            for loser, units in sorted(losers.items()):
                others = sum(got for winner, got in taken[bucket].items() if winner != loser)
                if others + swapped[loser] < units:
                    where = f"move {number}, {loser} on {name}"
                    yield Finding("loser_without_winner", where, f"gives up {units}, others take {others}")
            given, got = sum(losers.values()), sum(taken[bucket].values())
            if got + sum(swapped.values()) < given:
                yield Finding("loser_without_winner", f"move {number} on {name}", f"{given} given up, {got} taken")


def _book(move: tuple[Action, ...]) -> tuple[dict[Bucket, Counter[str]], dict[Bucket, Counter[str]]]:
    """Units released and units taken, per bucket and line (or transfer)."""
    released: dict[Bucket, Counter[str]] = defaultdict(Counter)
    taken: dict[Bucket, Counter[str]] = defaultdict(Counter)
    for action in move:
        if isinstance(action, ReleaseReservation):
            released[action.sku, action.site, action.inbound or ""][action.line] += action.quantity
        elif isinstance(action, Reserve):
            taken[action.sku, action.site, action.inbound or ""][action.line] += action.quantity
        elif isinstance(action, Transfer):
            taken[action.sku, action.from_site, ""][f"transfer to {action.to_site}"] += action.quantity
        elif isinstance(action, SubstituteItem):
            taken[action.alternative, action.site, ""][action.line] += action.quantity
    return released, taken


def _nothing_lies_idle(subject: Change) -> Iterator[Finding]:
    """What was held of a bucket is held afterwards or sent away, as far as it still exists; but for what lines gave up
    because they have more of another bucket now."""
    old, new = held(subject.before), held(subject.after)
    before, after = per_bucket(old), per_bucket(new)
    limits, left = supply(subject.after), sent(subject.actions)
    moved = {key: new.get(key, 0) - old.get(key, 0) for key in old.keys() | new.keys()}
    gains: Counter[str] = Counter()
    for (line, _), units in moved.items():
        gains[line] += max(0, units)
    for bucket in sorted(before):
        should = min(before[bucket], limits.get(bucket, 0) + left.get(bucket, 0))
        is_now = after.get(bucket, 0) + left.get(bucket, 0)
        swapped = sum(min(-units, gains[line]) for (line, of), units in moved.items() if of == bucket and units < 0)
        if is_now + swapped < should:
            name = " ".join(bucket).strip()
            yield Finding("loser_without_winner", name, f"{before[bucket]} held before, {is_now} after")


def _holds_respected(subject: Change) -> Iterator[Finding]:
    """No line of an order on hold or a customer on credit hold gains units of any supply."""
    before, after = held(subject.before), held(subject.after)
    stopped = {
        line.id
        for order in subject.after.orders
        if order.holds or subject.after.customer(order.customer).on_credit_hold
        for line in order.lines
    }
    for key in sorted(before.keys() | after.keys()):
        gained = after.get(key, 0) - before.get(key, 0)
        if key[0] in stopped and gained > 0:
            yield Finding("hold", key[0], f"gained {gained} units of {' '.join(key[1]).strip()} while on hold")


LAWS: tuple[Callable[[Change], Iterator[Finding]], ...] = (
    _no_oversell,
    _no_overgrant,
    _explained,
    _substituted,
    _winner_for_loser,
    _nothing_lies_idle,
    _holds_respected,
    lambda subject: stock.conserved(subject.before, subject.after, subject.actions, subject.events),
    lambda subject: stock.earmarks_gone(subject.before, subject.after, subject.actions),
    lambda subject: stock.transfers_booked(subject.before, subject.after, subject.actions),
    lambda subject: floor.frozen_untouched(subject.before, subject.after),
    lambda subject: floor.picked_untouched(subject.before, subject.after),
    lambda subject: floor.picks_covered(subject.after),
    lambda subject: floor.waves_explained(subject.before, subject.after, subject.actions),
    lambda subject: floor.promises_explained(subject.before, subject.after, subject.actions),
    lambda subject: floor.promises_possible(subject.before, subject.after),
)
