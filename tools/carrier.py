"""Propose to send a wave with another carrier of its lanes that still keeps the promised dates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from domain.actions import RebookCarrier
from domain.calendar import arrival
from domain.execution import TaskState, Wave
from domain.noun import Id, Noun
from domain.orders import OrderLine
from domain.plans import Effect, Move
from domain.sites import Lane, Site
from domain.wording import listed
from tools.context import Proposal, ToolContext, effect_on, propose


class CarrierArgs(Noun):
    """A wave, the carriers that cannot take it, and a carrier if a person named one."""

    wave: Id
    not_with: tuple[Id, ...] = ()
    carrier: Id | None = None


class _Option(Noun):
    carrier: Id
    late_lines: tuple[Id, ...]
    late_days: int
    freight: Decimal
    arrivals: tuple[tuple[Id, date], ...]


def carrier(context: ToolContext, args: CarrierArgs) -> Proposal:
    """One move that rebooks the wave with the carrier that breaks the fewest promises, then the cheapest, then by id.

    None, with the reason in `note`, when no other carrier serves every region of the wave.
    """
    facts = context.facts
    wave = facts.wave(args.wave)
    site = facts.site(wave.site)
    lines = [facts.line(key) for key in sorted({t.line for t in wave.tasks if t.state is not TaskState.HELD})]
    lines = [line for line in lines if line.open_quantity]
    refused = {wave.carrier, *args.not_with}
    named = [args.carrier] if args.carrier else sorted({lane.carrier for lane in facts.lanes if lane.origin == site.id})
    options = [
        option
        for key in named
        if key not in refused and (option := _option(context, wave, site, key, lines)) is not None
    ]
    if not options or not lines:
        return Proposal(note=f"no other carrier goes from {site.id} to every region of {wave.id}")
    best = min(options, key=lambda option: (len(option.late_lines), option.late_days, option.freight, option.carrier))
    return Proposal(moves=(_move(context, wave, best, lines),))


def _move(context: ToolContext, wave: Wave, best: _Option, lines: list[OrderLine]) -> Move:
    facts = context.facts
    arrivals = dict(best.arrivals)
    many = f"{len(best.late_lines)} lines come late: {listed(best.late_lines)}"
    late = many if best.late_lines else "every date is kept"
    stake = sum((line.open_quantity * (context.margin(line) + context.penalty(line)) for line in lines), Decimal(0))
    in_time = [line for line in lines if line.id not in best.late_lines]
    kept = sum((line.open_quantity * context.penalty(line) for line in in_time), Decimal(0))
    return propose(
        "carrier",
        f"Send {wave.id} with {best.carrier} instead of {wave.carrier}",
        f"{best.carrier} goes from {wave.site} to every region of the wave; {late}. Penalty avoided {kept:.2f} less "
        f"extra freight {best.freight:.2f} {facts.base_currency}.",
        [RebookCarrier(id="a1", wave=wave.id, site=wave.site, carrier=best.carrier)],
        effects=[_effect(context, line, arrivals[line.id], best.carrier) for line in lines],
        evidence=(wave.id, wave.site),
        value=kept - best.freight,
        value_at_stake=stake,
        cost=max(Decimal(0), best.freight),
    )


def _effect(context: ToolContext, line: OrderLine, arrives: date, key: str) -> Effect:
    promised = line.promise.current if line.promise else None
    after = max(arrives, promised) if promised else arrives
    return effect_on(context, line, 0, f"arrives on {arrives} with {key}", after)


def _option(context: ToolContext, wave: Wave, site: Site, key: str, lines: list[OrderLine]) -> _Option | None:
    """What a carrier would do with the wave; None when it does not serve all its regions. Freight is the extra cost."""
    ready = max(wave.cutoff_at, context.request.now)
    arrivals: list[tuple[str, date]] = []
    late: list[str] = []
    days, freight = 0, Decimal(0)
    for line in lines:
        region = context.order_of(line).region
        lane = _lane(context, site.id, region, key)
        if lane is None:
            return None
        now = _lane(context, site.id, region, wave.carrier)
        freight += line.open_quantity * (lane.freight - (now.freight if now else Decimal(0)))
        arrives = arrival(site, lane, ready)
        arrivals.append((line.id, arrives))
        due = line.promise.current if line.promise else line.requested
        if arrives > due:
            late.append(line.id)
            days += (arrives - due).days
    return _Option(carrier=key, late_lines=tuple(late), late_days=days, freight=freight, arrivals=tuple(arrivals))


def _lane(context: ToolContext, origin: str, region: str, key: str) -> Lane | None:
    ways = [
        lane for lane in context.facts.lanes if (lane.origin, lane.destination, lane.carrier) == (origin, region, key)
    ]
    return min(ways, key=lambda lane: (lane.transit_days, lane.freight), default=None)
