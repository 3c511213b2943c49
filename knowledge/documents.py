"""A document: front matter that says what it is, then sections. Reading is strict; what is wrong is said by line.

The front matter is lines of `name: value` between two lines of `---`, and nothing else of YAML: no quotes to close, no
types, aliases or tags, so that there is nothing in it that could do something.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import get_args

from pydantic import ValidationError

from domain.errors import BadInput
from domain.noun import Id, Noun, UntrustedText
from knowledge.passages import Citation, Fault, Kind, Version

START = "In short"
"""The heading of what stands before the first heading."""
LONGEST = 2000
"""Characters of a section; a longer one is split between paragraphs, so that a passage can be shown whole."""
FIELDS = ("id", "title", "kind", "version", "owner", "about")
NEEDED = FIELDS[:-1]
MOST_FRONT = 30
"""Lines of front matter at most."""
_FIELD = re.compile(r"^(?P<name>[a-z]+):[ \t]*(?P<value>.*?)[ \t]*$")


class Section(Noun):
    """A part of a document under one heading; `part` counts from 1 where a long section is split."""

    heading: UntrustedText
    part: int
    text: UntrustedText


class Document(Noun):
    """One document. `about` is the exception kind or system it is for, "" when it is for no single one."""

    id: Id
    title: UntrustedText
    kind: Kind
    version: Version
    owner: UntrustedText
    about: str = ""
    sections: tuple[Section, ...]

    @property
    def citation(self) -> Citation:
        """How others cite it."""
        return Citation(document=self.id, title=self.title, version=self.version)


class Unusable(BadInput):
    """This file is no document."""

    def __init__(self, line: int, field: str, message: str, fix: str) -> None:
        super().__init__(message, field=field, fix=fix)
        self.line = line

    def in_file(self, file: str) -> Fault:
        """The same as a report about a file."""
        field, message, fix = (self.field or "")[:80], self.message[:300], (self.fix or "")[:300]
        return Fault(file=file[:300], line=self.line, field=field, message=message, fix=fix)


def parse(text: str) -> Document:
    """The document in a text. Raises Unusable."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    _printable(lines)
    front, body_at = _front(lines)
    sections = tuple(_sections(lines[body_at:]))
    if not sections:
        raise Unusable(body_at + 1, "", "the document says nothing", "write text under the front matter")
    try:
        return Document(**{name: value for name, (value, _) in front.items()}, sections=sections)  # type: ignore[arg-type]
    except ValidationError as wrong:
        item = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
        name = str(item["loc"][0])
        raise Unusable(front[name][1] if name in front else 1, name, str(item["msg"]), _fix(name)) from None


def _printable(lines: list[str]) -> None:
    """No control or direction characters: what is shown must be what is there."""
    for number, line in enumerate(lines, 1):
        for char in line:
            if char != "\t" and unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs"):
                name = f"U+{ord(char):04X}"
                raise Unusable(number, "", f"the line holds the invisible character {name}", "take it out")


def _front(lines: list[str]) -> tuple[dict[str, tuple[str, int]], int]:
    """(field -> (value, line), index of the first line of the body)."""
    if lines[0].strip() != "---":
        raise Unusable(1, "", "the file does not begin with front matter", f"begin with ---, {_all()} and --- again")
    front: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(lines[1 : MOST_FRONT + 2], 2):
        if line.strip() == "---":
            _complete(front, number)
            return front, number
        if not line.strip():
            continue
        match = _FIELD.match(line)
        name = match["name"] if match else ""
        if match is None or name not in FIELDS:
            named = line.partition(":")[0].strip()[:40]
            raise Unusable(number, named, f"'{named}' is no field of front matter", f"use {_all()}; one line each")
        if name in front:
            raise Unusable(number, name, f"'{name}' stands here twice", "keep one of them")
        front[name] = (_unquoted(match["value"]), number)
    raise Unusable(1, "", "the front matter does not end", f"close it with --- within {MOST_FRONT} lines")


def _complete(front: dict[str, tuple[str, int]], end: int) -> None:
    for name in NEEDED:
        if not front.get(name, ("", 0))[0]:
            raise Unusable(front.get(name, ("", end))[1], name, f"the field '{name}' is missing", _fix(name))
    for name, (value, line) in front.items():
        if len(value) > 200:
            raise Unusable(line, name, f"the field '{name}' is longer than 200 characters", "shorten it")


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def _all() -> str:
    return ", ".join(FIELDS)


def _fix(name: str) -> str:
    return {
        "id": "an id is letters, digits and . _ - only, such as sop-late-supply",
        "kind": f"use one of {', '.join(get_args(Kind))}",
        "version": "a version is letters, digits, dots and dashes, such as 1.0",
    }.get(name, f"write a line `{name}: ...`")


def _sections(lines: list[str]) -> Iterator[Section]:
    """Headings of level two and deeper begin a section; one of level one is the title again. Fences hold none."""
    heading, kept, fenced = START, list[str](), False
    for line in [*lines, "## "]:
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        level = re.match(r"^(#{1,6})\s+(.*?)\s*#*$", line) if not fenced or line == "## " else None
        if level is None:
            kept.append(line)
            continue
        yield from _parts(heading, "\n".join(kept).strip("\n"))
        if len(level[1]) > 1:
            heading = level[2][:200] or heading
        kept = []


def _parts(heading: str, text: str) -> Iterator[Section]:
    """The text of one heading, whole or in parts of whole paragraphs; a giant paragraph is cut."""
    parts: list[str] = []
    for paragraph in re.split(r"\n[ \t]*\n", text):
        for piece in (paragraph[at : at + LONGEST] for at in range(0, len(paragraph), LONGEST)):
            if parts and len(parts[-1]) + len(piece) + 2 <= LONGEST:
                parts[-1] += f"\n\n{piece}"
            elif piece.strip():
                parts.append(piece)
    for number, part in enumerate(parts, 1):
        yield Section(heading=heading, part=number, text=part)
