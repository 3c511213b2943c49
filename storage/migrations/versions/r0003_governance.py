"""What governance remembers, family by family: policies, autonomy, approvals, ledger, identity, overrides."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TABLES: tuple[str, ...] = ("policy_consents", "policy_changes")
"""What is new, in the order in which it may be dropped."""


def upgrade() -> None:
    """Create what is new, family by family."""
    _policy_changes()


def _policy_changes() -> None:
    """Versions of the policy that somebody has proposed, and who has approved them; activations that wait."""
    op.add_column("policy_activations", sa.Column("waits", sa.Boolean(), nullable=False, server_default=sa.false()))
    # fmt: off
    _table(
        "policy_changes",
        _text("id", key=True), _text("policy", sa.ForeignKey("policies.id")), _text("base"), _text("state"),
        _text("by"), _text("why"), _text("evidence"), _text("changed"), _text("needed"),
        sa.Column("four_eyes", sa.Boolean(), nullable=False), _text("effective_from", empty=True),
        _text("created_at"), _text("closed_at", empty=True), _text("closed_by", empty=True), _text("note"),
        indexes=("state",),
    )
    _table(
        "policy_consents",
        _text("change", sa.ForeignKey("policy_changes.id"), key=True), _text("role", key=True), _text("by"),
        _whole("place"), _text("for_whom", empty=True), _text("at"), _text("why"),
    )
    # fmt: on


def downgrade() -> None:
    """Forget it again."""
    for name in TABLES:
        op.drop_table(name)
    op.drop_column("policy_activations", "waits")


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
