"""What is measured: nDCG@10 of the ranking, and how often "it is not in the documents" is said rightly and wrongly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evals.retrieval.questions import Place, Question

DEPTH = 10


@dataclass(frozen=True)
class Ranked:
    """What a search said to a question: whether it found an answer, and places best first (also when it did not)."""

    found: bool
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Score:
    """Of some questions. `ndcg`: mean over those with an answer, of the ranking alone; `served`: the same, but 0 where
    the answer was refused. `absent`: share of questions without an answer that were refused. `refused`: share of
    questions with an answer that were refused wrongly."""

    answerable: int
    unanswerable: int
    ndcg: float
    served: float
    absent: float
    refused: float

    @property
    def accuracy(self) -> float:
        """Share of all questions for which "found" was said rightly."""
        right = self.absent * self.unanswerable + (1 - self.refused) * self.answerable
        return right / (self.answerable + self.unanswerable)


def ndcg(grades: Mapping[Place, int], places: Sequence[Place], depth: int = DEPTH) -> float:
    """Normalised discounted cumulative gain: sum of (2^grade - 1) / log2(rank + 1) over that of the best ranking.

    Järvelin and Kekäläinen 2002, with the exponential gain of Burges et al. 2005. A place counts where it comes first.
    """
    once = list(dict.fromkeys(places))[:depth]
    best = sorted(grades.values(), reverse=True)[:depth]
    return _gain([grades.get(place, 0) for place in once]) / _gain(best)


def _gain(grades: Sequence[int]) -> float:
    return sum((int(2**grade) - 1) / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))


def score(answers: Sequence[tuple[Question, Ranked]]) -> Score:
    """The figures of some questions and what was said to each; there must be some of both sorts."""
    there = [(question, said) for question, said in answers if question.answerable]
    nowhere = [said for question, said in answers if not question.answerable]
    gains = [ndcg(question.grades, said.places) for question, said in there]
    return Score(
        answerable=len(there),
        unanswerable=len(nowhere),
        ndcg=sum(gains) / len(there),
        served=sum(gain for gain, (_, said) in zip(gains, there, strict=True) if said.found) / len(there),
        absent=sum(not said.found for said in nowhere) / len(nowhere),
        refused=sum(not said.found for _, said in there) / len(there),
    )
