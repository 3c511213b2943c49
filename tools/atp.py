"""Available-to-promise of a SKU by site and date, looking ahead so that no later commitment is robbed."""

from __future__ import annotations

from datetime import date

from domain.atp import AtpBucket, available, promisable_on
from domain.noun import Id, Noun, Units
from tools.context import ToolContext


class AtpArgs(Noun):
    """One SKU, at one site or at all of them."""

    sku: Id
    site: Id | None = None


class SiteAtp(Noun):
    """ATP of one site by date, today first; `oversold` is how far commitments exceed receipts at worst."""

    site: Id
    now: Units
    later: Units
    oversold: Units
    buckets: tuple[AtpBucket, ...]


class AtpReport(Noun):
    """Sites by id. `now`: units that can be promised today; `later`: on the last date that anything is known of."""

    sku: Id
    sites: tuple[SiteAtp, ...]
    now: Units
    later: Units
    until: date


def atp(context: ToolContext, args: AtpArgs) -> AtpReport:
    """Cumulative ATP with look-ahead, net of claims of other cases. UnknownReference when SKU or site is unknown."""
    facts = context.facts
    facts.sku(args.sku)
    names = [facts.site(args.site).id] if args.site is not None else sorted(site.id for site in facts.sites)
    rows = []
    for name in names:
        buckets = available(facts, args.sku, name, context.request.case)
        rows.append(
            SiteAtp(
                site=name,
                now=promisable_on(buckets, facts.today),
                later=promisable_on(buckets, buckets[-1].day),
                oversold=max(0, *(-bucket.projected for bucket in buckets)),
                buckets=buckets,
            )
        )
    return AtpReport(
        sku=args.sku,
        sites=tuple(rows),
        now=sum(row.now for row in rows),
        later=sum(row.later for row in rows),
        until=max((row.buckets[-1].day for row in rows), default=facts.today),
    )
