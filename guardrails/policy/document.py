"""YAML to plain data with the line of every field; refuses what YAML would quietly repair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import yaml

from domain.errors import BadInput

Path = tuple[str | int, ...]

_SCALARS: dict[str, Callable[[str], Any]] = {
    "tag:yaml.org,2002:int": lambda text: int(text) if len(text) < 40 and text.lstrip("+-").isdigit() else text,
    "tag:yaml.org,2002:bool": lambda text: text.lower() in ("true", "yes", "on"),
    "tag:yaml.org,2002:null": lambda _: None,
}
"""Everything else stays text: a decimal is read exactly by whoever needs it."""


@lru_cache(maxsize=8)
def _composed(text: str) -> yaml.Node | None:
    """The nodes of a text; only looked at. The same policy is read again at every opening, replay and comparison."""
    return yaml.compose(text, Loader=yaml.SafeLoader)


class Document:
    """Plain data of a file, and where each part of it stands."""

    def __init__(self, name: str, text: str, first: int = 1) -> None:
        """`first`: the line of the file on which the text begins.

        Raises BadInput with the line for malformed YAML, a key given twice, or an alias.
        """
        self.name = name
        self._first = first
        self._lines: dict[Path, int] = {(): max(1, first)}
        self._seen: set[int] = set()
        try:
            node = _composed(text)
        except yaml.MarkedYAMLError as broken:
            mark = broken.problem_mark or broken.context_mark
            line = mark.line + first if mark else first
            raise self._bad(line, "", broken.problem or "not YAML", "check indentation, colons and quotes") from None
        except yaml.YAMLError as broken:
            raise self._bad(first, "", " ".join(str(broken).split()), "save the file as UTF-8 text") from None
        except RecursionError:
            raise self._bad(
                first, "", "it is nested beyond reason", "write it as the shipped policy is written"
            ) from None
        if node is None:
            raise self._bad(max(1, first), "", "the file is empty", "start from the shipped default policy")
        self.data: Any = self._read(node, ())

    def line(self, path: Sequence[str | int]) -> int:
        """The line of a field, or of the nearest part around it."""
        known = tuple(path)
        while known not in self._lines:
            known = known[:-1]
        return self._lines[known]

    def path(self, loc: Sequence[str | int]) -> Path:
        """The part of a pydantic location that exists in the file (tags of unions are left out)."""
        path: Path = ()
        for part in loc:
            if (*path, part) in self._lines:
                path = (*path, part)
        return path

    def error(self, path: Sequence[str | int], message: str, fix: str) -> BadInput:
        """BadInput that names file, line and field."""
        return self._bad(self.line(path), dotted(path), message, fix)

    def _bad(self, line: int, field: str, message: str, fix: str) -> BadInput:
        where = f"{self.name}, line {line}" + (f", {field}" if field else "")
        return BadInput(message, field=where, fix=fix)

    def _read(self, node: yaml.Node, path: Path) -> Any:
        self._lines[path] = node.start_mark.line + self._first
        if isinstance(node, yaml.ScalarNode):
            return _SCALARS.get(node.tag, str)(node.value)
        if id(node) in self._seen:
            raise self.error(path, "an alias repeats another part of the file", "write it out; aliases are not read")
        self._seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return [self._read(item, (*path, index)) for index, item in enumerate(node.value)]
        data: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in data:
                line = key.start_mark.line + self._first
                raise self._bad(line, dotted((*path, name)), f"'{name}' stands here twice", "keep one of them")
            data[name] = self._read(value, (*path, name))
            self._lines[(*path, name)] = key.start_mark.line + self._first
        return data


def dotted(path: Sequence[str | int]) -> str:
    """A path as a person writes it: `rules[3].when.all[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else part)
    return text
