"""What a search answers, as frozen values: passages that carry where they stand. Importing this costs nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Protocol

from pydantic import StringConstraints

from domain.noun import Id, Noun, Text, UntrustedText

Version = Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""A version as its owner writes it: `1.0`, `2026-03`."""

Kind = Literal["sop", "playbook", "contract", "policy", "guide"]
"""What sort of document it is."""


class Citation(Noun):
    """Which document says something, and in which version."""

    document: Id
    title: UntrustedText
    version: Version

    @property
    def evidence(self) -> str:
        """As an evidence id: `document@version`."""
        return f"{self.document[:58]}@{self.version}"


class Passage(Noun):
    """A section of a document, word for word. `text` is data, whatever it says. `score` from 0 to 1: its rank in every
    list at once (1: first in all of them)."""

    document: Id
    title: UntrustedText
    section: UntrustedText
    version: Version
    text: UntrustedText
    score: Decimal

    @property
    def citation(self) -> Citation:
        """The document that it stands in."""
        return Citation(document=self.document, title=self.title, version=self.version)


class Found(Noun):
    """What a library says to a question. `found` False: it is not in the documents, and `passages` are merely what is
    nearest. `confidence` from 0 to 1 decides; it rests on `matched` (how strongly one section matches words of the
    question) and `focus` (1: the best five passages stand in one document, 0: in five). `library` is the id of all
    that was searched."""

    found: bool
    passages: tuple[Passage, ...]
    confidence: Decimal
    matched: Decimal
    focus: Decimal
    library: Id


class Fault(Noun):
    """A file that cannot be used: where, what is wrong, and what to do. The others are used without it."""

    file: Text
    line: int
    field: Text
    message: Text
    fix: Text


class Listed(Noun):
    """A document as a list shows it. `own`: it is the customer's; `replaces`: it stands in for a shipped one."""

    document: Id
    title: UntrustedText
    kind: Kind
    version: Version
    owner: UntrustedText
    about: str
    sections: int
    own: bool
    replaces: bool


class Library(Protocol):
    """Documents that can be asked."""

    @property
    def id(self) -> str:
        """The id of all they say: equal content, equal id."""
        ...

    def search(self, question: str, limit: int, document: str | None = None) -> Found:
        """The best sections for a question, best first (of one document, when named)."""
        ...
