"""What is found in a question: entities, words that are not exactly one, numbers and a day."""

from __future__ import annotations

from datetime import date

from domain.noun import Id, Noun


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
    """What a question names, in the order of its words, the numbers that are quantities, and the day.

    `masked` is the lowered text with a sign in the place of each of them (`phrases.MASKS`). `measure` is the unit of
    measure that stands behind the first number ("" for pieces). `day` is None when none is named; `no_day` quotes one
    that does not exist.
    """

    found: tuple[Mention, ...] = ()
    unclear: tuple[Unclear, ...] = ()
    numbers: tuple[int, ...] = ()
    measure: str = ""
    day: date | None = None
    no_day: str = ""
    masked: str = ""

    def of(self, *kinds: str) -> tuple[str, ...]:
        """Ids of these kinds, each once."""
        return tuple(dict.fromkeys(item.id for item in self.found if item.kind in kinds))

    @property
    def named(self) -> tuple[tuple[str, str], ...]:
        """(kind, id) of everything found, each once."""
        return tuple(dict.fromkeys((item.kind, item.id) for item in self.found))

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of everything found and of everything unclear ("" where even that is unknown)."""
        return frozenset({*(item.kind for item in self.found), *(item.kind for item in self.unclear)})
