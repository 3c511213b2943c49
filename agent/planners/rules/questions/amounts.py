"""Quantities in a question: digits, words, dozens, and the unit of measure behind the first of them."""

from __future__ import annotations

import re
from typing import NamedTuple

from domain.facts import Facts

_DOZEN = re.compile(r"\b(?:(half a)|(an?|one)|(two|three|four|five|six|\d{1,3}))\s+dozens?\b|\b(dozen)\b")
_WORDS = ("one", "two", "three", "four", "five", "six")
_NUMBER = re.compile(
    r"(?<![\w.,-])\d{1,3}(?:,\d{3})+(?![\w])|(?<![\w.-])\d{1,9}(?=(?:pcs?|ea|x|units?|cs)?\b)(?![-/:.]\d)"
)
_MEASURE = re.compile(r"^\s*(cases?|cartons?|cs|packs?|boxes|box|bx|pallets?|plt|pal)\b")
_CODES = {
    "case": ("CS",), "carton": ("CS", "CT"), "cs": ("CS",), "pack": ("PK",), "boxe": ("BX", "CS"), "box": ("BX", "CS"),
    "bx": ("BX",), "pallet": ("PL", "PAL"), "plt": ("PL", "PAL"), "pal": ("PL", "PAL"),
}  # fmt: skip


class Amounts(NamedTuple):
    """Numbers in order, where they stand, and what the first is counted in ("" for pieces)."""

    numbers: tuple[int, ...]
    places: tuple[tuple[int, int], ...]
    measure: str


def amounts(rest: str) -> Amounts:
    """The numbers in what nobody has linked yet (of a lowered text)."""
    found: list[tuple[int, int, int]] = []
    blank = rest
    for match in _DOZEN.finditer(rest):
        dozens = match[3] and (int(match[3]) if match[3].isdigit() else _WORDS.index(match[3]) + 1)
        found.append((*match.span(), 6 if match[1] else 12 * (dozens or 1)))
        blank = blank[: match.start()] + "\x00" * len(match[0]) + blank[match.end() :]
    for match in _NUMBER.finditer(blank):
        found.append((*match.span(), int(match[0].replace(",", ""))))
        blank = blank[: match.start()] + "\x00" * len(match[0]) + blank[match.end() :]
    found += _in_words(blank)
    found.sort()
    measure = _MEASURE.match(rest[found[0][1] :].replace("\x00", " ")) if found else None
    return Amounts(
        tuple(number for _, _, number in found),
        tuple((start, end) for start, end, _ in found),
        measure[1] if measure else "",
    )


_NUMERALS = re.compile(
    r"\b(?:(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    r"|eighteen|nineteen|twenty|thirty|forty|fourty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|and|a)[\s-]+)*"
    r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen"
    r"|nineteen|twenty|thirty|forty|fourty|fifty|sixty|seventy|eighty|ninety|hundred|thousand)\b"
)


def _in_words(rest: str) -> list[tuple[int, int, int]]:
    """'sixty', 'twenty five', 'a hundred and ten', as text2num reads them."""
    if not (matches := list(_NUMERALS.finditer(rest))):
        return []
    from text_to_num import text2num

    found = []
    for match in matches:
        words = re.sub(r"\ba (?=hundred|thousand)", "one ", match[0].replace("-", " ").replace("fourty", "forty"))
        words = re.sub(r"^(?:(?:and|a)\s+)+", "", words)
        try:
            found.append((match.end() - len(match[0]), match.end(), int(text2num(words, "en"))))
        except ValueError:
            continue
    return found


def in_units(facts: Facts, sku: str, number: int, measure: str) -> int | None:
    """A number of cases, boxes or pallets of a SKU in its units; None when it is not counted so."""
    if not measure:
        return number
    item = facts.sku(sku)
    codes = _CODES[measure if measure in _CODES else measure.rstrip("s")]
    factor = next((unit.factor for unit in item.units_of_measure if unit.code.upper() in codes), None)
    if factor is None and measure.startswith("pack"):
        factor = item.pack
    return None if factor is None else number * int(factor)
