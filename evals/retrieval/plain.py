"""The yardstick: BM25 alone over the sections of the library, read and ranked by code of the judge's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import bm25s
import Stemmer

from evals.retrieval.measure import Ranked
from evals.retrieval.questions import Place, Question

LIBRARY = Path(__file__).parents[2] / "knowledge" / "library"
START = "In short"


def sections(folder: Path = LIBRARY) -> tuple[tuple[Place, str], ...]:
    """Every section of every document with its text, the title of its document and its heading in front."""
    found: list[tuple[Place, str]] = []
    for file in sorted(folder.glob("*.md")):
        _, front, body = re.split(r"^---$", file.read_text(encoding="utf-8"), maxsplit=2, flags=re.MULTILINE)
        title = next(line[6:].strip() for line in front.splitlines() if line.startswith("title:"))
        parts = re.split(r"^## +(.+)$", body, flags=re.MULTILINE)
        for heading, text in zip([START, *parts[1::2]], parts[0::2], strict=True):
            found.append(((file.stem, heading.strip()), f"{title}\n{heading}\n{text}"))
    return tuple(found)


class Plain:
    """BM25 as `bm25s` does it by default (Lucene's variant, k1 1.5, b 0.75) on stemmed words without stop words."""

    def __init__(self, known: Sequence[tuple[Place, str]]) -> None:
        self._places = [place for place, _ in known]
        self._stemmer = Stemmer.Stemmer("english")
        self._index = bm25s.BM25()
        self._index.index(self._words([text for _, text in known]), show_progress=False)
        self.least = 0.0

    def _words(self, texts: list[str]) -> list[list[str]]:
        words: list[list[str]] = bm25s.tokenize(
            texts, stopwords="en", stemmer=self._stemmer, return_ids=False, show_progress=False
        )
        return words

    def scored(self, ask: str) -> tuple[tuple[float, Place], ...]:
        """Places by score, best first; equal ones in the order of the library."""
        words = self._words([ask])[0]
        scores = self._index.get_scores(words) if words else [0.0] * len(self._places)
        order = sorted(range(len(self._places)), key=lambda place: (-float(scores[place]), place))
        return tuple((float(scores[place]), self._places[place]) for place in order)

    def fit(self, questions: Sequence[Question]) -> None:
        """The least best score that counts as found: the one that is right most often on these questions, both sorts
        of question weighing the same."""
        best = [(self.scored(question.ask)[0][0], question.answerable) for question in questions]

        def balanced(least: float) -> float:
            kept = [top >= least for top, answerable in best if answerable]
            refused = [top < least for top, answerable in best if not answerable]
            return sum(kept) / len(kept) + sum(refused) / len(refused)

        self.least = max(sorted({top for top, _ in best}), key=balanced)

    def ask(self, question: str) -> Ranked:
        """What BM25 alone says."""
        found = self.scored(question)
        return Ranked(found[0][0] >= self.least, tuple(place for score, place in found if score > 0))
