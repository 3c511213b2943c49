"""The systems we are connected to: the embedded distributor in the data folder, made on first use."""

from __future__ import annotations

from pathlib import Path

from connectors.connector import Connector
from domain.facts import Facts


def world_url(home: Path) -> str:
    """Where the embedded distributor of a data folder is."""
    return f"sqlite:///{home / 'distributor.db'}"


def load_world(home: Path, facts: Facts) -> None:
    """Make the embedded distributor of a data folder this one, in place of what was there."""
    from connectors.embedded.load import create

    create(world_url(home), facts)


def embedded(home: Path) -> Connector:
    """The embedded distributor of a data folder; the built-in world on first use."""
    from connectors.embedded.connector import EmbeddedDistributor

    if not (home / "distributor.db").exists():
        from connectors.embedded.world import built_in

        load_world(home, built_in())
    return EmbeddedDistributor(world_url(home))
