"""Commands become offers: what exactly would be proposed, found out by a dry run; nothing happens before a yes.

An offer names only what its user named, and may touch only what the dry run would touch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from agent.planners.rules.commission import tried
from agent.planners.rules.notebook import Notebook
from agent.planners.rules.questions.amounts import in_units
from agent.planners.rules.questions.linked import Mentions
from agent.planners.rules.questions.phrases import MASKS
from domain.canonical import canonical_json
from domain.cases import Scope
from domain.errors import QuartermasterError
from domain.facts import Facts
from domain.orders import LineState, OrderLine
from domain.plans import Move
from domain.requests import Answer, Offer
from domain.scoping import scope_of
from domain.wording import counted, listed
from guardrails.touched import touched

MOST_TOLD = 4
"""Moves whose reason an offer tells in full."""
ROLES = ("lead", "finance", "commercial", "operations", "warehouse manager", "warehouse_manager")
"""Whom people may ask to look; the first when they name nobody."""
_FROM = re.compile(rf"\b(?:from|out of|off|ex)\s+(?:the\s+)?{MASKS['site']}")
_TO = re.compile(rf"(?:\b(?:to|into|towards|over to|in|for)\s+(?:the\s+)?|(?:->|→|>)\s*){MASKS['site']}")
Arguments = dict[str, object]
Built = tuple[str, Arguments] | Answer
"""Tool and arguments; or the answer, when something has to be asked back or cannot be done."""


def offer(intent: str, book: Notebook, named: Mentions) -> Answer:
    """The answer to a command: an offer, or why there is none, or what is missing."""
    try:
        built = _BUILDERS[intent](book, named)
        if isinstance(built, Answer):
            return built
        tool, arguments = built
        moves, note = tried(book, tool, arguments)
    except QuartermasterError as wrong:
        return Answer(intent=intent, text=f"That cannot be done: {wrong}"[:4000])
    if not moves:
        return Answer(intent=intent, text=f"There is nothing to propose: {note.rstrip('.') or 'nothing would change'}.")
    what = _in_words(moves)
    whole = tool == "reallocate" and "winners" not in arguments
    scope = scope_of(book.facts, _strings(arguments["skus"])) if whole else _touched(moves, book.facts)
    made = Offer(tool=tool, arguments=canonical_json(arguments), text=what, scope=scope)
    other = ""
    if intent == "give" and tool == "reallocate" and named.numbers:
        other = f"You asked for {named.numbers[0]} and too few are free; how many change hands the allocation decides. "
    text = f"{other}I would propose this: {what} Nothing is done yet; policy decides who must approve. Shall I?"
    return Answer(intent=intent, text=text[:4000], offer=made, evidence=_evidence(moves))


def _in_words(moves: tuple[Move, ...]) -> str:
    told = " ".join(f"{move.title}. {move.reason}" for move in moves[:MOST_TOLD])
    more = f" And {counted(len(moves) - MOST_TOLD, 'more move')}." if len(moves) > MOST_TOLD else ""
    return f"{told}{more}"[:2000]


def _evidence(moves: tuple[Move, ...]) -> tuple[str, ...]:
    keys = [key for move in moves for key in (*move.evidence, *(effect.line for effect in move.effects))]
    return tuple(dict.fromkeys(keys))[:40]


def _touched(moves: tuple[Move, ...], facts: Facts) -> Scope:
    """All that these moves touch, and nothing else."""
    found = [touched(move, facts) for move in moves]
    return Scope(
        **{
            name: tuple(sorted({key for one in found for key in getattr(one, name)}))
            for name in Scope.model_fields
            if name != "returns"
        }
    )


def _which(intent: str, text: str, choices: tuple[str, ...] = ()) -> Answer:
    return Answer(intent=intent, text=text, asks=True, suggestions=choices)


def _strings(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else (str(value),)


def _quantity(intent: str, book: Notebook, sku: str, named: Mentions) -> int | Answer | None:
    """The number of units named (None for none); an answer when it is no number of units of this SKU."""
    if not named.numbers:
        return None
    units = in_units(book.facts, sku, named.numbers[0], named.measure)
    if units is None:
        return _which(intent, f"{sku} is not counted in {named.measure}. How many units do you mean?")
    if units == 0 or len(set(named.numbers)) > 1:
        return _which(intent, "How many units do you mean? Please name one number.")
    return units


def _wave(intent: str, book: Notebook, named: Mentions) -> Built:
    """A wave, or only the picks of one order or line in it (then the one wave that has picks of it)."""
    waves, orders, lines = named.of("wave"), named.of("order"), named.of("line")
    if len(waves) > 1 or len(orders) + len(lines) > 1:
        return _which(intent, "One wave at a time, please. Which one?", waves or (*orders, *lines))
    picks: Arguments = {"order": orders[0]} if orders else {"line": lines[0]} if lines else {}
    if not waves:
        mine = {line.id for key in orders for line in book.facts.order(key).lines} | set(lines)
        waves = tuple(wave.id for wave in book.facts.waves if any(task.line in mine for task in wave.tasks))
        if len(waves) != 1:
            found = f"is in {counted(len(waves), 'wave')}" if waves else "is in no wave"
            return _which(intent, f"{(*orders, *lines)[0]} {found}. Which wave do you mean?", waves)
    if intent == "release_wave" and orders:
        inside = [t.line for t in book.facts.wave(waves[0]).tasks if book.facts.has("line", t.line)]
        mine_there = sorted({line for line in inside if book.facts.line(line).order == orders[0]})
        if len(mine_there) != 1:
            return _which(intent, f"Which line of {orders[0]} in {waves[0]} do you mean?", tuple(mine_there))
        picks = {"line": mine_there[0]}
    return intent, {"wave": waves[0], **picks}


def _expedite(book: Notebook, named: Mentions) -> Built:
    supplies = named.of("inbound")
    if not supplies:
        coming = [supply for supply in book.facts.inbound if supply.sku in named.of("sku")]
        supplies = tuple(supply.id for supply in coming if supply.expedite) or tuple(supply.id for supply in coming)
    if len(supplies) != 1:
        text = "Which delivery do you mean?" if supplies else f"No delivery of {listed(named.of('sku'))} is on its way."
        return _which("expedite", text, supplies[:5])
    return "expedite", {"inbound": supplies[0]}


def _transfer(book: Notebook, named: Mentions) -> Built:
    start, end = _from_to(named)
    if requests := named.of("transfer"):
        where = start or (named.of("site")[0] if len(named.of("site")) == 1 else "")
        if not where:
            return _which("transfer", f"From which site should {requests[0]} be answered?")
        return "transfer", {"request": requests[0], "from_site": where}
    sku = named.of("sku")[0]
    units = _quantity("transfer", book, sku, named)
    if isinstance(units, Answer):
        return units
    if len(named.of("sku")) > 1:
        return _which("transfer", "One SKU at a time, please. Which one?", named.of("sku"))
    if not start or not end:
        missing = "from which site to which" if not (start or end) else "from which site" if end else "to which site"
        others = tuple(site.id for site in book.facts.sites if site.id not in (start, end))
        return _which("transfer", f"{sku}: {missing}?", others[:5])
    if units is None:
        return _which("transfer", f"How many units of {sku} should go from {start} to {end}?")
    return "transfer", {"sku": sku, "quantity": units, "from_site": start, "to_site": end}


def _from_to(named: Mentions) -> tuple[str, str]:
    """Where from and where to, by the words before the two sites; "" for what is not said."""
    sites = [item.id for item in named.found if item.kind == "site"]
    places = [found.start() for found in re.finditer(MASKS["site"], named.masked)]
    if not sites or len(places) != len(sites) or len(sites) > 2:
        return (sites[0], sites[1]) if len(sites) == 2 and not places else ("", "")
    starts = {found.end() - 1 for found in _FROM.finditer(named.masked)}
    ends = {found.end() - 1 for found in _TO.finditer(named.masked)}
    roles = ["from" if place in starts else "to" if place in ends else "" for place in places]
    if len(sites) == 2 and roles.count("") == 1:
        roles[roles.index("")] = "to" if "from" in roles else "from"
    if sorted(roles) == ["from", "to"]:
        return sites[roles.index("from")], sites[roles.index("to")]
    if len(sites) == 1 and roles[0]:
        return (sites[0], "") if roles[0] == "from" else ("", sites[0])
    return "", ""


def _reserve(book: Notebook, named: Mentions) -> Built:
    return _serve("reserve", book, named)


def _give(book: Notebook, named: Mentions) -> Built:
    return _serve("give", book, named)


def _serve(intent: str, book: Notebook, named: Mentions) -> Built:
    """Free units for one line; when too few are free, 'give' asks the allocation to let the line win."""
    lines = _lines(book, named)
    if len(lines) != 1:
        text = "Which line do you mean?" if lines else "Nothing is open there that could be served."
        return _which(intent, text, tuple(line.id for line in lines[:5]))
    line = lines[0]
    units = _quantity(intent, book, line.sku, named)
    if isinstance(units, Answer):
        return units
    sites = named.of("site") or line.allowed_sites or tuple(site.id for site in book.facts.sites)
    free = {site: _free(book, line.sku, site) for site in sites}
    best = min(sites, key=lambda site: (-free[site], site))
    if free[best] and (intent == "reserve" or units is None or units <= free[best]):
        return "reserve", {"line": line.id, "site": best, **({} if units is None else {"quantity": units})}
    if intent == "reserve":
        return Answer(intent=intent, text=f"No unit of {line.sku} is free for {line.id}, so nothing can be reserved.")
    return "reallocate", {"skus": [line.sku], "winners": [line.id]}


def _lines(book: Notebook, named: Mentions) -> list[OrderLine]:
    """The line named, else the lines of the order that have open units (of the SKU, when one is named)."""
    if keys := named.of("line"):
        return [book.facts.line(key) for key in keys]
    skus = named.of("sku")
    lines = [line for key in named.of("order") for line in book.facts.order(key).lines]
    done = (LineState.SHIPPED, LineState.CANCELLED)
    still = [line for line in lines if line.open_quantity and line.state not in done and (not skus or line.sku in skus)]
    held = {line.id: sum(r.quantity for r in book.facts.reservations if r.line == line.id) for line in still}
    return [line for line in still if held[line.id] < line.open_quantity] or still


def _free(book: Notebook, sku: str, site: str) -> int:
    position = book.facts.position(sku, site)
    reserved = [(r.sku, r.site, r.inbound, r.quantity) for r in book.facts.reservations]
    claimed = [(c.sku, c.site, c.inbound, c.quantity) for c in book.facts.claims]
    used = sum(units for *bucket, units in (*reserved, *claimed) if bucket == [sku, site, None])
    return max(0, (position.sellable if position else 0) - used)


def _share_out(_: Notebook, named: Mentions) -> Built:
    return "reallocate", {"skus": sorted(named.of("sku"))}


def _buy(book: Notebook, named: Mentions) -> Built:
    skus, sites = named.of("sku"), named.of("site")
    if len(skus) > 1 or len(sites) > 1:
        return _which("buy", "One SKU for one site at a time, please. Which?", skus)
    units = _quantity("buy", book, skus[0], named)
    if isinstance(units, Answer):
        return units
    if units is not None and not sites:
        return _which("buy", f"For which site are the {units} of {skus[0]}?", tuple(s.id for s in book.facts.sites)[:5])
    return "replenish", {
        "sku": skus[0],
        **({"site": sites[0]} if sites else {}),
        **({"quantity": units} if units else {}),
    }


def _escalate(book: Notebook, named: Mentions) -> Built:
    role = next((role for role in ROLES if re.search(rf"\b{role}", named.masked)), ROLES[0]).replace(" ", "_")
    orders = [line for key in named.of("order") for line in book.facts.order(key).lines]
    lines = {line.id for line in orders if line.open_quantity} | set(named.of("line"))
    about = [*named.of("order", "line")]
    if not about:
        lines, about = _lines_of(book, named), [*named.of("customer", "wave", "sku")]
    if not lines:
        return Answer(intent="escalate", text=f"{listed(about)} has no open line that somebody could look at.")
    reason = f"{book.request.by} asks {role} to look at {listed(about)}."
    return "escalate", {"role": role, "reason": reason, "lines": sorted(lines)[:50]}


def _lines_of(book: Notebook, named: Mentions) -> set[str]:
    """Open lines of the customers and SKUs named, and the lines of the waves."""
    facts = book.facts
    people, skus = named.of("customer"), named.of("sku")
    found = {task.line for key in named.of("wave") for task in facts.wave(key).tasks if facts.has("line", task.line)}
    for order in facts.orders:
        for line in order.lines:
            wanted = (not people or order.customer in people) and (not skus or line.sku in skus)
            if line.open_quantity and (people or skus) and wanted:
                found.add(line.id)
    return found


_BUILDERS: Mapping[str, Callable[[Notebook, Mentions], Built]] = {
    "hold_wave": lambda book, named: _wave("hold_wave", book, named),
    "release_wave": lambda book, named: _wave("release_wave", book, named),
    "expedite": _expedite,
    "transfer": _transfer,
    "reserve": _reserve,
    "give": _give,
    "share_out": _share_out,
    "buy": _buy,
    "escalate": _escalate,
}
