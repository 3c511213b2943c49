"""What Alembic runs for every migration: the connection of `Database.upgrade()`, inside its transaction.

Alembic executes this file itself; nothing of ours imports it.
"""

from __future__ import annotations

from alembic import context

from storage.tables import METADATA


def run() -> None:
    """Run the migrations on the connection that `Database.upgrade()` has opened."""
    context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
    with context.begin_transaction():
        context.run_migrations()


run()
