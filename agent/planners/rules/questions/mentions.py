"""Which orders, lines, SKUs, customers, sites and waves a question speaks of; what is unclear is not guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.planners.rules.questions.days import ISO
from domain.facts import Facts
from domain.noun import Id, Noun
from tools.toolbox import closest, ids_of

KINDS = ("line", "order", "sku", "wave", "inbound", "transfer", "customer", "site")
"""In the order in which an id that stands for two things is taken when no word before it says which."""

KIND_WORDS = {
    "line": "line", "lines": "line", "order": "order", "orders": "order", "so": "order",
    "sku": "sku", "skus": "sku", "item": "sku", "product": "sku", "part": "sku",
    "wave": "wave", "inbound": "inbound", "po": "inbound", "delivery": "inbound", "request": "transfer",
    "transfer": "transfer", "customer": "customer", "account": "customer", "site": "site", "warehouse": "site",
}  # fmt: skip
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/#@-]*")
_NUMBER = re.compile(r"^\d{1,9}$")
_COUNTING = frozenset({"last", "next", "first", "remaining", "final", "only", "another", "with", "get", "gets", "for"})


class Mention(Noun):
    """One entity that the question names."""

    kind: str
    id: Id


class Unclear(Noun):
    """A word that looks like an id or name but is not exactly one.

    `candidates` are all that it may stand for when `several`, else the known ones most like it.
    """

    word: str
    kind: str
    candidates: tuple[Id, ...] = ()
    several: bool = False


class Mentions(Noun):
    """What a question names, in the order of its words, and the numbers that are quantities."""

    found: tuple[Mention, ...] = ()
    unclear: tuple[Unclear, ...] = ()
    numbers: tuple[int, ...] = ()

    def of(self, *kinds: str) -> tuple[str, ...]:
        """Ids of these kinds, each once."""
        return tuple(dict.fromkeys(item.id for item in self.found if item.kind in kinds))


def mentions(text: str, facts: Facts, likely: str = "") -> Mentions:
    """Links the words of `text` to ids and names in the snapshot; an unknown id counts as one of the `likely` kind."""
    words = ISO.sub(" ", text)
    index = _index(facts)
    found: list[Mention] = []
    unclear: list[Unclear] = []
    numbers: list[int] = []
    before = ""
    for token in _tokens(words):
        item = _linked(token, before.casefold(), index, facts, likely)
        if isinstance(item, Mention):
            found.append(item)
        elif isinstance(item, Unclear):
            unclear.append(item)
        elif isinstance(item, int):
            numbers.append(item)
        before = token
    named = _by_name(words.casefold(), facts)
    found += [item for item in named if isinstance(item, Mention) and item not in found]
    unclear += [item for item in named if isinstance(item, Unclear)]
    return Mentions(found=tuple(found), unclear=tuple(unclear), numbers=tuple(numbers))


def _tokens(words: str) -> Iterator[str]:
    for match in _TOKEN.finditer(words):
        token = match.group().rstrip("._:/#@-")
        if token:
            yield token


def _index(facts: Facts) -> dict[str, dict[str, str]]:
    """casefolded id -> kind -> id."""
    index: dict[str, dict[str, str]] = {}
    for kind in KINDS:
        for key in ids_of_kind(facts, kind):
            index.setdefault(key.casefold(), {}).setdefault(kind, key)
    return index


def ids_of_kind(facts: Facts, kind: str) -> tuple[str, ...]:
    """Ids of one kind in the snapshot, sorted."""
    known = ids_of(facts, kind)
    return tuple(sorted(key for key in known if facts.has(kind, key)))


def _linked(
    token: str, before: str, index: dict[str, dict[str, str]], facts: Facts, likely: str
) -> Mention | Unclear | int | None:
    wanted = KIND_WORDS.get(before)
    exact = index.get(token.casefold(), {})
    if _NUMBER.match(token):
        if before in _COUNTING or (wanted is None and (len(token) < 4 or not exact)):
            return int(token)
        if wanted and wanted not in exact:
            return _numbered(token, wanted, facts) or int(token)
    if exact:
        kind = wanted if wanted in exact else next(kind for kind in KINDS if kind in exact)
        return Mention(kind=kind, id=exact[kind])
    if (
        any(c.isdigit() for c in token)
        and any(c.isalpha() for c in token)
        and not re.match(r"^\d+(st|nd|rd|th)$", token.casefold())
    ):
        return Unclear(word=token[:40], kind=wanted or "", candidates=closest(token, ids_of(facts, wanted or likely)))
    return None


def _numbered(number: str, kind: str, facts: Facts) -> Mention | Unclear | None:
    """'order 77' for an order whose id ends in the number 77."""
    tail = re.compile(rf"(^|[^0-9])0*{re.escape(number)}$")
    fits = [key for key in ids_of_kind(facts, kind) if tail.search(key)]
    if len(fits) == 1:
        return Mention(kind=kind, id=fits[0])
    return Unclear(word=f"{kind} {number}", kind=kind, candidates=tuple(fits[:5]), several=True) if fits else None


def _by_name(words: str, facts: Facts) -> list[Mention | Unclear]:
    """Customers, SKUs and sites whose whole name stands in the question; one name of two of them is unclear."""
    names: dict[tuple[str, str], list[str]] = {}
    for kind, items in (("customer", facts.customers), ("sku", facts.skus), ("site", facts.sites)):
        for item in items:
            if len(item.name) >= 4:
                names.setdefault((item.name.casefold(), kind), []).append(item.id)
    hits: list[Mention | Unclear] = []
    for (name, kind), keys in sorted(names.items(), key=lambda entry: (-len(entry[0][0]), entry[0])):
        if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words):
            continue
        words = words.replace(name, " ")
        if len(keys) == 1:
            hits.append(Mention(kind=kind, id=keys[0]))
        else:
            hits.append(Unclear(word=name[:40], kind=kind, candidates=tuple(sorted(keys)), several=True))
    return hits
