"""How the panel says things: dates, money, units, states and ids, the same on every page. Filters of the templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from urllib.parse import quote, urlencode

from markupsafe import Markup, escape

from domain.facts import Facts
from guardrails.policy.reasons import Of, ReasonCode

GOOD = frozenset(
    {"executed", "done", "approved", "delivered", "ok", "allow", "closed", "picked", "shipped", "in_force"}
)
BAD = frozenset({"denied", "rejected", "failed", "expired", "deny", "hold", "late", "short", "credit", "compliance"})
WAIT = frozenset(
    {"waiting", "pending", "parked", "held", "approval", "watch", "escalated", "open", "released", "scheduled"}
)
LIVE = frozenset({"running", "admitted", "executing", "ready", "proposed"})
_MOODS = (("good", GOOD), ("bad", BAD), ("wait", WAIT), ("live", LIVE))

_PATHS = {
    "order": "/orders/",
    "sku": "/skus/",
    "site": "/sites/",
    "customer": "/customers/",
    "case": "/cases/",
    "run": "/runs/",
    "conversation": "/chat/",
}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/#@-]*[A-Za-z0-9]")


def words(value: object) -> str:
    """A state, kind or role as words."""
    text = str(value.value if isinstance(value, Enum) else value)
    return text.replace("_", " ").replace("/", " or ")


def mood(value: object) -> str:
    """How a state should look: good, bad, wait, live or nothing of it."""
    text = str(value.value if isinstance(value, Enum) else value)
    return next((name for name, states in _MOODS if text in states), "")


def money(value: Decimal) -> str:
    """`1,234.50`; a true minus sign."""
    return f"{value:,.2f}".replace("-", "−")


def units(value: int) -> str:
    """`1,200`."""
    return f"{value:,}".replace("-", "−")


def signed(value: int | Decimal) -> str:
    """`+38`, `−38`, `+1,040.00`; a true minus sign."""
    text = f"{value:+,.2f}" if isinstance(value, Decimal) else f"{value:+,}"
    return text.replace("-", "−")


def day(value: date) -> str:
    """`10 Mar 2026`."""
    return f"{value.day} {value:%b %Y}"


def moment(value: datetime) -> str:
    """`2 Mar 2026, 09:05`; UTC, which the page says once."""
    return f"{value.day} {value:%b %Y, %H:%M}"


def span(seconds: float) -> str:
    """A length of time in its two largest parts: `1 d 4 h`, `12 min`."""
    minutes = max(0, int(seconds // 60))
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{days} d" if days else "", f"{hours} h" if hours else "", f"{rest} min" if rest and not days else ""]
    return " ".join(part for part in parts if part) or "under a minute"


def initials(name: str) -> str:
    """Two letters for a name."""
    return "".join(part[0] for part in name.split()[:2]).upper() or "?"


def href(kind: str, key: str) -> str:
    """The page of an entity; an id may hold any sign that ids may hold."""
    return _PATHS[kind] + quote(key, safe="")


def card_anchor(approval: str) -> str:
    """Where a card stands in the inbox."""
    return f"/approvals#card-{quote(approval, safe='')}"


def linked(text: str, facts: Facts | None) -> Markup:
    """Text with every id that these facts know as a link to its page; everything is escaped."""
    if facts is None:
        return escape(text)
    parts: list[Markup] = []
    at = 0
    for found in _ID.finditer(text):
        target = _target(found.group(), facts)
        if target is not None:
            parts += [escape(text[at : found.start()]), Markup('<a href="{}">{}</a>').format(target, found.group())]
            at = found.end()
    return Markup("").join([*parts, escape(text[at:])])


def _target(key: str, facts: Facts) -> str | None:
    for kind in ("order", "sku", "site", "customer"):
        if facts.has(kind, key):
            return href(kind, key)
    if facts.has("line", key):
        return f"{href('order', facts.line(key).order)}#line-{quote(key, safe='')}"
    return None


def ledger_of(**where: object) -> str:
    """The ledger page about a case, run, move, or entries."""
    return "/ledger?" + urlencode({name: str(value) for name, value in where.items() if value is not None})


def listed(values: object) -> str:
    """Things in a row, with commas."""
    return ", ".join(str(value) for value in values) if isinstance(values, tuple | list) else str(values)


def capitalized(text: str) -> str:
    """A sentence with its first letter large, the rest as it is."""
    return text[:1].upper() + text[1:]


def reasons_for(reasons: Iterable[ReasonCode], of: Of) -> tuple[ReasonCode, ...]:
    """Those of some reasons that may be given for something."""
    return tuple(reason for reason in reasons if of in reason.of)


FILTERS: Mapping[str, Callable[..., object]] = {
    "words": words,
    "mood": mood,
    "money": money,
    "units": units,
    "signed": signed,
    "day": day,
    "moment": moment,
    "span": span,
    "initials": initials,
    "href": href,
    "card_anchor": card_anchor,
    "linked": linked,
    "listed": listed,
    "reasons_for": reasons_for,
    "capitalized": capitalized,
}
"""Name in the templates -> function."""
