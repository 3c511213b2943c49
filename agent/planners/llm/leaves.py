"""Walks a noun down to its leaves and says what each is: an id, a number, a date, or words.

The kind comes from the declared type, never from how a text looks: a note that consists of an id is still a note.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import BaseModel, StringConstraints

OUTSIDE = "untrusted_"
"""How the fields of tool results begin that hold text from outside."""


@dataclass(frozen=True)
class Leaf:
    """One value deep in a noun. `field` is the name of the field it stands in; `kind` says how to read it."""

    field: str
    kind: Literal["id", "number", "date", "words", "outside"]
    value: Any


def leaves(noun: BaseModel) -> Iterator[Leaf]:
    """Every leaf of a noun, in the order of its fields; flags, choices and absent values are none."""
    kinds = _text_kinds(type(noun))
    for name in type(noun).model_fields:
        yield from _below(name, kinds[name], getattr(noun, name))


def _below(field: str, text: Literal["id", "words", "outside"], value: Any) -> Iterator[Leaf]:
    if value is None or isinstance(value, bool | Enum):
        return
    if isinstance(value, BaseModel):
        yield from leaves(value)
    elif isinstance(value, str):
        yield Leaf(field, text, value)
    elif isinstance(value, int | Decimal):
        yield Leaf(field, "number", Decimal(value))
    elif isinstance(value, datetime):
        yield Leaf(field, "date", value.date())
    elif isinstance(value, date):
        yield Leaf(field, "date", value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _below(field, text, item)
    elif isinstance(value, tuple | list | frozenset | set):
        for item in value:
            yield from _below(field, text, item)


@lru_cache(maxsize=512)
def _text_kinds(noun: type[BaseModel]) -> dict[str, Literal["id", "words", "outside"]]:
    """What a text in each field of a class is."""
    hints = get_type_hints(noun, include_extras=True)
    return {
        name: "outside" if name.startswith(OUTSIDE) else "id" if _holds_ids(hints[name]) else "words"
        for name in noun.model_fields
    }


def _holds_ids(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        return any(isinstance(mark, StringConstraints) and mark.pattern for mark in marks) or _holds_ids(inner)
    return any(_holds_ids(part) for part in get_args(annotation))
