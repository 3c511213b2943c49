"""Every number that was said must stand in a record, or follow from records by counting, adding or subtracting dates.

Records are JSON: facts, plans, tool results, ledger. Their free text is left out (it is what is being judged), so a
number that only words repeat is found out.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

WORDS = frozenset(
    """about answer body_text columns detail message name note notes notice prompt question reason rows said say
    subject suggestions summary text texts title untouched warning why""".split()
)
"""Fields that hold sentences of the program, or of people: no record of a number."""
MINOR = frozenset({"value", "bound", "own_value", "price", "minor", "total_minor", "break_cost"})
"""Fields of the engine that hold cents as whole numbers."""
SHARES = frozenset({"reliability", "penalty_share", "otif_target", "fill_floor", "margin_share"})
"""Fields that are said as per cent."""

PLACES = frozenset({"seq", "sequence", "position", "revision", "head", "count", "lease", "attempt"})
"""Fields that number things: places in an order, not quantities of anything."""
COUNTED = frozenset({"state", "kind", "constraint", "line", "order", "customer", "sku", "site"})
"""Fields by which things are counted: how many moves are in a state, how many lines are short."""
ADDED = frozenset({"quantity", "units", "short", "value", "open_units", "uncovered", "cost", "free", "held"})
"""Fields of which sums are said."""

_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_TIME = re.compile(r"\b\d{1,2}:\d{2}\b")
_AMOUNT = re.compile(r"^(-?\d+(?:\.\d+)?) [A-Za-z%]+$")
"""A quantity with its unit, as policy writes the facts that it compared."""
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w]|\.\d)")


class Records:
    """What the records hold: numbers, days, times of day, and ids (which may have digits in them)."""

    def __init__(self, values: Iterable[Any], known: Iterable[int] = ()) -> None:
        """`known` are numbers that the scenario itself gives."""
        self.numbers: set[Decimal] = {Decimal(number).normalize() for number in known}
        self.days: set[str] = set()
        self.times: set[str] = set()
        self.ids: set[str] = set()
        for value in values:
            self._walk(value, "")

    def _walk(self, value: Any, key: str) -> None:
        if key in WORDS or key in PLACES:
            return
        if isinstance(value, dict):
            days = [day for name, item in value.items() if name not in WORDS and (day := _day(item)) is not None]
            self.numbers |= {Decimal(abs((one - other).days)) for one in days for other in days}
            for name, item in value.items():
                self._walk(item, name)
            self._placed(value)
        elif isinstance(value, list):
            self._list(value)
            for item in value:
                self._walk(item, key)
        elif isinstance(value, str):
            self._string(value, key)
        elif isinstance(value, int | Decimal) and not isinstance(value, bool):
            self._number(Decimal(value), key)

    def _placed(self, plan: dict[str, Any]) -> None:
        """Units that all moves of a plan together reserve or send."""
        moves = plan.get("moves")
        if isinstance(moves, list) and all(isinstance(move, dict) and "actions" in move for move in moves):
            actions = [action for move in moves for action in move["actions"]]
            self.numbers.add(Decimal(sum(a["quantity"] for a in actions if a["kind"] in ("reserve", "transfer"))))

    def _list(self, items: list[Any]) -> None:
        """How many there are, how many of them are alike in a field, and what their numbers add up to."""
        rows = [item for item in items if isinstance(item, dict)]
        self.numbers.add(Decimal(len(items)))
        for name in COUNTED & {name for row in rows for name in row}:
            found = Counter(str(row[name]) for row in rows if name in row)
            self.numbers |= {Decimal(len(found)), *map(Decimal, found.values())}
        for name in ADDED & {name for row in rows for name in row}:
            self._number(sum((_decimal(row.get(name)) or Decimal(0) for row in rows), Decimal(0)), name)

    def _string(self, value: str, key: str) -> None:
        if value[:1] in ("{", "["):
            try:
                self._walk(json.loads(value, parse_float=Decimal), key)
            except ValueError:
                return
        elif (number := _decimal(value)) is not None:
            self._number(number, key)
        elif _day(value) is not None:
            self.days.add(value[:10])
            if len(value) > 10:
                self.times.add(value[11:16])
        elif amount := _AMOUNT.match(value):
            self._number(Decimal(amount[1]), key)
        elif not re.search(r"\s", value) and re.search(r"\d", value):
            self.ids.add(value)

    def _number(self, number: Decimal, key: str) -> None:
        self.numbers.add(number.normalize())
        if key in MINOR:
            self.numbers.add((number / 100).normalize())
        if key in SHARES:
            self.numbers.add((number * 100).normalize())

    def unfounded(self, text: str) -> tuple[str, ...]:
        """Every date, time and number of `text` that no record holds, in the order of the text."""
        left, wrong = self._without_ids(text), []
        for pattern, known in ((_DATE, self.days), (_TIME, self.times)):
            wrong += [found for found in pattern.findall(left) if found not in known]
            left = pattern.sub(" ", left)
        for found in _NUMBER.findall(left):
            number = Decimal(found).normalize()
            if number not in self.numbers and abs(number) not in self.numbers:
                wrong.append(found)
        return tuple(wrong)

    def _without_ids(self, text: str) -> str:
        """The text with every known id that stands alone in it taken out, longest first."""
        for key in sorted(self.ids, key=lambda item: (-len(item), item)):
            if key in text:
                text = re.sub(rf"(?<![\w-]){re.escape(key)}(?![\w-])", " ", text)
        return text


def numbers_in(text: str, records: Records) -> Iterator[str]:
    """Every number, date and time that `text` says outside of ids."""
    left = records._without_ids(text)
    for pattern in (_DATE, _TIME, _NUMBER):
        yield from pattern.findall(left)
        left = pattern.sub(" ", left)


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _day(value: Any) -> date | None:
    if not isinstance(value, str) or len(value) < 10 or value[4:5] != "-":
        return None
    try:
        return datetime.fromisoformat(value).date()
    except ValueError:
        return None
