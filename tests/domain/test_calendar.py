"""Working days, cutoffs and transit."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from domain.calendar import add_workdays, arrival, ship_day, workday_from
from domain.errors import BadInput
from tests.domain.world import LANES, SITES

EAST, WEST = SITES


def test_goods_ready_before_the_cutoff_leave_the_same_day_in_site_time():
    assert ship_day(EAST, datetime(2026, 3, 4, 18, 59, tzinfo=UTC), "TRUCK") == date(2026, 3, 4)
    assert ship_day(EAST, datetime(2026, 3, 4, 19, 0, tzinfo=UTC), "TRUCK") == date(2026, 3, 4)


def test_goods_ready_after_the_cutoff_leave_the_next_working_day():
    assert ship_day(EAST, datetime(2026, 3, 4, 19, 1, tzinfo=UTC), "TRUCK") == date(2026, 3, 5)
    assert ship_day(EAST, datetime(2026, 3, 6, 20, 0, tzinfo=UTC), "TRUCK") == date(2026, 3, 10)


def test_the_cutoff_moves_with_daylight_saving():
    assert ship_day(EAST, datetime(2026, 3, 11, 18, 30, tzinfo=UTC), "TRUCK") == date(2026, 3, 12)


def test_a_moment_late_in_utc_is_still_the_day_before_in_the_west():
    assert ship_day(WEST, datetime(2026, 3, 5, 3, 0, tzinfo=UTC), "RAIL") == date(2026, 3, 4)


def test_a_carrier_without_a_cutoff_collects_any_time():
    assert ship_day(EAST, datetime(2026, 3, 4, 23, 0, tzinfo=UTC), "RAIL") == date(2026, 3, 4)


def test_a_bare_date_is_in_time_for_its_cutoff():
    assert ship_day(EAST, date(2026, 3, 4), "TRUCK") == date(2026, 3, 4)
    assert ship_day(EAST, date(2026, 3, 7), "TRUCK") == date(2026, 3, 10)


def test_transit_counts_working_days_and_skips_weekend_and_holiday():
    assert arrival(EAST, LANES[0], date(2026, 3, 5)) == date(2026, 3, 10)
    assert add_workdays(WEST, date(2026, 3, 5), 4) == date(2026, 3, 11)


def test_a_site_that_never_works_is_refused():
    with pytest.raises(BadInput, match="no working day"):
        workday_from(EAST.model_copy(update={"workdays": ()}), date(2026, 3, 4))


def test_an_unknown_time_zone_and_a_moment_without_one_are_refused():
    with pytest.raises(BadInput, match="no time zone"):
        ship_day(EAST.model_copy(update={"timezone": "Mars/Olympus"}), datetime(2026, 3, 4, tzinfo=UTC), "TRUCK")
    with pytest.raises(BadInput, match="has no time zone"):
        ship_day(EAST, datetime(2026, 3, 4), "TRUCK")
