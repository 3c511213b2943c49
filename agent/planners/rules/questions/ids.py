"""Ids as people write them: `so5014`, `SO 5014`, `order 5014`; and words that look like an id that nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from agent.planners.rules.questions.linked import Mention, Unclear
from agent.planners.rules.questions.names import Place
from domain.facts import Facts
from tools.toolbox import closest, ids_of

KINDS = ("line", "order", "sku", "wave", "inbound", "transfer", "customer", "site")
"""In the order in which an id that stands for two things is taken when no word before it says which."""

KIND_WORDS = {
    "line": "line", "lines": "line", "order": "order", "orders": "order", "so": "order",
    "sku": "sku", "skus": "sku", "item": "sku", "product": "sku", "part": "sku",
    "wave": "wave", "inbound": "inbound", "po": "inbound", "delivery": "inbound", "request": "transfer",
    "transfer": "transfer", "customer": "customer", "account": "customer", "site": "site", "warehouse": "site",
}  # fmt: skip
MOST_PIECES = 5
"""Pieces of an id that may be written apart."""
_PIECE = re.compile(r"[a-z0-9]+")
_JOINT = re.compile(r"^[\s._:/#-]{0,2}$")
_CHUNK = re.compile(r"[a-z0-9][a-z0-9._:/#@-]*")
_MEASURED = re.compile(
    r"^(\d+(st|nd|rd|th|x|k|am|pm|h|d|pcs?|ea|cs|units?|days?|%|usd|eur)|x\d+|\d+[-/.:]\d+([-/.:]\d+)?)$"
)
_COUNTED = re.compile(r"^\s*(?:of|more|units?|pcs|pieces|cases?|packs?|boxes|x|ea|\x00)")
_COUNTING = frozenset(
    "last next first remaining final only another with get gets for than give reserve move transfer send buy ship "
    "allocate purchase bring sell promise".split()
)
LEAST_DIGITS = 4
"""Digits of a bare number that may be an id."""


class Ids:
    """The ids of a snapshot, without case and joints."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._exact: dict[str, dict[str, str]] = {}
        self._joined: dict[str, dict[str, set[str]]] = {}
        self._prefixes: dict[tuple[str, int], str] = {}
        for kind in KINDS:
            for key in ids_of_kind(facts, kind):
                self._exact.setdefault(key.lower(), {}).setdefault(kind, key)
                pieces = _PIECE.findall(key.lower())
                self._joined.setdefault(_joined(pieces), {}).setdefault(kind, set()).add(key)
                if len(pieces) > 1:
                    self._prefixes.setdefault((pieces[0], len(pieces)), kind)

    def known(self, rest: str, plain: str) -> Iterator[Place]:
        """Ids that the snapshot knows; longest first at every place."""
        pieces = list(_PIECE.finditer(rest))
        place = 0
        while place < len(pieces):
            size = next((n for n in range(MOST_PIECES, 0, -1) if self._fits(pieces, place, n, rest)), 0)
            if not size:
                place += 1
                continue
            start, end = pieces[place].start(), pieces[place + size - 1].end()
            before = pieces[place - 1][0] if place else ""
            if item := self._item(rest[start:end], before, rest[end:], plain[start:end]):
                yield Place(start, end, item)
            place += size

    def _fits(self, pieces: list[re.Match[str]], place: int, size: int, rest: str) -> bool:
        """Whether `size` pieces from here are one id, with nothing but joints between them."""
        run = pieces[place : place + size]
        if len(run) < size or _joined([piece[0] for piece in run]) not in self._joined:
            return False
        joints = [rest[left.end() : right.start()] for left, right in pairwise(run)]
        edge = rest[run[-1].end() : run[-1].end() + 2]
        inside = re.match(r"^[-_/#@:.][a-z0-9]", edge) and rest[run[0].start() : run[-1].end()] not in self._exact
        return all(_JOINT.match(joint) for joint in joints) and not inside

    def _item(self, written: str, before: str, after: str, shown: str) -> Mention | Unclear | None:
        wanted = KIND_WORDS.get(before)
        if re.match(r"^\d{1,9}$", written) and (
            before in _COUNTING or (wanted is None and len(written) < LEAST_DIGITS)
        ):
            return None
        if exact := self._exact.get(written):
            kind = wanted if wanted in exact else next(kind for kind in KINDS if kind in exact)
            return Mention(kind=kind, id=exact[kind])
        fits = self._joined[_joined(_PIECE.findall(written))]
        kind = wanted if wanted in fits else next(kind for kind in KINDS if kind in fits)
        keys = sorted({key for ids in fits.values() for key in ids}) if wanted not in fits else sorted(fits[kind])
        if len(keys) == 1:
            return Mention(kind=kind, id=keys[0])
        return Unclear(word=shown[:40], kind=kind, candidates=tuple(keys[:5]), several=True)

    def unknown(self, rest: str, plain: str, likely: str) -> Iterator[Place]:
        """'order 77' for an id that ends so; ids that nobody knows, with the closest; bare numbers that are an id."""
        taken: list[tuple[int, int]] = []
        words = list(_PIECE.finditer(rest))
        for left, right in pairwise(words):
            kind = KIND_WORDS.get(left[0]) or self._prefixes.get((left[0], 2), "")
            joint = rest[left.end() : right.start()]
            if (
                kind
                and re.match(r"^\d{1,9}$", right[0])
                and re.match(r"^(?:[\s#._-]{1,2}|\s(?:no\.?|number)\s)$", joint)
            ):
                if _COUNTED.match(rest[right.end() :]) and joint.strip() == "":
                    continue
                taken.append((left.start(), right.end()))
                yield Place(
                    left.start(), right.end(), self._numbered(right[0], kind, plain[left.start() : right.end()])
                )
        for chunk in _CHUNK.finditer(rest):
            token = chunk[0].rstrip("._:/#@-")
            if not token or any(start < chunk.end() and chunk.start() < end for start, end in taken):
                continue
            end = chunk.start() + len(token)
            before = next((word[0] for word in reversed(words) if word.end() <= chunk.start()), "")
            if item := self._strange(token, plain[chunk.start() : end], before, rest[end:], likely):
                yield Place(chunk.start(), end, item)

    def _numbered(self, number: str, kind: str, shown: str) -> Mention | Unclear:
        fits = self._ending(number, kind)
        if len(fits) == 1:
            return Mention(kind=kind, id=fits[0])
        if fits:
            return Unclear(word=shown[:40], kind=kind, candidates=tuple(fits[:5]), several=True)
        return Unclear(
            word=shown[:40], kind=kind, candidates=closest(shown.replace(" ", "-"), ids_of(self._facts, kind))
        )

    def _strange(self, token: str, shown: str, before: str, after: str, likely: str) -> Mention | Unclear | None:
        wanted = KIND_WORDS.get(before, "")
        if token.isdigit():
            return self._bare(token, before, after)
        letters, digits = any(c.isalpha() for c in token), any(c.isdigit() for c in token)
        if not (letters and digits) or _MEASURED.match(token):
            return None
        pieces = _PIECE.findall(token)
        kind = wanted or self._prefixes.get((pieces[0], len(pieces)), "")
        near = closest(shown, ids_of(self._facts, kind or likely))
        if not near and not kind and len(pieces) == 1:
            return None
        return Unclear(word=shown[:40], kind=kind, candidates=near)

    def _bare(self, token: str, before: str, after: str) -> Mention | None:
        """A bare number of four digits or more that only one order, wave or supply ends with."""
        if len(token) < LEAST_DIGITS or before in _COUNTING or _COUNTED.match(after):
            return None
        fits = [(kind, key) for kind in ("order", "sku", "wave", "inbound") for key in self._ending(token, kind)]
        return Mention(kind=fits[0][0], id=fits[0][1]) if len(fits) == 1 else None

    def _ending(self, number: str, kind: str) -> list[str]:
        tail = re.compile(rf"(^|[^0-9])0*{re.escape(number)}$")
        return [key for key in ids_of_kind(self._facts, kind) if tail.search(key)]


def _joined(pieces: list[str]) -> str:
    """Pieces without joints, but for one between two numbers: `SO-1-1` is not `SO-11`."""
    return re.sub(r"(?<=\d) (?=\d)", "-", " ".join(pieces)).replace(" ", "")


def ids_of_kind(facts: Facts, kind: str) -> tuple[str, ...]:
    """Ids of one kind in the snapshot, sorted."""
    known = ids_of(facts, kind)
    return tuple(sorted(key for key in known if facts.has(kind, key)))
