"""How lists and counts are put into sentences: short whatever the number, so that no text outgrows a card."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str], most: int = 5) -> str:
    """`a, b and 3 more`."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def counted(number: int, thing: str) -> str:
    """`1 move`, `2 moves`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
