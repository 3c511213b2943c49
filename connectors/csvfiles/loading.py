"""Read a mapping file; what is wrong with it is said with the place and the fix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from connectors.csvfiles.mapping import Mapping
from domain.errors import BadInput

MOST_BYTES = 1_000_000


def load_mapping(path: Path) -> Mapping:
    """The mapping in `path`. Raises BadInput with the field and the fix when it cannot be used."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"{path.name} is larger than a mapping can be", field="mapping", fix="pass the mapping file")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(
            f"cannot read the mapping {path}: {error.strerror}", field="mapping", fix="check the path and its rights"
        ) from error
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path.name} is not UTF-8 at byte {error.start}", field="mapping", fix="save the mapping as UTF-8"
        ) from error
    return parse_mapping(text, path.name)


def parse_mapping(text: str, name: str = "mapping") -> Mapping:
    """The mapping in `text`; `name` is how messages call it."""
    try:
        document = yaml.load(text, Loader=_NoDuplicates)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        says = getattr(error, "problem", None) or "it nests too deeply or holds an impossible value"
        raise BadInput(f"{name}{where}: {says}", field="mapping", fix="correct the YAML there") from error
    if not isinstance(document, dict):
        raise BadInput(
            f"{name} is not a mapping of sections", field="mapping", fix="start from examples/northwind.yaml"
        )
    try:
        return Mapping.model_validate(document)
    except ValidationError as error:
        raise _explained(error, name) from error


def _explained(error: ValidationError, name: str) -> BadInput:
    """The first fault with its place, and how many more there are."""
    faults = error.errors(include_url=False, include_input=False)
    first = faults[0]
    place = ".".join(str(part) for part in first["loc"]) or "mapping"
    more = f" ({len(faults) - 1} more)" if len(faults) > 1 else ""
    if first["type"] == "extra_forbidden":
        fix = "remove it, or check its spelling against the fields this part may have"
    elif first["type"] == "missing":
        fix = f"add `{first['loc'][-1]}:`"
    else:
        fix = "correct this entry"
    return BadInput(f"{name}: {first['msg']}{more}", field=place, fix=fix)


class _NoDuplicates(yaml.SafeLoader):
    """A SafeLoader that does not let a second entry of the same name win in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is not None and key in seen:
                raise yaml.MarkedYAMLError(problem=f"'{key}' stands twice", problem_mark=key_node.start_mark)
            seen.add(key)
        return dict(super().construct_mapping(node, deep=deep))
