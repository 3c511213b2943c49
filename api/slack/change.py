"""How a card differs from the one shown before it, as short sentences. Pure."""

from __future__ import annotations

from datetime import date

from domain.plans import Effect
from guardrails.cards import Card


def changes(before: Card, after: Card) -> tuple[str, ...]:
    """What a decider must see who knows the card before: quantities, lines, promises, money. Empty when it is none."""
    found = _quantities(before, after) if before.move == after.move else []
    found += _lines(before, after)
    for name, old, new in (
        ("Units gained", before.units, after.units),
        ("Value", before.value, after.value),
        ("At stake", before.value_at_stake, after.value_at_stake),
        ("Cost", before.cost, after.cost),
    ):
        if old != new:
            found.append(f"{name}: {old} → {new}")
    if before.role != after.role:
        found.append(f"Decided by: {before.role} → {after.role}")
    return tuple(found)


def replaces(before: Card, after: Card) -> bool:
    """Whether `after` is what became of `before` in a later revision: same case, another move, a line in common."""
    lines = {effect.line for effect in before.gains} or {effect.line for effect in before.loses}
    same = {effect.line for effect in after.gains} or {effect.line for effect in after.loses}
    return before.case == after.case and before.move != after.move and bool(lines & same)


def _quantities(before: Card, after: Card) -> list[str]:
    old = {quantity.action: quantity for quantity in before.quantities}
    return [
        f"{quantity.text.partition(':')[0]}: {old[quantity.action].units} → {quantity.units} units"
        for quantity in after.quantities
        if quantity.action in old and old[quantity.action].units != quantity.units
    ]


def _lines(before: Card, after: Card) -> list[str]:
    old, new = _by_line(before), _by_line(after)
    found = []
    for line in sorted({*old, *new}):
        was, now = old.get(line), new.get(line)
        if was is None or now is None:
            found.append(f"{line} is {'new here' if was is None else 'not touched any more'}")
            continue
        if was.units != now.units:
            found.append(f"{line}: {was.units:+d} → {now.units:+d} units")
        if was.promise_after != now.promise_after:
            found.append(f"{line}: promise {_day(was.promise_after)} → {_day(now.promise_after)}")
    return found


def _by_line(card: Card) -> dict[str, Effect]:
    return {effect.line: effect for effect in (*card.gains, *card.loses, *card.told)}


def _day(day: date | None) -> str:
    return day.isoformat() if day else "none"
