"""The day a question speaks of, and where in the text it does."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
"""Numbers that people write as words where days are counted."""
ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_COUNT = rf"(\d{{1,3}}|an?|{'|'.join(SMALL[1:])})"
_IN_DAYS = re.compile(
    rf"\b(?:in|within|after) {_COUNT} (day|week|fortnight)s?\b|\b{_COUNT} (day|week)s? from (?:now|today)\b"
)
_MONTH = "|".join(f"{name}|{name[:3]}" for name in MONTHS) + "|sept"
_DAY_MONTH = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({_MONTH})\b\.?(?:,? (\d{{4}}))?")
_MONTH_DAY = re.compile(rf"\b({_MONTH})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (\d{{4}}))?")
_AFTER_TOMORROW = re.compile(r"\bday after (?:tomorrow|tmrw|tmr|tomorow|tommorow)\b")
_TOMORROW = re.compile(r"\b(?:tomorrow|tmrw|tmr|tomorow|tommorow|tomorrw|2morrow)\b")
_TODAY = re.compile(r"\b(?:today|tonight|eod|end of (?:the )?day|this (?:morning|afternoon|evening))\b")
_SHORT = ("mon", "tues?", "weds?", "thu(?:rs?)?", "fri", "sat", "sun")
_NAMES = "|".join(f"{name}|{short}" for name, short in zip(WEEKDAYS, _SHORT, strict=True))
_WEEKDAY = re.compile(rf"\b(next |this |on |by |before |until |for |till )?(?:the )?({_NAMES})\b")
_AMBIGUOUS = frozenset({"sat", "sun"})
"""Short names that are words of their own: days only after `by` and its like."""
_WEEKEND = re.compile(r"\b(?:eow|end of (?:the |this )?week)\b")
_NEXT_WEEK = re.compile(r"\bnext week\b")
_LEAD = re.compile(r"\b(?:by|on|before|until|till|for|from)\s+((?:the\s+)?[\w/.,-]+(?:\s+[\w/.,-]+){0,3})")
_LOOKS_LIKE = re.compile(r"\d{1,2}(?:st|nd|rd|th)\b|\d{1,2}[/.]\d{1,2}|\b(?:month|year)\b")

Found = tuple[int, int, date | None]
"""From, to (character places) and the day; None when no such day exists."""


def day_in(text: str, today: date) -> date | None:
    """The first day that `text` names, None when it names none (or one that does not exist).

    ISO dates, '8 May', 'May 8, 2026', weekday names (the coming one, today included; 'next Friday' is one week after
    it), today, tomorrow, 'in 3 days', 'end of the week' (its Friday). A day and month without a year is the coming one.
    """
    found = day_found(text, today)
    return found[2] if found else None


def day_found(text: str, today: date) -> Found | None:
    """Like `day_in`, with the place in the text (of the same length when lowered)."""
    words = text.lower()
    return _dated(words, today) or _counted(words, today) or _named(words, today) or _otherwise(words, today)


def _dated(words: str, today: date) -> Found | None:
    if found := ISO.search(words):
        return (*found.span(), _day(int(found[1]), int(found[2]), int(found[3])))
    if found := _DAY_MONTH.search(words):
        return (*found.span(), _coming(today, _month(found[2]), int(found[1]), found[3]))
    if found := _MONTH_DAY.search(words):
        return (*found.span(), _coming(today, _month(found[1]), int(found[2]), found[3]))
    return None


def _counted(words: str, today: date) -> Found | None:
    if not (found := _IN_DAYS.search(words)):
        return None
    count, unit = (found[1], found[2]) if found[1] else (found[3], found[4])
    many = int(count) if count.isdigit() else 1 if count in ("a", "an") else SMALL.index(count)
    return (*found.span(), today + timedelta(days=many * {"day": 1, "week": 7, "fortnight": 14}[unit]))


def _named(words: str, today: date) -> Found | None:
    for pattern, days in ((_AFTER_TOMORROW, 2), (_TOMORROW, 1), (_TODAY, 0)):
        if found := pattern.search(words):
            return (*found.span(), today + timedelta(days=days))
    if found := _WEEKEND.search(words):
        return (*found.span(), today + timedelta(days=(4 - today.weekday()) % 7))
    if found := _NEXT_WEEK.search(words):
        return (*found.span(), today + timedelta(days=7 - today.weekday()))
    for found in _WEEKDAY.finditer(words):
        if found[2] in _AMBIGUOUS and not found[1]:
            continue
        ahead = ([day[:3] for day in WEEKDAYS].index(found[2][:3]) - today.weekday()) % 7
        return (*found.span(), today + timedelta(days=ahead + (7 if found[1] == "next " else 0)))
    return None


def _otherwise(words: str, today: date) -> Found | None:
    """What `dateparser` reads after 'by', 'on' and their like, where it looks like a day: 'by the 14th', 'by 3/27'."""
    for found in _LEAD.finditer(words):
        if not _LOOKS_LIKE.search(found[1]):
            continue
        parts = found[1].split()
        for size in range(len(parts), 0, -1):
            piece = " ".join(parts[:size])
            if _LOOKS_LIKE.search(piece) and (day := _read(piece.strip(",."), today)):
                start = found.start(1)
                return (start, start + len(piece), day)
    return None


def _read(piece: str, today: date) -> date | None:
    """The day as dateparser reads it: English, months first, the coming one, nothing taken from clock or machine."""
    import dateparser

    settings = {
        "RELATIVE_BASE": datetime(today.year, today.month, today.day),  # noqa: DTZ001 - a day has no zone
        "PREFER_DATES_FROM": "future", "DATE_ORDER": "MDY", "TIMEZONE": "UTC", "RETURN_AS_TIMEZONE_AWARE": False,
    }  # fmt: skip
    found: datetime | None = dateparser.parse(piece, languages=["en"], settings=settings)
    return found.date() if found else None


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
