"""Who holds my stock: reservations in the ERP, line by line, beside the claims of plans that wait or run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from domain.facts import Facts
from domain.noun import Id, Noun, Text, Units
from guardrails.flows import flows
from storage import approvals, claims, moves, runs
from storage.database import Session
from storage.records import ApprovalState


class ClaimView(Noun):
    """Units of one supply (stock of `site`, or `inbound` on its way there), who holds them and until when.

    A `claim` is ours: of the move of a plan, `asked_by` whom, for these `lines`, `waiting_for` these roles (none: it
    is being carried out). A `reservation` stands in the ERP: of one line, or (`lines` empty) earmarked by `owner`.
    """

    how: Literal["claim", "reservation"]
    sku: Id
    site: Id
    inbound: Id | None = None
    units: Units
    lines: tuple[Id, ...] = ()
    customers: tuple[Id, ...] = ()
    owner: Id
    until: datetime | None = None
    case: Id | None = None
    title: Text = ""
    state: Id | None = None
    asked_by: Id | None = None
    waiting_for: tuple[Id, ...] = ()


def holders(
    session: Session, facts: Facts, now: datetime, sku: str | None = None, site: str | None = None
) -> tuple[ClaimView, ...]:
    """Everybody who holds units (of this SKU, at this site): by SKU, site and supply, claims before reservations."""
    found = (*_claims(session, facts, now), *_reservations(facts))
    mine = [view for view in found if sku in (None, view.sku) and site in (None, view.site)]
    return tuple(sorted(mine, key=lambda v: (v.sku, v.site, v.inbound or "", v.how, v.lines, v.owner)))


def _claims(session: Session, facts: Facts, now: datetime) -> Iterator[ClaimView]:
    for claim in claims.active(session, now):
        record = moves.get(session, claim.move)
        pending = approvals.listed(session, {ApprovalState.PENDING}, move=claim.move)
        gaining = [flow.line for flow in flows(record.move, facts) if flow.gained and flow.line.sku == claim.sku]
        yield ClaimView(
            how="claim",
            sku=claim.sku,
            site=claim.site,
            inbound=claim.inbound,
            units=claim.quantity,
            lines=tuple(line.id for line in gaining),
            customers=tuple(sorted({facts.order(line.order).customer for line in gaining})),
            owner=claim.move,
            until=claim.expires_at,
            case=claim.case,
            title=record.move.title,
            state=record.state.value,
            asked_by=pending[0].asked_by if pending else runs.get(session, record.run).actor,
            waiting_for=tuple(one.role for one in pending),
        )


def _reservations(facts: Facts) -> Iterator[ClaimView]:
    for item in facts.reservations:
        known = item.line is not None and facts.has("line", item.line)
        order = facts.order(facts.line(item.line).order) if known and item.line else None
        yield ClaimView(
            how="reservation",
            sku=item.sku,
            site=item.site,
            inbound=item.inbound,
            units=item.quantity,
            lines=(item.line,) if item.line else (),
            customers=(order.customer,) if order else (),
            owner=item.owner,
            until=item.expires_at,
            title=f"{item.kind.value} reservation",
        )
