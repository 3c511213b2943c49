"""Reads the starter library and the customer's own documents from their folders; no bad file keeps a good one out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path

from domain.canonical import digest
from knowledge.documents import Document, Unusable, parse
from knowledge.passages import Citation, Fault, Listed

LARGEST_FILE = 200_000
"""Bytes of one document."""
MOST_FILES = 2000
"""Documents of one folder."""


@dataclass(frozen=True)
class Shelf:
    """Documents by id, and the files that could not be used. `own` are ids of the customer's; of them `replacing` stand
    in for a shipped document of the same id."""

    documents: tuple[Document, ...]
    own: frozenset[str] = frozenset()
    replacing: frozenset[str] = frozenset()
    faults: tuple[Fault, ...] = ()

    @cached_property
    def id(self) -> str:
        """`L-` and a digest of every document: equal content, equal id, wherever it was read from."""
        return "L-" + digest("library/1", self.documents)[:24]

    def playbook(self, system: str) -> Citation | None:
        """The playbook for an outage of a system; the customer's before ours."""
        fits = [one for one in self.documents if one.kind == "playbook" and one.about == system]
        fits.sort(key=lambda one: (one.id not in self.own, one.id))
        return fits[0].citation if fits else None

    @property
    def listed(self) -> tuple[Listed, ...]:
        """Every document, by id."""
        return tuple(
            Listed(
                document=one.id,
                title=one.title,
                kind=one.kind,
                version=one.version,
                owner=one.owner,
                about=one.about,
                sections=len(one.sections),
                own=one.id in self.own,
                replaces=one.id in self.replacing,
            )
            for one in self.documents
        )


def shipped_folder() -> Path:
    """Where the starter library lies in this installation."""
    return Path(str(resources.files("knowledge"))) / "library"


def read(own: Path | None = None) -> Shelf:
    """The starter library, and the documents in the customer's folder; one with the id of a shipped one replaces it.

    Never raises for what a folder holds: what cannot be used is a Fault, and the rest is used.
    """
    faults: list[Fault] = []
    shipped = _folder(shipped_folder(), faults)
    theirs = _folder(own, faults) if own is not None else {}
    merged = {**shipped, **theirs}
    return Shelf(
        documents=tuple(merged[key] for key in sorted(merged)),
        own=frozenset(theirs),
        replacing=frozenset(theirs) & frozenset(shipped),
        faults=tuple(faults),
    )


def _folder(folder: Path, faults: list[Fault]) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for file in _files(folder, faults):
        name = file.relative_to(folder).as_posix()
        try:
            document = parse(_text(file, folder))
            if document.id in found:
                raise Unusable(2, "id", f"another file has the id '{document.id}' already", "give it an id of its own")
            found[document.id] = document
        except Unusable as wrong:
            faults.append(wrong.in_file(name))
    return found


def _files(folder: Path, faults: list[Fault]) -> Iterator[Path]:
    """Markdown files of the folder and those below it, by path."""
    if not folder.is_dir():
        faults.append(
            Unusable(0, "QUARTERMASTER_KNOWLEDGE", "there is no such folder", "name a folder of .md files").in_file(
                str(folder)
            )
        )
        return
    files = sorted(path for path in folder.rglob("*.md") if not any(p.startswith(".") for p in path.parts[-1:]))
    for extra in files[MOST_FILES:]:
        faults.append(
            Unusable(0, "", f"the folder holds more than {MOST_FILES} documents", "split it").in_file(extra.name)
        )
    yield from files[:MOST_FILES]


def _text(file: Path, folder: Path) -> str:
    """The text of a file inside the folder. Never more than the largest file is read."""
    try:
        if not file.resolve().is_relative_to(folder.resolve()):
            raise Unusable(0, "", "the file is a link that leads out of the folder", "copy the document here")
        if not file.is_file():
            raise Unusable(0, "", "it is no file", "put a text file here")
        with file.open("rb") as source:
            content = source.read(LARGEST_FILE + 1)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Unusable(0, "", f"the file cannot be read: {why}", "check its permissions") from None
    if len(content) > LARGEST_FILE:
        raise Unusable(0, "", f"the file is larger than {LARGEST_FILE} bytes", "split it into several documents")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Unusable(line, "", "the file is not UTF-8 text", "save it as UTF-8") from None
