"""Words as the ranked lists see them: stemmed for BM25, as written for matching by meaning; common words left out."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_WORD = re.compile(r"[a-z0-9]+(?:['-][a-z0-9]+)*")
MOST_WORDS = 64
"""Words of a question that are looked at."""


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    from bm25s.stopwords import STOPWORDS_EN

    return frozenset(STOPWORDS_EN)


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")


def words(text: str) -> list[str]:
    """The words of a text in small letters, without the commonest, in order."""
    common = _common()
    return [word for word in _WORD.findall(text.casefold()) if word not in common]


def stems(found: list[str]) -> list[str]:
    """The stem of each word (Snowball, English)."""
    stemmed: list[str] = _stemmer().stemWords(found)
    return stemmed
