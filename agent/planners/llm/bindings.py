"""Tools as a model sees them: JSON schemas with nothing in them that small servers stumble over."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field, ValidationError

from domain.errors import BadInput
from domain.noun import Noun, Text
from tools.table import ToolSpec

FINISH = "finish"

_KEPT = frozenset(
    {"type", "enum", "const", "items", "anyOf", "format", "required", "additionalProperties", "description"}
)
"""What is kept of a JSON schema; patterns and bounds are checked by the tool itself."""


class Finish(Noun):
    """How the model ends: words for people, and the proposals it stands by."""

    summary: Text
    include: tuple[str, ...] | None = Field(default=None, description="draft ids of proposed moves, best first")
    untouched: Text = Field(default="", description="what was looked at and deliberately left alone")
    ask: Text = Field(default="", description="what a person must answer first")


class Described(Noun):
    """A tool in the words and the schema a model gets."""

    name: str
    description: str
    parameters: dict[str, Any]


def described(specs: Iterable[ToolSpec], *, quantities: bool) -> tuple[Described, ...]:
    """Every tool, `finish` last. Number fields of write tools are left out unless `quantities`: a person named one."""
    tools = [
        Described(
            name=spec.name,
            description=_words(spec),
            parameters=parameters(spec.arguments, numbers=quantities or spec.effect == "read"),
        )
        for spec in specs
    ]
    end = "End the run with your summary and the proposals you stand by."
    return (*tools, Described(name=FINISH, description=end, parameters=parameters(Finish, numbers=True)))


def native(tools: Iterable[Described]) -> list[dict[str, Any]]:
    """In the form of the chat completions protocol."""
    return [{"type": "function", "function": tool.model_dump()} for tool in tools]


def step_format(tools: Iterable[Described]) -> dict[str, Any]:
    """A response format that a server can turn into a grammar: exactly one tool, by one `anyOf` branch per tool."""
    branches = [
        {
            "type": "object",
            "properties": {"tool": {"type": "string", "enum": [tool.name]}, "arguments": tool.parameters},
            "required": ["tool", "arguments"],
            "additionalProperties": False,
        }
        for tool in tools
    ]
    schema = {
        "type": "object",
        "properties": {"step": {"anyOf": branches}},
        "required": ["step"],
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": "step", "schema": schema}}


def finished(arguments: Mapping[str, Any]) -> Finish:
    """The arguments of `finish`. BadInput names what is wrong."""
    try:
        return Finish.model_validate(arguments)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(
            first["msg"], field=f"{FINISH}.{where}", fix=f"it takes {', '.join(Finish.model_fields)}"
        ) from None


def parameters(model: type[Noun], *, numbers: bool) -> dict[str, Any]:
    """JSON schema of an argument noun, references resolved; without its number fields unless `numbers`."""
    whole = model.model_json_schema()
    slim = _slim(whole, whole.get("$defs", {}))
    named = {name: schema for name, schema in slim.get("properties", {}).items() if numbers or not _is_number(schema)}
    required = [name for name in slim.get("required", []) if name in named]
    return {"type": "object", "properties": named, "required": required, "additionalProperties": False}


def _slim(schema: dict[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return _slim(shared[schema["$ref"].rsplit("/", 1)[-1]], shared)
    kept = {key: value for key, value in schema.items() if key in _KEPT}
    if "properties" in schema:
        kept["properties"] = {name: _slim(part, shared) for name, part in schema["properties"].items()}
    if "items" in kept:
        kept["items"] = _slim(kept["items"], shared)
    if "anyOf" in kept:
        kept["anyOf"] = [_slim(part, shared) for part in kept["anyOf"]]
    return kept


def _is_number(schema: Mapping[str, Any]) -> bool:
    kinds = {schema.get("type"), *(part.get("type") for part in schema.get("anyOf", ()))}
    return bool(kinds & {"integer", "number"})


def _words(spec: ToolSpec) -> str:
    kind = "Reads." if spec.effect == "read" else "Proposes; executes nothing."
    return " ".join(f"{kind} {spec.description} {inspect.getdoc(spec.arguments) or ''}".split())
