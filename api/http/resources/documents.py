"""What is written down: the documents, and what they say to a question. "Not in the documents" is an answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import StringConstraints

from api.http.identity import App
from domain.noun import Id, Noun
from knowledge.passages import Fault, Found, Listed

Question = Annotated[str, StringConstraints(min_length=1, max_length=1000), Query(description="In words.")]
Most = Annotated[int, Query(ge=1, le=10, description="At most so many passages.")]


class Library(Noun):
    """What there is to read. `id` is that of all of it; `faults` are files that cannot be used."""

    id: Id
    documents: tuple[Listed, ...]
    faults: tuple[Fault, ...]


def list_documents(app: App) -> Library:
    """Every document with its version, and the files that could not be used."""
    shelf = app.documents()
    return Library(id=shelf.id, documents=shelf.listed, faults=shelf.faults)


def search_documents(app: App, q: Question, document: Id | None = None, limit: Most = 3) -> Found:
    """Passages that answer a question, best first, each with document, section and version; `document` to look only
    into that one. With `found` false it is not in the documents, and the passages are merely what is nearest."""
    return app.lookup(q, limit, document)


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/api/documents", tags=["documents"])
    routes.add_api_route("", list_documents, methods=["GET"])
    routes.add_api_route("/search", search_documents, methods=["GET"])
    return routes
