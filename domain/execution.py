"""What the warehouse and the carriers do: waves, pick tasks, shipments and milestones."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from domain.noun import Id, Noun, PositiveUnits


class WaveState(StrEnum):
    """Where a wave stands."""

    PLANNED = "planned"
    RELEASED = "released"
    HELD = "held"
    DONE = "done"


class TaskState(StrEnum):
    """Where one pick stands."""

    OPEN = "open"
    HELD = "held"
    PICKED = "picked"


class PickTask(Noun):
    """One pick of a wave for one order line."""

    id: Id
    wave: Id
    line: Id
    sku: Id
    quantity: PositiveUnits
    sequence: int
    state: TaskState = TaskState.OPEN


class Wave(Noun):
    """A batch of order lines released to picking at one site."""

    id: Id
    site: Id
    state: WaveState
    carrier: Id
    cutoff_at: datetime
    tasks: tuple[PickTask, ...] = ()


class MilestoneKind(StrEnum):
    """What has happened to a shipment."""

    PICKED = "picked"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"


class Milestone(Noun):
    """One thing that happened, and when."""

    kind: MilestoneKind
    at: datetime


class Shipment(Noun):
    """Goods of an order on their way."""

    id: Id
    order: Id
    site: Id
    carrier: Id
    milestones: tuple[Milestone, ...] = ()
