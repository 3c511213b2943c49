"""Urgency is value at stake per hour left."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.cases import Case, urgency

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def case(value: str | None, hours: float | None = None) -> Case:
    return Case(
        id="C-1",
        kind="shortage",
        title="",
        raised_by="sweep",
        opened_at=NOW,
        value_at_stake=None if value is None else Decimal(value),
        deadline=None if hours is None else NOW + timedelta(hours=hours),
    )


def test_urgency_by_hand():
    assert urgency(case("100", 4), NOW) == Decimal("25.00")
    assert urgency(case("100", 0.25), NOW) == Decimal("100.00")
    assert urgency(case("100", -50), NOW) == Decimal("100.00")
    assert urgency(case("168"), NOW) == Decimal("1.00")
    assert urgency(case(None, 4), NOW) == Decimal("0.00")


def test_a_case_written_before_groups_is_still_read():
    old = case("5").model_dump(mode="json", exclude={"deadline", "group"})
    read = Case.model_validate(old)
    assert read.deadline is None and read.group is None and read.follows is None


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(-100, 1000), st.integers(0, 500))
def test_more_at_stake_or_less_time_is_never_less_urgent(value, more, hours, later):
    now = urgency(case(str(value), hours), NOW)
    assert urgency(case(str(value + more), hours), NOW) >= now
    assert urgency(case(str(value), hours + later), NOW) <= now
