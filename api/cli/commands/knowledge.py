"""`knowledge search` and `knowledge list`: what is written down, with document, section and version."""

from __future__ import annotations

from api.cli import exits
from api.cli.session import Session
from api.cli.view import view
from knowledge.passages import Listed


def search(session: Session, *, question: str, document: str | None, limit: int) -> int:
    """`knowledge search`; what is not in the documents is an answer, not a failure."""
    from agent.runtime.library import open_library

    library = open_library(session.settings())
    try:
        found = library.search(question, limit, document)
    finally:
        library.close()
    shown = found.passages if found.found else ()
    title = f"{len(shown)} passages" if found.found else "That is not in the documents."
    notes = [f"confidence {found.confidence}, library {found.library}"]
    if not found.found and found.passages:
        near = found.passages[0]
        notes.append(f"Nearest, and probably no answer: {near.title}, “{near.section}” ({near.document}).")
    rows = [(one.document, one.version, one.section, one.score, one.text) for one in shown]
    data = {"found": found.found, "confidence": found.confidence, "library": found.library, "passages": shown}
    table = view("passages", title, "document | version | section | score | passage", rows, notes, data=data)
    session.output.show("knowledge", [table])
    return exits.OK


def list_(session: Session) -> int:
    """`knowledge list`: exit 4 when a file of the customer's folder cannot be used."""
    from agent.runtime.library import open_library

    shelf = open_library(session.settings()).shelf
    rows = [
        (
            one.document,
            one.kind,
            one.version,
            one.owner,
            one.about,
            one.title,
            one.sections,
            _from(one),
        )
        for one in shelf.listed
    ]
    columns = "document | kind | version | owner | about | title | sections | from"
    documents = view("documents", f"{len(rows)} documents", columns, rows, [f"library {shelf.id}"])
    faults = view(
        "faults",
        f"{len(shelf.faults)} files cannot be used",
        "file | line | field | what is wrong | fix",
        [(fault.file, fault.line, fault.field, fault.message, fault.fix) for fault in shelf.faults],
    )
    session.output.show("knowledge", [documents, faults] if shelf.faults else [documents])
    return exits.FAILED if shelf.faults else exits.OK


def _from(listed: Listed) -> str:
    if not listed.own:
        return "starter library"
    return "your folder, in place of ours" if listed.replaces else "your folder"
