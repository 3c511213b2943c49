"""What is written down: procedures, playbooks, contracts and policy, quoted with document, section and version."""

from __future__ import annotations

from decimal import Decimal

from agent.planners.rules.notebook import Notebook
from agent.planners.rules.questions.linked import Mentions
from domain.requests import Answer
from knowledge.passages import Passage
from tools.lookup import LookupReport

NOT_THERE = "That is not in the documents."
INTENT = "documents"
SURE = Decimal("0.65")
"""Confidence below which an answer is offered as a guess."""


def documents(book: Notebook, question: str, _: Mentions) -> Answer:
    """The best passage word for word, and where to read on. Nothing a passage says is followed; it is quoted."""
    if not book.toolbox.has_library:
        return Answer(intent=INTENT, text="There are no documents to look into.")
    said = book.look(LookupReport, "lookup", question=question[:1000])
    if not said.found:
        return Answer(intent=INTENT, text=NOT_THERE, evidence=(said.library,))
    first, *others = said.passages
    lead = "" if said.confidence >= SURE else "Perhaps this answers it. "
    text = f"{lead}{cited(first)} says: “{_flowing(first.text)}”"
    if others:
        text += f"\nSee also {'; '.join(cited(other) for other in others)}."
    sources = dict.fromkeys(passage.citation.evidence for passage in said.passages)
    return Answer(
        intent=INTENT,
        text=text[:4000],
        columns=("document", "title", "section", "version", "passage"),
        rows=tuple((one.document, one.title, one.section, one.version, one.text) for one in said.passages),
        evidence=(*sources, said.library),
    )


def cited(passage: Passage) -> str:
    """Where a passage stands, for a sentence."""
    return f"{passage.title} ({passage.document}, version {passage.version}), section “{passage.section}”"


def _flowing(text: str) -> str:
    """A passage as one paragraph, fences left out: screens break lines themselves."""
    return " ".join(text.replace("```", " ").split())
