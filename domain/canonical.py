"""One way to turn a value into bytes, and bytes into a digest; every hash in the product goes through here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

from pydantic import BaseModel

_AS_THEY_ARE = frozenset({str, int, bool, type(None)})
"""Types that JSON has; most of what there is, so they are looked at first."""


@cache
def _fields(kind: type[BaseModel]) -> tuple[str, ...]:
    return tuple(kind.model_fields)


def plain(value: Any) -> Any:
    """Reduce `value` to JSON types: str keys, int, str, bool, None, list, dict.

    Decimals become their plain string, dates ISO 8601. Binary floats are refused, because two machines may
    print them differently. Raises TypeError for anything else.
    """
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is tuple or kind is list:
        return [plain(item) for item in value]
    if isinstance(value, BaseModel):
        return {name: plain(getattr(value, name)) for name in _fields(type(value))}
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, int | str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def canonical_json(value: Any) -> str:
    """The canonical text of `value`: sorted keys, no spaces, UTF-8, no floats."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(tag: str, value: Any) -> str:
    """sha256 (hex) of `tag`, a NUL and the canonical text: a digest of one kind of thing never equals another's."""
    return digest_of_text(tag, canonical_json(value))


def digest_of_text(tag: str, text: str) -> str:
    """The same of a value whose canonical text is at hand already."""
    return hashlib.sha256(f"{tag}\x00{text}".encode()).hexdigest()
