"""Several ranked lists become one, by reciprocal rank."""

from __future__ import annotations

from collections.abc import Sequence

K = 60
"""The constant of reciprocal rank fusion: a list gives 1 / (K + rank). 60 is the value of Cormack, Clarke and Büttcher,
"Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods" (SIGIR 2009), and is not tuned."""


def fuse(lists: Sequence[Sequence[int]]) -> list[tuple[int, float]]:
    """(Place, score) best first; equal ones in order of place. 1 is the score of what is first in every list."""
    scores: dict[int, float] = {}
    for ranked in lists:
        for rank, place in enumerate(ranked, 1):
            scores[place] = scores.get(place, 0.0) + 1 / (K + rank)
    most = len(lists) / (K + 1)
    told = {place: round(score / most, 6) for place, score in scores.items()}
    return sorted(told.items(), key=lambda item: (-item[1], item[0]))
