"""One cause: what the world has of it in the evening and in the morning, and what that makes of it."""

from __future__ import annotations

from dataclasses import dataclass

from domain.events import Event
from evals.injector.kinds import Label
from evals.injector.parts import Ground, Parts

Named = tuple[str, str]
"""Kind and subject."""


@dataclass(frozen=True)
class Cause:
    """`cure` is what the world has of it when it has gone away again."""

    before: Parts
    after: Parts
    cure: Parts
    labels: tuple[Label, ...]
    events: tuple[Event, ...] = ()


def cause(
    ground: Ground, before: Parts, after: Parts, *named: Named, near: bool = False, events: tuple[Event, ...] = (),
    cure: Parts | None = None,
) -> Cause:  # fmt: skip
    """A cause with its labels; what was before is the cure when none is named."""
    labels = tuple(
        Label(kind=kind, subject=subject, cell=ground.cell, near=near, told=bool(events)) for kind, subject in named
    )
    return Cause(before, after, before if cure is None else cure, labels, events)
