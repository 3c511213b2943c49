"""The list by words: BM25 over stems (Lucene's variant as `bm25s` has it; Robertson and Zaragoza 2009)."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from knowledge.documents import Document, Section
from knowledge.words import stems, words

HEADING_COUNTS = 3
"""How often a heading is counted: it says in three words what the section says in eighty. With `B`, by the tune half of
evals/retrieval: nDCG .53 against .50 for 1 and 0.75."""
K1, B = 1.5, 0.5


class Lexical:
    """Scores of sections for the words of a question."""

    def __init__(self, sections: Sequence[tuple[Document, Section]]) -> None:
        import bm25s

        logging.getLogger("bm25s").setLevel(logging.WARNING)
        texts = [" ".join([one.title, *[part.heading] * HEADING_COUNTS, part.text]) for one, part in sections]
        self._index = bm25s.BM25(k1=K1, b=B)
        self._index.index([stems(words(text)) for text in texts], show_progress=False)

    def best(self, asked: Sequence[str], depth: int) -> list[int]:
        """Places of the sections that have any of these words, best first, equal ones in their order."""
        known = [stem for stem in stems(list(asked)) if stem in self._index.vocab_dict]
        if not known:
            return []
        scores = [round(float(score), 5) for score in self._index.get_scores(known)]
        order = sorted(range(len(scores)), key=lambda place: (-scores[place], place))
        return [place for place in order[:depth] if scores[place] > 0]
