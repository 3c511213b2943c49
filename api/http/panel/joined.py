"""What the panel adds to the web application: its rooms of routes. `api.http.app` names them in its tables."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter

from api.http.panel import (
    batch,
    board,
    chat,
    door,
    embed,
    figures,
    inbox,
    limits,
    policy,
    questions,
    records,
    standing_in,
    supply,
)

ROOMS: tuple[Callable[[], APIRouter], ...] = (
    door.router,
    chat.router,
    batch.router,
    questions.router,
    inbox.router,
    board.router,
    supply.router,
    records.router,
    policy.router,
    figures.router,
    standing_in.router,
    limits.router,
    embed.router,
)
"""In the order in which their routes are matched."""
