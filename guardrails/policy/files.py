"""The documents of a policy as they lie on disk: one file, or a folder of files read as one text that can be kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from domain.errors import BadInput
from guardrails.policy.document import Document, dotted

_MARK = re.compile(r"^---(?=\s|$)(?:\s*# document: (?P<name>\S.*?))?\s*(?:#.*)?$")
"""Where a document begins in a text of several; `# document: NAME` says which file it came from."""
_COMPANY = "start from the shipped default policy"


def read_text(path: Path) -> str:
    """The text of a policy file, or of every `*.yaml` of a folder (and the folders in it) by name, as one.

    BadInput when something cannot be read, or the folder has no such file.
    """
    if not path.is_dir():
        return _read(path)
    files = sorted(file for file in path.rglob("*.y*ml") if file.suffix in (".yaml", ".yml"))
    if not files:
        raise BadInput("the folder has no policy document", field=str(path), fix="put the company's *.yaml into it")
    names = [file.relative_to(path).as_posix() for file in files]
    return "".join(f"--- # document: {name}\n{_ended(_read(file))}" for name, file in zip(names, files, strict=True))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as broken:
        raise BadInput(
            f"the policy file cannot be read ({broken.__class__.__name__})",
            field=str(path),
            fix="check the path and that it is UTF-8 text",
        ) from None


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}\n"


class Written:
    """The documents of one text: the company's, and the narrower ones, with the place of every field."""

    def __init__(self, name: str, text: str) -> None:
        """BadInput for what is no YAML, and when not exactly one document has no scope."""
        documents = list(_documents(name, text))
        for document in documents:
            if not isinstance(document.data, dict):
                raise document.error((), "a policy is a list of named fields", _COMPANY)
        companies = [document for document in documents if "scope" not in document.data]
        if not companies:
            raise documents[0].error((), "no document is the company's: all have a scope", "add one without a scope")
        if len(companies) > 1:
            message = f"'{companies[0].name}' is the company's document already, and this one has no scope either"
            raise companies[1].error((), message, "say with scope: where it counts")
        self.company = companies[0]
        self.narrower: Sequence[Document] = [document for document in documents if document is not self.company]
        inline = self.company.data.get("documents", [])
        self._inline = len(inline) if isinstance(inline, list) else 0

    @property
    def data(self) -> dict[str, Any]:
        """One policy as plain data."""
        own: dict[str, Any] = dict(self.company.data)
        if self.narrower and isinstance(own.get("documents", []), list):
            own["documents"] = [*own.get("documents", []), *(document.data for document in self.narrower)]
        return own

    def locate(self, path: Sequence[str | int]) -> tuple[Document, tuple[str | int, ...]]:
        """The document that a path into `data` leads to, and the path in it (parts of pydantic's own left out)."""
        match tuple(path):
            case ("documents", int(index), *rest) if index >= self._inline and self.narrower:
                document = self.narrower[index - self._inline]
                return document, document.path(rest)
        return self.company, self.company.path(path)

    def error(self, path: Sequence[str | int], message: str, fix: str) -> BadInput:
        """BadInput that names file, line and field."""
        document, inside = self.locate(path)
        return document.error(inside, message, fix)

    def place(self, path: Sequence[str | int]) -> tuple[str, int, str]:
        """File, line and field of a path into `data`."""
        document, inside = self.locate(path)
        return document.name, document.line(inside), dotted(inside)

    def lines(self) -> Mapping[tuple[str, str], int]:
        """(Name of a document, id of a rule, or `overrides/` and a kind) -> the line the rule begins on."""
        found: dict[tuple[str, str], int] = {}
        data = self.data
        for prefix, document in (
            ((), data),
            *((("documents", n), one) for n, one in enumerate(data.get("documents", []))),
        ):
            for index, rule in enumerate(document["rules"]):
                found[document["name"], rule["id"]] = self.place((*prefix, "rules", index))[1]
        for index, rule in enumerate(data.get("overrides", [])):
            found.setdefault((data["name"], f"overrides/{rule['kind']}"), self.place(("overrides", index))[1])
        return found


def _documents(name: str, text: str) -> Iterator[Document]:
    """Every document of a text that says something; the first one when none does."""
    parts = list(_parts(name, text))
    saying = [part for part in parts if _says(part[2])]
    for name_, first, lines in saying or parts[:1]:
        yield Document(name_, "".join(lines), first)


def _parts(name: str, text: str) -> Iterator[tuple[str, int, list[str]]]:
    """(Name, line it begins on, its lines) of what stands between the marks."""
    lines: list[str] = []
    first, base = 1, 0
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        mark = _MARK.match(line.rstrip("\r\n"))
        if mark is None:
            lines.append(line)
            continue
        yield name, first, lines
        if mark["name"]:
            name, base = mark["name"], number
        first, lines = number + 1 - base, []
    yield name, first, lines


def _says(lines: list[str]) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in lines)
