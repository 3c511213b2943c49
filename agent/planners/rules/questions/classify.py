"""What a message asks for, learned from the shipped phrases: n-grams of letters and words, and a logistic regression.

Trained when first needed (0.4 s of CPU, after 2 s for importing scikit-learn), always on the same phrases in the same
order, on one thread (more of them cost ten times as much): the same words give the same intents, so a question replays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache

from agent.planners.rules.questions.phrases import phrases
from domain.noun import Noun

SURE = 0.50
"""Share of all intents together from which the best is taken (rounded to 3 places, as all shares are)."""
AHEAD = 0.25
"""How far the best must be before the second, unless it is very sure."""
VERY_SURE = 0.65
"""The three were chosen on held-out folds of the phrases: 79 % answered, 93 % of these right (86 % with no gate)."""
SPREAD = 40.0
"""Inverse strength of the regularisation of the regressions (one against the rest for every intent)."""


class Guess(Noun):
    """Intents with their share, best first; ties by name."""

    ranked: tuple[tuple[str, float], ...]

    @property
    def best(self) -> str:
        """The likeliest intent."""
        return self.ranked[0][0]

    @property
    def sure(self) -> bool:
        """Whether it passes the gate; below it people are asked."""
        first, second = self.ranked[0][1], self.ranked[1][1]
        return first >= VERY_SURE or (first >= SURE and first - second >= AHEAD)

    def share(self, intent: str) -> float:
        """The share of one intent."""
        return dict(self.ranked).get(intent, 0.0)

    def among(self, intents: Collection[str]) -> Guess:
        """The guess when only these intents can be meant, their shares made 1 in all."""
        kept = [item for item in self.ranked if item[0] in intents]
        total = sum(share for _, share in kept) or 1.0
        return Guess(ranked=tuple((name, round(share / total, 3)) for name, share in kept))


def guess(masked: str) -> Guess:
    """The guess for a masked text (`Mentions.masked`)."""
    return Guess(ranked=_trained()(masked))


@cache
def _trained() -> Callable[[str], tuple[tuple[str, float], ...]]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline, make_union
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    texts, labels = zip(*phrases(), strict=True)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), sublinear_tf=True, preprocessor=_framed)
    words = TfidfVectorizer(token_pattern=r"\S+", ngram_range=(1, 3), sublinear_tf=True, preprocessor=_framed)
    each = LogisticRegression(C=SPREAD, solver="liblinear", class_weight="balanced", random_state=0)
    model = make_pipeline(make_union(letters, words), OneVsRestClassifier(each, n_jobs=1))
    with threadpool_limits(1):
        model.fit(texts, labels)

    def ranked(masked: str) -> tuple[tuple[str, float], ...]:
        with threadpool_limits(1):
            shares = model.predict_proba([masked])[0]
        found = [(str(name), round(float(share), 3)) for name, share in zip(model.classes_, shares, strict=True)]
        return tuple(sorted(found, key=lambda item: (-item[1], item[0])))

    return ranked


def _framed(text: str) -> str:
    """Lower case, one space between words, without marks at the end."""
    return " ".join(text.lower().rstrip("?!. ").split())
