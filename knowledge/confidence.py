"""Whether a question is answered in the documents: a calibrated confidence, and from where it counts.

A logistic regression on two figures of the search, fitted on the tune half of evals/retrieval (42 questions with an
answer, 16 without, both sorts weighing the same) and on nothing else: how strongly the best section matches its three
best words, and whether the best five passages stand in few documents. Fitted on the starter library; with very
different documents of your own it is a guess, and `knowledge search` shows the confidence.
"""

from __future__ import annotations

import math

INTERCEPT, MATCHED, FOCUS = -4.353, 0.353, 1.775
LEAST = 0.5


def confidence(matched: float, focus: float) -> float:
    """The chance, from 0 to 1, that the documents hold the answer, where half of the questions have one there."""
    return 1 / (1 + math.exp(-(INTERCEPT + MATCHED * matched + FOCUS * focus)))
