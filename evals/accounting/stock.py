"""Laws of goods: units neither appear nor vanish, and a transfer takes from one site what it brings to the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from domain.actions import Action, ExpediteInbound, Transfer
from domain.events import Event, SupplierDelay
from domain.facts import Facts
from evals.accounting.books import Finding, earmarked

Place = tuple[str, str]


def conserved(before: Facts, after: Facts, actions: Sequence[Action], events: Sequence[Event]) -> Iterator[Finding]:
    """Stock and inbound per SKU and site change only by transfers and by what events say; quarantine never."""
    yield from _stock_moved(before, after, actions)
    yield from _inbound_kept(before, after, actions, events)


def _stock_moved(before: Facts, after: Facts, actions: Sequence[Action]) -> Iterator[Finding]:
    """A site loses at most what transfers take; what is lost is at the target, on hand or on its way."""
    out: dict[Place, int] = defaultdict(int)
    into: dict[Place, int] = defaultdict(int)
    for action in actions:
        if isinstance(action, Transfer):
            out[action.sku, action.from_site] += action.quantity
            into[action.sku, action.to_site] += action.quantity
    old, new = _on_hand(before), _on_hand(after)
    lost: dict[str, int] = defaultdict(int)
    for place in sorted(old.keys() | new.keys()):
        delta = new.get(place, 0) - old.get(place, 0)
        lost[place[0]] -= delta
        if delta < -out[place] or delta > into[place]:
            yield Finding("conservation", " ".join(place), f"on hand {old.get(place, 0)} became {new.get(place, 0)}")
    known = {item.id for item in before.inbound}
    for item in after.inbound:
        if item.id not in known:
            lost[item.sku] -= item.quantity
            if item.quantity > into[item.sku, item.site]:
                yield Finding("conservation", item.id, f"{item.quantity} units on their way from nowhere")
    for sku in sorted(lost):
        if lost[sku]:
            yield Finding("conservation", sku, f"{lost[sku]} units lost in all (negative: appeared)")
    kept = {(item.sku, item.site): (item.quarantined, item.safety_stock) for item in before.positions}
    for position in after.positions:
        was = kept.get((position.sku, position.site), (0, 0))
        if (position.quarantined, position.safety_stock) != was:
            where = f"{position.sku} {position.site}"
            yield Finding("conservation", where, "quarantine or safety stock changed")


def _on_hand(facts: Facts) -> dict[Place, int]:
    return {(item.sku, item.site): item.on_hand for item in facts.positions}


def _inbound_kept(before: Facts, after: Facts, actions: Sequence[Action], events: Sequence[Event]) -> Iterator[Finding]:
    """Inbound supply keeps quantity and date, but for what an event said or an expedite bought."""
    quantities, etas = _allowed(before, actions, events)
    now = {item.id: item for item in after.inbound}
    for item in before.inbound:
        there = now.get(item.id)
        if there is None:
            if 0 not in quantities[item.id]:
                yield Finding("conservation", item.id, f"{item.quantity} units on their way vanished")
            continue
        if there.quantity not in quantities[item.id]:
            yield Finding("conservation", item.id, f"{item.quantity} units became {there.quantity}")
        if there.eta not in etas[item.id]:
            yield Finding("unexplained", item.id, f"expected {item.eta}, now {there.eta}, and nobody asked for it")


def _allowed(
    before: Facts, actions: Sequence[Action], events: Sequence[Event]
) -> tuple[dict[str, set[int]], dict[str, set[object]]]:
    quantities = {item.id: {item.quantity} for item in before.inbound}
    etas: dict[str, set[object]] = {item.id: {item.eta} for item in before.inbound}
    for event in events:
        if isinstance(event.data, SupplierDelay) and event.data.inbound in etas:
            etas[event.data.inbound].add(event.data.new_eta)
            if event.data.new_quantity is not None:
                quantities[event.data.inbound].add(event.data.new_quantity)
    for action in actions:
        if isinstance(action, ExpediteInbound) and action.inbound in etas:
            etas[action.inbound] = {action.new_eta}
    return quantities, etas


def earmarks_gone(before: Facts, after: Facts, actions: Sequence[Action]) -> Iterator[Finding]:
    """After the moves nothing is left reserved for nobody, but for goods of a transfer that wait for their truck."""
    waiting: dict[tuple[str, str, str], int] = defaultdict(int)
    for action in actions:
        if isinstance(action, Transfer):
            waiting[action.sku, action.from_site, ""] += action.quantity
    old = earmarked(before)
    for bucket, units in sorted(earmarked(after).items()):
        if units > old.get(bucket, 0) + waiting[bucket]:
            yield Finding("loser_without_winner", " ".join(bucket).strip(), f"{units} units stay earmarked for nobody")


def transfers_booked(before: Facts, after: Facts, actions: Sequence[Action]) -> Iterator[Finding]:
    """A transfer request is granted by exactly what was sent for it, and never more than it asked."""
    answered: dict[str, int] = defaultdict(int)
    for action in actions:
        if isinstance(action, Transfer) and action.request:
            answered[action.request] += action.quantity
    now = {item.id: item for item in after.transfers}
    for item in before.transfers:
        full = item.granted + answered[item.id]
        granted = now[item.id].granted if item.id in now else item.quantity
        if full > item.quantity:
            yield Finding("overgrant", item.id, f"{full} units sent of {item.quantity} asked")
        elif granted != full:
            yield Finding("unexplained", item.id, f"{granted} granted, {full} sent")
