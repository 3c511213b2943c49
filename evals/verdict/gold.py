"""Carry gold out on an end state, by the meaning of each deed alone. Shares nothing with what carries moves out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evals.verdict.deeds import (
    Bought,
    CreditAsked,
    Deed,
    Escalated,
    Held,
    Ordered,
    Promised,
    Rebooked,
    Release,
    Sent,
    Swapped,
    Take,
    Told,
)
from evals.verdict.ends import End, Line, companion


class ImpossibleGold(ValueError):
    """Gold that cannot be true: it takes what is not there, or names what nobody knows."""


def carry_out(end: End, deeds: Sequence[Deed]) -> End:
    """The end after the deeds, in their order; `end` itself is changed. ImpossibleGold when one cannot be done."""
    for deed in deeds:
        try:
            _DEEDS[deed.do](end, deed)
        except KeyError as unknown:
            raise ImpossibleGold(f"{deed.do}: nobody knows {unknown}") from None
    return end


def _release(end: End, deed: Release) -> None:
    key = (deed.line, end.lines[deed.line].sku, deed.source)
    if end.held[key] < deed.units:
        raise ImpossibleGold(f"{deed.line} holds {end.held[key]} of {deed.source}, not {deed.units}")
    end.held[key] -= deed.units


def _reserve(end: End, deed: Take) -> None:
    line = end.lines[deed.line]
    there = end.inbound[deed.source][0] if deed.source in end.inbound else end.stock[line.sku, deed.source]
    _hold(end, deed.line, line, deed.source, deed.units, there)


def _hold(end: End, key: str, line: Line, source: str, units: int, there: int) -> None:
    taken = sum(n for (_, sku, place), n in end.held.items() if (sku, place) == (line.sku, source))
    if taken + end.idle[line.sku, source] + units > there:
        raise ImpossibleGold(f"{units} more of {source} for {key}: {taken} of {there} are taken")
    mine = sum(n for (name, _, _), n in end.held.items() if name == key)
    if mine + units > line.units:
        raise ImpossibleGold(f"{key} would hold {mine + units} of {line.units}")
    end.held[key, line.sku, source] += units


def _promise(end: End, deed: Promised) -> None:
    end.lines[deed.line].promise = deed.day


def _tell(end: End, deed: Told) -> None:
    if not any(key.startswith(f"{deed.order}-") for key in end.lines):
        raise KeyError(deed.order)
    end.told.add(deed.order)


def _escalate(end: End, deed: Escalated) -> None:
    end.escalated.add(deed.role)


def _buy(end: End, deed: Bought) -> None:
    end.bought[deed.sku, deed.site, deed.by.isoformat()] += deed.units


def _transfer(end: End, deed: Sent) -> None:
    held = sum(n for (_, sku, place), n in end.held.items() if (sku, place) == (deed.sku, deed.source))
    if end.stock[deed.sku, deed.source] - held < deed.units:
        raise ImpossibleGold(f"{deed.source} has not {deed.units} of {deed.sku} free")
    end.stock[deed.sku, deed.source] -= deed.units
    end.coming[deed.sku, deed.target] += deed.units
    if deed.request is not None:
        if deed.request not in end.granted:
            raise KeyError(deed.request)
        end.granted[deed.request] += deed.units


def _substitute(end: End, deed: Swapped) -> None:
    """One for one; the line asks for so much less, a line beside it for the other SKU."""
    line = end.lines[deed.line]
    if line.units < deed.units:
        raise ImpossibleGold(f"{deed.line} asks for {line.units}, not {deed.units}")
    line.units -= deed.units
    key = companion(deed.line.rpartition("-")[0], deed.alternative)
    beside = end.lines.setdefault(key, Line(deed.alternative, 0, line.promise))
    beside.units += deed.units
    _hold(end, key, beside, deed.source, deed.units, end.stock[deed.alternative, deed.source])


def _hold_picks(end: End, deed: Held) -> None:
    wave = end.waves[deed.wave]
    mine = [pick for pick in wave.order if wave.lines[pick] == deed.line]
    if not mine:
        raise ImpossibleGold(f"{deed.wave} has no open pick of {deed.line}")
    wave.order = [pick for pick in wave.order if pick not in mine]
    wave.waiting |= set(mine)


def _pick_in_order(end: End, deed: Ordered) -> None:
    wave = end.waves[deed.wave]
    if sorted(wave.order) != sorted(deed.picks):
        raise ImpossibleGold(f"{deed.wave} has other open picks: {', '.join(wave.order)}")
    wave.order = list(deed.picks)


def _rebook(end: End, deed: Rebooked) -> None:
    end.waves[deed.wave].carrier = deed.carrier


def _ask_credit(end: End, deed: CreditAsked) -> None:
    end.credit.add((deed.order, format(deed.amount, "f")))


_DEEDS: Mapping[str, Callable[[End, Any], None]] = {
    "release": _release,
    "reserve": _reserve,
    "promise": _promise,
    "tell": _tell,
    "escalate": _escalate,
    "buy": _buy,
    "transfer": _transfer,
    "substitute": _substitute,
    "hold picks": _hold_picks,
    "pick in order": _pick_in_order,
    "rebook": _rebook,
    "ask credit": _ask_credit,
}
"""What each deed does."""
