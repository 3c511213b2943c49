"""When goods of a bucket can be where they are wanted: the judge's own calendar arithmetic."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.facts import Facts
from domain.sites import Lane, Site
from evals.accounting.books import Bucket


def works(site: Site, day: date) -> bool:
    """Whether the site works on a day."""
    return day.isoweekday() in site.workdays and day not in site.holidays


def leaves(site: Site, lane: Lane, ready: date, now: datetime) -> date:
    """The day goods that are ready on `ready` leave: the first working day from then, today only before the cutoff.

    A carrier without a cutoff at the site is taken to collect at any time.
    """
    local = now.astimezone(ZoneInfo(site.timezone))
    day = max(ready, local.date())
    cutoff = next((cutoff.at for cutoff in site.cutoffs if cutoff.carrier == lane.carrier), None)
    if day == local.date() and cutoff is not None and local.time() > cutoff:
        day += timedelta(days=1)
    while not works(site, day):
        day += timedelta(days=1)
    return day


def arrives(site: Site, lane: Lane, ready: date, now: datetime) -> date:
    """Leaving day plus the lane's transit, counted in working days of the origin."""
    day, left = leaves(site, lane, ready, now), lane.transit_days
    while left:
        day += timedelta(days=1)
        left -= works(site, day)
    return day


def ready_on(facts: Facts, bucket: Bucket) -> date:
    """Stock is ready today, inbound supply on its ETA (today when that is past)."""
    _, _, inbound = bucket
    return max(facts.today, facts.inbound_supply(inbound).eta) if inbound else facts.today


def known(facts: Facts, bucket: Bucket) -> bool:
    """Whether the bucket's site and inbound supply are in these facts."""
    return facts.has("site", bucket[1]) and (not bucket[2] or facts.has("inbound", bucket[2]))


def best_lane(facts: Facts, region: str, bucket: Bucket) -> tuple[Lane, date] | None:
    """The lane from the bucket's site to a region that is there first (then cheapest), and when; None without one."""
    if not known(facts, bucket):
        return None
    site = facts.site(bucket[1])
    ready = ready_on(facts, bucket)
    options = [
        (arrives(site, lane, ready, facts.taken_at), lane.freight, lane.carrier, lane)
        for lane in facts.lanes
        if lane.origin == site.id and lane.destination == region
    ]
    if not options:
        return None
    when, _, _, lane = min(options, key=lambda option: option[:3])
    return lane, when


def earliest(facts: Facts, region: str, bucket: Bucket) -> date | None:
    """A day before which goods of the bucket cannot be in the region, on the most generous reading of the calendar:
    transit in calendar days, no cutoff. None without a lane."""
    if not known(facts, bucket):
        return None
    ready = ready_on(facts, bucket)
    transits = [lane.transit_days for lane in facts.lanes if lane.origin == bucket[1] and lane.destination == region]
    return ready + timedelta(days=min(transits)) if transits else None
