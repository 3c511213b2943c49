"""What governance remembers, family by family: policies, autonomy, approvals, ledger, identity, overrides."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TABLES: tuple[str, ...] = ("ledger_checkpoints",)
"""What is new, in the order in which it may be dropped."""


HOLD = """
CREATE FUNCTION quartermaster_hold_ledger(turn bigint) RETURNS TABLE (seq bigint, hash text, at text)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(turn);
    PERFORM set_config('synchronous_commit', 'off', true);
    RETURN QUERY SELECT l.seq, l.hash, l.at FROM ledger l ORDER BY l.seq DESC LIMIT 1;
END $$
"""
"""Wait for the turn, then read the head, in one round trip: every statement of a volatile function sees what is
committed when it starts. Who holds the ledger commits without waiting for the disk; `Database.write` waits after it."""


def upgrade() -> None:
    """Create what is new, family by family."""
    _ledger()


def downgrade() -> None:
    """Forget it again."""
    for name in TABLES:
        op.drop_table(name)
    op.drop_index("ix_ledger_at", "ledger")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION quartermaster_hold_ledger(bigint)")


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


def _ledger() -> None:
    """Signed checkpoints, which nothing changes; and the ledger is found by time."""
    # fmt: off
    _table(
        "ledger_checkpoints",
        _whole("number", key=True), _whole("count"), _text("hash"), _text("at"), _text("key"), _text("signature"),
    )
    # fmt: on
    op.create_index("ix_ledger_at", "ledger", ["at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(HOLD)
        for name, when in (("changes", "UPDATE OR DELETE"), ("emptied", "TRUNCATE")):
            each = "STATEMENT" if when == "TRUNCATE" else "ROW"
            op.execute(
                f"CREATE TRIGGER ledger_checkpoints_never_{name} BEFORE {when} ON ledger_checkpoints "
                f"FOR EACH {each} EXECUTE FUNCTION quartermaster_append_only()"
            )
        return
    for name, when in (("change", "UPDATE"), ("shrink", "DELETE")):
        op.execute(
            f"CREATE TRIGGER ledger_checkpoints_never_{name} BEFORE {when} ON ledger_checkpoints "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )
