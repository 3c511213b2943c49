"""Who is who in a world: the entities that messages are filled with, and the ways in which people write them."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeVar

from domain.execution import PickTask, TaskState, WaveState
from domain.facts import Facts
from domain.noun import Noun
from domain.orders import LineState, Order, OrderLine

NounT = TypeVar("NounT", bound=Noun)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PLACE = re.compile(r"\{([a-z]+\d?)(?:\.([a-z]+))?(?:\+(\d+))?\}")


class Missing(LookupError):
    """The world has nobody for this part."""


class Part(Noun):
    """An entity in a part: its kind and id, its name, and the word of the name that is only its own."""

    kind: str
    id: str
    name: str = ""
    word: str = ""
    sku: str = ""


class Cast:
    """The parts of one world, chosen by seeded dice. Raises Missing for a part that the world cannot fill."""

    def __init__(self, facts: Facts, seed: int) -> None:
        self.facts = facts
        self.today = facts.taken_at.date()
        self._dice = random.Random(f"quartermaster/understanding/{seed}")
        self._parts: dict[str, Part] = {}
        self.few = 2
        self._goods()
        self._people()
        self._floor()
        self._spare()

    def part(self, name: str) -> Part:
        """Who plays this part."""
        if name not in self._parts:
            raise Missing(name)
        return self._parts[name]

    def fill(self, text: str) -> str:
        """The text with its parts written out."""
        return _PLACE.sub(lambda match: self._written(match[1], match[2] or "", int(match[3] or 0)), text)

    def day(self, wanted: str) -> date:
        """'+3' or a weekday (the coming one, today included)."""
        if wanted in WEEKDAYS:
            return self.today + timedelta(days=(WEEKDAYS.index(wanted) - self.today.weekday()) % 7)
        return self.today + timedelta(days=int(wanted))

    def _written(self, name: str, way: str, days: int) -> str:
        if name in ("iso", "dmy", "mdy"):
            day = self.today + timedelta(days=days)
            month = MONTHS[day.month - 1]
            return {"iso": day.isoformat(), "dmy": f"{day.day} {month}", "mdy": f"{month} {day.day}"}[name]
        if name == "few":
            return str(self.few)
        if way == "unknown":
            return self._unknown(name)
        if name == "shared":
            return self._shared()
        part = self.part(name)
        written = {
            "": part.id, "name": part.name, "short": part.name.split()[0] if part.name else "", "word": part.word,
            "typo": _typo(part.name), "bare": part.id.replace("-", "").lower(), "spaced": part.id.replace("-", " "),
            "lower": part.id.lower(), "digits": re.sub(r"\D", "", part.id), "city": part.name.split()[0].lower()
            if part.name else "", "sku": part.sku,
        }[way]  # fmt: skip
        if not written:
            raise Missing(f"{name}.{way}")
        return written

    def _unknown(self, kind: str) -> str:
        known = {"order": [o.id for o in self.facts.orders], "sku": [s.id for s in self.facts.skus]}
        known["wave"] = [wave.id for wave in self.facts.waves]
        if not known[kind]:
            raise Missing(kind)
        return re.sub(r"\d+", "98741", known[kind][0])

    def _shared(self) -> str:
        words = Counter(word for sku in self.facts.skus for word in set(_words(sku.name)))
        several = sorted(word for word, count in words.items() if count > 1)
        if not several:
            raise Missing("shared")
        return several[0]

    def _goods(self) -> None:
        held = {item.sku for item in self.facts.reservations}
        words = Counter(word for sku in self.facts.skus for word in set(_words(sku.name)))
        people = {word for customer in self.facts.customers for word in _words(customer.name)}
        wanted = [sku for sku in self.facts.skus if sku.id in held]
        for place, sku in enumerate(self._some(wanted, 3), 1):
            own = [word for word in _words(sku.name) if words[word] == 1 and word not in people]
            self._parts[f"sku{place}"] = Part(kind="sku", id=sku.id, name=sku.name, word=own[-1] if own else "")
        for place, site in enumerate(self._some(self.facts.sites, 2), 1):
            self._parts[f"site{place}"] = Part(kind="site", id=site.id, name=site.name)

    def _people(self) -> None:
        going = [order for order in self.facts.orders if _open(order)]
        for place, order in enumerate(self._some(going, 3), 1):
            self._parts[f"order{place}"] = Part(kind="order", id=order.id)
        lines = [line for order in going for line in _open(order)]
        self._put("line1", "line", [line.id for line in lines])
        customers = [item for item in self.facts.customers if item.id in {order.customer for order in going}]
        for place, customer in enumerate(self._some(customers, 2), 1):
            self._parts[f"customer{place}"] = Part(kind="customer", id=customer.id, name=customer.name)

    def _floor(self) -> None:
        waves = self.facts.waves
        running = [w.id for w in waves if w.state is WaveState.RELEASED and _has(w.tasks, TaskState.OPEN)]
        held = [w.id for w in waves if w.state is WaveState.HELD or _has(w.tasks, TaskState.HELD)]
        self._put("wave1", "wave", running)
        self._put("waveh", "wave", held)
        supplies = self.facts.inbound
        self._put("po1", "inbound", [supply.id for supply in supplies])
        self._put("poe", "inbound", [s.id for s in supplies if s.expedite is not None and s.expedite.eta < s.eta])

    def _spare(self) -> None:
        """Free units of a SKU at a site, another site, and a line of one that lacks units."""
        free = Counter({(p.sku, p.site): p.sellable for p in self.facts.positions})
        reserved = [(r.sku, r.site, r.quantity) for r in self.facts.reservations if r.inbound is None]
        claimed = [(c.sku, c.site, c.quantity) for c in self.facts.claims if c.inbound is None]
        for sku, site, quantity in (*reserved, *claimed):
            free[sku, site] -= quantity
        several = sorted(place for place, units in free.items() if units >= 4)
        if several and len(self.facts.sites) > 1:
            sku, here = self._dice.choice(several)
            there = self._dice.choice([site for site in self.facts.sites if site.id != here])
            self.few = self._dice.randint(2, min(free[sku, here], 90))
            self._parts["skuf"] = Part(kind="sku", id=sku)
            self._parts["sitef"] = Part(kind="site", id=here, name=self.facts.site(here).name)
            self._parts["siteg"] = Part(kind="site", id=there.id, name=there.name)
        single = [o for o in self.facts.orders if len(o.lines) == 1 and _open(o) and not o.holds]
        if single:
            order = self._dice.choice(single)
            self._parts["orders1"] = Part(kind="order", id=order.id, sku=order.lines[0].sku)

    def _put(self, part: str, kind: str, ids: Sequence[str]) -> None:
        if ids:
            self._parts[part] = Part(kind=kind, id=self._dice.choice(sorted(ids)))

    def _some(self, options: Sequence[NounT], count: int) -> list[NounT]:
        return self._dice.sample(list(options), min(count, len(options)))


def _open(order: Order) -> list[OrderLine]:
    done = (LineState.SHIPPED, LineState.CANCELLED)
    return [line for line in order.lines if line.open_quantity and line.state not in done]


def _has(tasks: Sequence[PickTask], state: TaskState) -> bool:
    return any(task.state is state for task in tasks)


def _words(name: str) -> list[str]:
    return [word for word in re.findall(r"[a-z]+", name.lower()) if len(word) > 3]


def _typo(name: str) -> str:
    """Two letters of the first word that are not the same, swapped."""
    place = next((n for n in range(1, len(name.split()[0]) - 1) if name[n] != name[n + 1]), 0) if name else 0
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :] if place else name
