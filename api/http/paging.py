"""Lists in pages: a limit, and the id after which the next page begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from domain.errors import BadInput
from domain.noun import Id

MOST = 200
T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=MOST, description="At most so many items.")]
After = Annotated[Id | None, Query(description="The `next` of the page before.")]


class Page(BaseModel, Generic[T]):
    """Some items of a list of `total`; `next` is what to give as `after` for the next ones, null at the end."""

    model_config = ConfigDict(frozen=True)

    items: tuple[T, ...]
    total: int
    next: str | None = None


def page_of(items: Sequence[T], key: Callable[[T], str], after: str | None, limit: int) -> Page[T]:
    """The items after the one with this key, in the order given. BadInput when there is no such item."""
    start = 0
    if after is not None:
        start = next((place for place, item in enumerate(items, 1) if key(item) == after), 0)
        if not start:
            raise BadInput(f"no page ends at '{after}'", field="after", fix="give the `next` of the page before")
    chosen = tuple(items[start : start + limit])
    more = start + limit < len(items)
    return Page(items=chosen, total=len(items), next=key(chosen[-1]) if more else None)
