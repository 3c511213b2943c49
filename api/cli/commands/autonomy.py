"""`autonomy` and `claims`: how far the copilot goes by itself, what shows that it may, and who holds the stock."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import get_args

from api.cli import exits
from api.cli.commands.policy_versions import card
from api.cli.session import Session, parse_now
from api.cli.view import View, view
from domain.errors import BadInput
from guardrails.policy.autonomy import Level
from insights.agreement import Agreement, Part, Scope, Tally

_COLUMNS = (
    "what | cases | moves | same | units agreed | moves agreed | money agreed | plan worth | people worth | errors | "
    "money of errors"
)


def report(session: Session, *, since: str | None, until: str | None, scope: Mapping[str, str | None]) -> int:
    """`autonomy report`: JSON has every number of the report as one object."""
    begin, end = parse_now(since, "--since"), parse_now(until, "--until")
    with session.application(create=False) as application:
        found = application.pilot.report(begin, end, Scope(**scope))
    session.output.show("agreement", [_total(found), *_parts(found), _errors(found)])
    return exits.OK


def _total(found: Agreement) -> View:
    begin = f"from {found.since:%Y-%m-%d %H:%M}Z" if found.since else "from the beginning"
    end = f"to {found.until:%Y-%m-%d %H:%M}Z" if found.until else "to now"
    narrowed = [f"{name.replace('_', ' ')} {value}" for name, value in found.scope if value is not None]
    title = f"Plans beside what people did, {begin} {end}" + (f", only {', '.join(narrowed)}" if narrowed else "")
    notes = [
        f"Money in {found.currency}. An empty rate: there was nothing to compare.",
        f"{found.waiting} plans wait to be compared; {found.left_out} moves that a rule would have stopped are not.",
        f"Report {found.digest}.",
    ]
    return view("agreement", title, _COLUMNS, [_row("everything", found.total)], notes, data=found)


def _parts(found: Agreement) -> Iterable[View]:
    for name, title, parts in (
        ("kinds", "By kind of exception", found.by_kind),
        ("sku_classes", "By SKU class", found.by_sku_class),
        ("sites", "By site", found.by_site),
        ("segments", "By segment", found.by_segment),
    ):
        yield view(name, title, _COLUMNS, [_row(part.label, part.tally) for part in parts], data=_data(parts))


def _data(parts: tuple[Part, ...]) -> list[Part]:
    return list(parts)


def _errors(found: Agreement) -> View:
    rows = [(move.move, move.units, move.money, "; ".join(move.errors)) for move in found.wrong]
    return view("errors", "Moves that would have been errors", "move | units | money | as later facts show", rows)


def _row(label: str, tally: Tally) -> tuple[object, ...]:
    rates = (tally.unit_agreement, tally.move_agreement, tally.money_agreement)
    return (
        label,
        tally.cases,
        tally.moves,
        tally.same,
        *(_percent(rate) for rate in rates),
        tally.plan_value,
        tally.people_value,
        tally.errors,
        tally.error_money,
    )


def _percent(rate: Decimal | None) -> str | None:
    return None if rate is None else f"{rate * 100:.1f} %"


def claims(session: Session, *, sku: str | None, site: str | None) -> int:
    """`claims`: claims of our plans before the reservations of the ERP."""
    with session.application(create=False) as application:
        found = application.pilot.claims(sku, site)
    rows = [
        (
            one.sku,
            one.site,
            one.inbound,
            one.units,
            one.how,
            one.owner,
            ", ".join(one.lines),
            ", ".join(one.customers),
            f"{one.until:%Y-%m-%d %H:%M}" if one.until else None,
            ", ".join(one.waiting_for),
        )
        for one in found
    ]
    columns = "SKU | site | inbound | units | how | by | lines | customers | until | waits for"
    session.output.show("claims", [view("claims", "Who holds the stock", columns, rows, data=list(found))])
    return exits.OK


def levels(session: Session) -> int:
    """`autonomy levels`: what policy says, and what is in force."""
    with session.application(create=False) as application:
        found, read_only = application.pilot.levels(), application.pilot.read_only
    rows = [
        (
            ", ".join(one.case_kinds) or "any",
            ", ".join(one.sku_classes) or "any",
            ", ".join(one.sites) or "any",
            ", ".join(one.segments) or "any",
            one.policy_level,
            one.level,
            ", ".join(one.demotions),
        )
        for one in found
    ]
    columns = "kind | SKU class | site | segment | policy says | in force | lowered by"
    session.output.show("levels", [view("levels", "Autonomy", columns, rows, [read_only] if read_only else [])])
    return exits.OK


def demotions(session: Session, *, everything: bool) -> int:
    """`autonomy demotions`."""
    with session.application(create=False) as application:
        found = application.pilot.demotions(everything=everything)
    rows = [
        (
            one.id,
            one.cause,
            one.level,
            "; ".join(", ".join(part) for part in (one.case_kinds, one.sku_classes, one.sites, one.segments) if part)
            or "everywhere",
            f"{one.since:%Y-%m-%d %H:%M}Z",
            one.asked_to_lift,
            f"{one.ended_at:%Y-%m-%d %H:%M}Z" if one.ended_at else None,
            one.why,
        )
        for one in found
    ]
    columns = "id | cause | level | where | since | lift asked by | lifted | why"
    session.output.show("demotions", [view("demotions", "Demotions", columns, rows, data=list(found))])
    return exits.OK


def lift(session: Session, *, demotion: str, why: str) -> int:
    """`autonomy lift D-1`: the first of two people asks, the second lifts."""
    user = session.user(session.settings())
    with session.application(create=False) as application:
        found = application.pilot.lift_demotion(demotion, user, why)
    text = "is lifted" if found.state == "lifted" else "is lifted when a second person lifts it too"
    session.output.show("lift", [view("lift", f"{demotion} {text}", data=found)])
    return exits.OK


def promote(
    session: Session, *, scope: Mapping[str, str | None], to: str, why: str, since: str | None, until: str | None
) -> int:
    """`autonomy promote`: proposes a policy version; its owners decide."""
    begin, end = parse_now(since, "--since"), parse_now(until, "--until")
    level: Level | None = next((name for name in get_args(Level) if name == to), None)
    if level is None:
        raise BadInput(f"there is no level '{to[:40]}'", field="--to", fix=f"use one of {', '.join(get_args(Level))}")
    user = session.user(session.settings())
    with session.application(create=False) as application:
        change = application.pilot.promote(level, user, why, Scope(**scope), begin, end)
        session.output.show("proposal", [card(application.policies, change)])
    return exits.OK


def pilot(session: Session, *, top: int, by: str, sites: str, propose: bool, why: str) -> int:
    """`autonomy pilot`: prints the document, or proposes it."""
    at = tuple(part.strip() for part in sites.split(",") if part.strip())
    with session.application(create=False) as application:
        if not propose:
            print(application.pilot.pilot_text(top, by, at), file=sys.stdout, end="")
            return exits.OK
        change = application.pilot.propose_pilot(session.user(session.settings()), why, top, by, at)
        session.output.show("proposal", [card(application.policies, change)])
    return exits.OK
