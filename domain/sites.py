"""Sites, their calendars and cutoffs, and the lanes that leave them."""

from __future__ import annotations

from datetime import date, time

from domain.noun import Id, Money, Noun, Text, Units


class Cutoff(Noun):
    """An order handed over by `at` (site local time) leaves with `carrier` the same working day."""

    carrier: Id
    at: time


class Site(Noun):
    """A warehouse. `workdays` are ISO weekdays (1 = Monday); `pick_capacity` is in units per working day."""

    id: Id
    name: Text
    region: Id
    timezone: str = "UTC"
    workdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    holidays: tuple[date, ...] = ()
    pick_capacity: Units
    cutoffs: tuple[Cutoff, ...] = ()


class Lane(Noun):
    """A way from a site to a region or another site: working days in transit, freight per unit (base currency)."""

    origin: Id
    destination: Id
    carrier: Id
    transit_days: int
    freight: Money
