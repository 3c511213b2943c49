"""When goods leave a site and when they are there: working days, carrier cutoffs, transit."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.errors import BadInput
from domain.sites import Lane, Site

LONGEST_PAUSE = 366
"""Days without work after which a calendar is called wrong."""


def end_of(day: date) -> datetime:
    """The moment a day is over (UTC)."""
    return datetime.combine(day + timedelta(days=1), time(0), tzinfo=UTC)


def zone(site: Site) -> tzinfo:
    """The site's time zone. Raises BadInput when nobody knows it."""
    if site.timezone == "UTC":
        return UTC
    try:
        return ZoneInfo(site.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadInput(
            f"'{site.timezone}' is no time zone",
            field=f"site.{site.id}.timezone",
            fix="use an IANA name such as 'Europe/Berlin'",
        ) from None


def is_workday(site: Site, day: date) -> bool:
    """Whether the site works on `day`."""
    return day.isoweekday() in site.workdays and day not in site.holidays


def workday_from(site: Site, day: date) -> date:
    """`day` if the site works then, else its next working day. Raises BadInput when there is none within a year."""
    for ahead in range(LONGEST_PAUSE):
        found = day + timedelta(days=ahead)
        if is_workday(site, found):
            return found
    raise BadInput(
        f"no working day within a year of {day}",
        field=f"site.{site.id}.workdays",
        fix="give the site at least one working day (1 = Monday) that is not always a holiday",
    )


def add_workdays(site: Site, day: date, days: int) -> date:
    """The working day that comes `days` working days of the site after `day`."""
    for _ in range(days):
        day = workday_from(site, day + timedelta(days=1))
    return day


def ship_day(site: Site, ready: datetime | date, carrier: str) -> date:
    """The day on which goods that are ready at `ready` leave with `carrier`.

    A moment counts in site local time: after the carrier's cutoff (a moment exactly at it makes it) they leave the
    next working day. A bare date is in time for its cutoff. A carrier without a cutoff at the site collects any time.
    Raises BadInput for a moment without a time zone.
    """
    if not isinstance(ready, datetime):
        return workday_from(site, ready)
    if ready.tzinfo is None:
        raise BadInput(f"{ready} has no time zone", field="ready", fix="give the moment with its offset from UTC")
    local = ready.astimezone(zone(site))
    cutoff = next((cutoff.at for cutoff in site.cutoffs if cutoff.carrier == carrier), None)
    missed = cutoff is not None and local.time() > cutoff
    return workday_from(site, local.date() + timedelta(days=1 if missed else 0))


def arrival(site: Site, lane: Lane, ready: datetime | date) -> date:
    """The day goods arrive over `lane`: the ship day plus transit, counted in working days of the site they leave."""
    return add_workdays(site, ship_day(site, ready, lane.carrier), lane.transit_days)
