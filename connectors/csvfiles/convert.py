"""From a cell to a value: numbers, dates, ids, yes and no. A cell that cannot be read raises Unusable with the fix."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any

from connectors.csvfiles.mapping import FieldMap
from domain.noun import CENT

WHOLE = re.compile(r"[+-]?[0-9]{1,15}(?:\.0+)?")
NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,12})?")
YES = frozenset({"1", "true", "yes", "y", "t"})
NO = frozenset({"0", "false", "no", "n", "f"})


class Unusable(Exception):
    """A cell says something that its field cannot hold."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.fix = fix


def number(text: str) -> Decimal:
    """A plain decimal number; no thousands separators, no exponent."""
    if not NUMBER.fullmatch(text):
        raise Unusable("not a number", "write it like 1234.56, without thousands separators or units")
    return Decimal(text)


def whole(text: str) -> int:
    """A whole number of units, never negative."""
    if not WHOLE.fullmatch(text):
        raise Unusable("not a whole number", "write a quantity in whole units, like 120")
    value = int(Decimal(text))
    if value < 0:
        raise Unusable("negative", "a quantity is 0 or more; book returns in their own system")
    return value


def day(text: str, form: str | None) -> date:
    """A date by its format (strptime), or ISO 8601 when none is given."""
    return moment(text, form).date()


def moment(text: str, form: str | None) -> datetime:
    """A moment by its format, or ISO 8601; UTC when it names no zone."""
    try:
        found = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, re.error):
        how = f"`{form}`" if form else "ISO 8601 (2026-03-31)"
        raise Unusable(f"not a date as {how}", "correct the date, or set `format:` of this field") from None


def yes(text: str) -> bool:
    """Yes or no in the usual spellings."""
    if text.lower() in YES | NO:
        return text.lower() in YES
    raise Unusable("neither yes nor no", "write yes or no (true/false, 1/0)")


def slug(text: str) -> str:
    """Letters, digits and dashes; accents dropped."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")


def clock_time(text: str) -> time:
    """A time of day, ISO."""
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise Unusable("not a time", "write it like 17:30") from None


def scaled(value: Decimal, spec: FieldMap, discount: Decimal) -> Decimal:
    """`value` x `times` x (1 - discount), half-even to cents when either applies."""
    if spec.times is None and not discount:
        return value
    if not 0 <= discount <= 1:
        raise Unusable("a discount outside 0 to 1", "write the discount as a share, like 0.15")
    with localcontext() as context:
        context.prec = 50
        exact = value * (1 if spec.times is None else spec.times) * (1 - discount)
        return exact.quantize(CENT, rounding=ROUND_HALF_EVEN)


CONVERT: dict[str, Any] = {
    "whole": lambda text, spec: whole(text),
    "number": lambda text, spec: number(text),
    "day": lambda text, spec: day(text, spec.format),
    "moment": lambda text, spec: moment(text, spec.format),
    "yes": lambda text, spec: yes(text),
    "time": lambda text, spec: clock_time(text),
    "text": lambda text, spec: text,
    "id": lambda text, spec: spec.prefix + (slug(text) if spec.slug else text),
    "list": lambda text, spec: tuple(spec.prefix + part.strip() for part in text.split("|") if part.strip()),
}
"""How each kind of field is read."""
