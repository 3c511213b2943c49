"""The day a question speaks of."""

from __future__ import annotations

import re
from datetime import date, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_IN_DAYS = re.compile(r"\bin (\d{1,3}) (day|week)s?\b")
_MONTH = "|".join(f"{name}|{name[:3]}" for name in MONTHS)
_DAY_MONTH = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({_MONTH})\b(?:,? (\d{{4}}))?")
_MONTH_DAY = re.compile(rf"\b({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (\d{{4}}))?")
_WEEKDAY = re.compile(rf"\b(next |this |on |by )?({'|'.join(f'{d}|{d[:3]}' for d in WEEKDAYS)})\b")


def day_in(text: str, today: date) -> date | None:
    """The first day that `text` names, None when it names none (or one that does not exist).

    ISO dates, '8 May', 'May 8, 2026', weekday names (the coming one, today included; 'next Friday' is one week after
    it), today, tomorrow, 'in 3 days'. A day and month without a year is the coming one.
    """
    words = text.casefold()
    if found := ISO.search(words):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _DAY_MONTH.search(words):
        return _coming(today, _month(found[2]), int(found[1]), found[3])
    if found := _MONTH_DAY.search(words):
        return _coming(today, _month(found[1]), int(found[2]), found[3])
    if found := _IN_DAYS.search(words):
        return today + timedelta(days=int(found[1]) * (7 if found[2] == "week" else 1))
    if "day after tomorrow" in words:
        return today + timedelta(days=2)
    if re.search(r"\btomorrow\b", words):
        return today + timedelta(days=1)
    if re.search(r"\b(today|tonight)\b", words):
        return today
    if found := _WEEKDAY.search(words):
        ahead = ([day[:3] for day in WEEKDAYS].index(found[2][:3]) - today.weekday()) % 7
        return today + timedelta(days=ahead + (7 if found[1] == "next " else 0))
    return None


def _month(name: str) -> int:
    return [month[:3] for month in MONTHS].index(name[:3]) + 1


def _coming(today: date, month: int, day: int, year: str | None) -> date | None:
    if year:
        return _day(int(year), month, day)
    this = _day(today.year, month, day)
    return this if this is None or this >= today else _day(today.year + 1, month, day)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
