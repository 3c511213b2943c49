"""The judged questions, as frozen values; a question whose answer is nowhere has nothing relevant."""

from __future__ import annotations

from importlib import resources
from typing import Literal

import yaml
from pydantic import Field

from domain.noun import Id, Noun, Text

Half = Literal["tune", "held"]
Place = tuple[str, str]
"""(Document id, heading of the section; "In short" for what stands before the first heading)."""


class Question(Noun):
    """One question and the grade (2 answers it, 1 helps) of every place that is relevant to it."""

    id: Id
    half: Half
    ask: Text
    relevant: dict[Text, Literal[1, 2]] = Field(default_factory=dict)

    @property
    def grades(self) -> dict[Place, int]:
        """Grade by place."""
        return {place_of(key): grade for key, grade in self.relevant.items()}

    @property
    def answerable(self) -> bool:
        """Whether the documents hold its answer."""
        return bool(self.relevant)


def place_of(text: str) -> Place:
    """`document > section` as a pair."""
    document, _, section = text.partition(" > ")
    return document, section


def judged(half: Half | None = None) -> tuple[Question, ...]:
    """Every judged question (of one half), in written order."""
    text = resources.files("evals.retrieval").joinpath("questions.yaml").read_text(encoding="utf-8")
    found = (Question.model_validate(item) for item in yaml.safe_load(text)["questions"])
    return tuple(item for item in found if half in (None, item.half))
