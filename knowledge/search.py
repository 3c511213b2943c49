"""Finds the sections that answer a question: three ranked lists, fused by reciprocal rank, and a confidence. Where the
question names a kind of document, the order among documents of that kind is one list more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import UnknownReference
from knowledge.confidence import LEAST, confidence
from knowledge.documents import Document, Section
from knowledge.fusion import fuse
from knowledge.kinds import kind_named
from knowledge.lexical import Lexical
from knowledge.matching import Matching
from knowledge.passages import Found, Passage
from knowledge.sentences import sentences
from knowledge.shelf import Shelf
from knowledge.vectors import vectors
from knowledge.words import MOST_WORDS, words

if TYPE_CHECKING:
    from knowledge.chroma import Dense, Item

DEPTH = 50
"""How far down each list is looked at."""
FOCUS = 5
"""Passages by which it is judged whether one document answers."""
LONGEST_QUESTION = 1000
"""Characters of a question that are looked at."""


class Search:
    """A library that can be asked. Every part is made when first needed; equal libraries give equal answers.

    Threads may ask at once: what is lazy is made by one of them, once.
    """

    def __init__(self, shelf: Callable[[], Shelf], home: Path | None = None) -> None:
        """`home`: the folder where indexes are kept; in memory when None."""
        self._read = shelf
        self._home = home
        self._making = threading.Lock()

    @cached_property
    def shelf(self) -> Shelf:
        """The documents, as they were when first asked for."""
        return self._read()

    @cached_property
    def _sections(self) -> list[tuple[Document, Section]]:
        return [(one, part) for one in self.shelf.documents for part in one.sections]

    @property
    def id(self) -> str:
        """The id of all that can be found."""
        return self.shelf.id

    @cached_property
    def _lexical(self) -> Lexical:
        return Lexical(self._sections)

    @cached_property
    def _matching(self) -> Matching:
        return Matching(self._sections, vectors())

    @cached_property
    def _dense(self) -> Dense:
        from knowledge.chroma import in_folder, in_memory

        items = self._items()
        return in_memory(self.id, items) if self._home is None else in_folder(self._home, self.id, items)

    def _items(self) -> list[Item]:
        found: list[Item] = []
        for place, (one, part) in enumerate(self._sections):
            about: dict[str, str | int] = {
                "place": place, "document": one.id, "title": one.title, "section": part.heading, "version": one.version,
            }  # fmt: skip
            for number, text in enumerate(sentences(one, part), 1):
                found.append((f"{one.id}/{place:05d}/{number:04d}", text, about))
        return found

    def search(self, question: str, limit: int = 3, document: str | None = None) -> Found:
        """The best sections for a question, best first; UnknownReference for a document that is not there."""
        within = self._within(document)
        question = question[:LONGEST_QUESTION]
        asked = words(question)[:MOST_WORDS]
        if not asked or not self._sections:
            return self._found([], 0.0, 0.0, limit)
        depth = len(self._sections) if within else DEPTH
        with self._making:
            lexical, dense, likeness = self._lexical, self._dense, self._matching
        matching, matched = likeness.best(asked, depth, within)
        lists = [lexical.best(asked, depth), dense.nearest(question, within)[:depth], matching]
        if within:
            lists = [[place for place in ranked if place in within] for ranked in lists]
        fused = fuse(lists)
        focus = self._focus([place for place, _ in fused])
        if kind := kind_named(asked):
            fused = fuse([*lists, [place for place, _ in fused if self._sections[place][0].kind == kind]])
        return self._found(fused, matched, focus, limit)

    def _focus(self, ranked: list[int]) -> float:
        """1 when the best few stand in one document, 0 when each stands in another."""
        first = {self._sections[place][0].id for place in ranked[:FOCUS]}
        return 1 - (len(first) - 1) / (FOCUS - 1) if first else 0.0

    def _within(self, document: str | None) -> frozenset[int]:
        """Places of the sections of a document; empty when none is named."""
        if document is None:
            return frozenset()
        found = frozenset(place for place, (one, _) in enumerate(self._sections) if one.id == document)
        if not found:
            known = ", ".join(one.id for one in self.shelf.documents)[:300]
            raise UnknownReference(f"there is no document '{document}'", field="document", fix=f"use one of {known}")
        return found

    def _found(self, ranked: list[tuple[int, float]], matched: float, focus: float, limit: int) -> Found:
        sure = confidence(matched, focus) if ranked else 0.0
        return Found(
            found=sure >= LEAST,
            passages=tuple(_passage(*self._sections[place], score) for place, score in ranked[:limit]),
            confidence=_exact(sure),
            matched=_exact(matched),
            focus=_exact(focus),
            library=self.id,
        )

    def close(self) -> None:
        """Give the index back, if it was made."""
        if "_dense" in self.__dict__:
            self._dense.close()
            del self.__dict__["_dense"]


def _passage(document: Document, section: Section, score: float) -> Passage:
    return Passage(
        document=document.id,
        title=document.title,
        section=section.heading,
        version=document.version,
        text=section.text,
        score=_exact(score),
    )


def _exact(number: float) -> Decimal:
    """A number as a Decimal of four places: floats never reach what is recorded."""
    return Decimal(f"{number:.4f}")
