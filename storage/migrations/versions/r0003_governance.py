"""What governance remembers, family by family: policies, autonomy, approvals, ledger, identity, overrides."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TABLES: tuple[str, ...] = ("deactivations",)
"""What is new, in the order in which it may be dropped."""


def upgrade() -> None:
    """Create what is new, family by family."""
    _identity()


def _identity() -> None:
    _table(
        "deactivations", _text("user", key=True), _text("at"), _text("by"), _text("why"), _text("ended_at", empty=True)
    )


def downgrade() -> None:
    """Forget it again."""
    for name in TABLES:
        op.drop_table(name)


def _table(name: str, *columns: sa.Column[Any], indexes: tuple[str, ...] = ()) -> None:
    op.create_table(name, *columns)
    for column in indexes:
        op.create_index(f"ix_{name}_{column}", name, [column])


def _text(name: str, *refers: sa.ForeignKey, key: bool = False, empty: bool = False) -> sa.Column[Any]:
    """Text compared byte by byte; moments are text too."""
    kind = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    return sa.Column(name, kind, *refers, primary_key=key, nullable=empty)


def _whole(name: str, *, key: bool = False, empty: bool = False) -> sa.Column[Any]:
    """A whole number of 64 bits."""
    return sa.Column(name, sa.BigInteger(), primary_key=key, nullable=empty, autoincrement=False)
