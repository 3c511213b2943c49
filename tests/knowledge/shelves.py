"""Small folders of documents to look into."""

from __future__ import annotations

from pathlib import Path

from knowledge.search import Search
from knowledge.shelf import read

FRONT = "---\nid: {id}\ntitle: {title}\nkind: {kind}\nversion: {version}\nowner: lead\n---\n"


def written(
    folder: Path, name: str, body: str, *, title: str = "A rule of ours", kind: str = "sop", version: str = "1.0"
) -> Path:
    """A document in a folder; its id is the name."""
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.md"
    file.write_text(FRONT.format(id=name, title=title, kind=kind, version=version) + body, encoding="utf-8")
    return file


def opened(own: Path | None = None, home: Path | None = None) -> Search:
    """A library; its index in memory unless a home is named."""
    return Search(lambda: read(own), home)
