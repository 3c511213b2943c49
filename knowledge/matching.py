"""The list by likeness of words: each word of the question looks for its nearest word in a section.

Late interaction as in ColBERT (Khattab and Zaharia 2020), with static vectors: a word of the question is matched by
weight x (largest cosine to a word of the section)^2, where the weight is the length of its vector, and a word of the
same stem counts as the same. A section scores the sum of what it matches.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from knowledge.documents import Document, Section
from knowledge.vectors import Vectors
from knowledge.words import stems, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STRONGEST = 3
"""Words of a question whose match tells whether a section answers it: a sum over all would only tell long questions."""


class Matching:
    """How well the words of sections match the words of a question."""

    def __init__(self, sections: Sequence[tuple[Document, Section]], vectors: Vectors) -> None:
        import numpy as np

        self._vectors = vectors
        texts = [sorted(set(words(f"{one.title}\n{part.heading}\n{part.text}"))) or ["-"] for one, part in sections]
        vocabulary = sorted({word for text in texts for word in text})
        at = {word: place for place, word in enumerate(vocabulary)}
        self._stems: dict[str, list[int]] = {}
        for place, stem in enumerate(stems(vocabulary)):
            self._stems.setdefault(stem, []).append(place)
        table = np.stack([vectors.word(word) for word in vocabulary])
        self._table = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
        self._members = np.array([at[word] for text in texts for word in text])
        self._starts = np.cumsum([0, *(len(text) for text in texts[:-1])])

    def best(self, asked: Sequence[str], depth: int, within: Collection[int] = ()) -> tuple[list[int], float]:
        """(Places of the best sections, equal ones in their order; how strongly the best one, of `within`, matches).

        The strength is the mean of what a section matches of its `STRONGEST` words; vectors are 5 to 30 long.
        """
        import numpy as np

        once = list(dict.fromkeys(asked))
        if not once:
            return [], 0.0
        matches = np.stack([self._match(word, stem) for word, stem in zip(once, stems(once), strict=True)])
        told = [round(float(score), 4) for score in matches.sum(axis=0)]
        order = sorted(range(len(told)), key=lambda place: (-told[place], place))
        strongest = -np.sort(-matches, axis=0)[:STRONGEST]
        means = strongest.mean(axis=0)
        return order[:depth], float(max(means[sorted(within)]) if within else means.max())

    def _match(self, word: str, stem: str) -> NDArray[np.float64]:
        """What each section matches of a word."""
        import numpy as np

        vector = self._vectors.word(word)
        weight = float(np.linalg.norm(vector))
        near = np.clip(self._table @ (vector / max(weight, 1e-9)), 0.0, 1.0).astype(np.float64)
        near[self._stems.get(stem, [])] = 1.0
        matched: NDArray[np.float64] = weight * np.maximum.reduceat(near[self._members], self._starts) ** 2
        return matched
