"""What the doors remember: conversations and their turns, who is signed in, what was said in Slack, the cards there."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create what is new, family by family."""
    _conversations()
    _sessions()
    _slack()
    _triage()


def downgrade() -> None:
    """Forget it again; nothing that was decided is in it."""
    for name in ("looks", "sweeps", "exceptions", "slack_cards", "slack_events", "sessions", "turns", "conversations"):
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


def _conversations() -> None:
    _table(
        "conversations",
        _text("id", key=True),
        _text("user"),
        _text("title"),
        _text("created_at"),
        _text("updated_at"),
        indexes=("user",),
    )
    _table(
        "turns",
        _text("conversation", sa.ForeignKey("conversations.id"), key=True),
        _whole("seq", key=True),
        _text("run", sa.ForeignKey("runs.id")),
        indexes=("run",),
    )


def _sessions() -> None:
    _table(
        "sessions",
        _text("id", key=True),
        _text("user"),
        _text("door"),
        _text("created_at"),
        _text("expires_at"),
        indexes=("user", "expires_at"),
    )


def _slack() -> None:
    op.create_table(
        "slack_events",
        _text("id", key=True),
        _text("message"),
        _text("enterprise"),
        _text("team"),
        _text("channel"),
        _text("thread"),
        _text("sender"),
        _text("text"),
        _text("state"),
        _text("run", sa.ForeignKey("runs.id"), empty=True),
        _text("case", sa.ForeignKey("cases.id"), empty=True),
        _text("stream"),
        _text("received_at"),
        sa.UniqueConstraint("message"),
    )
    for column in ("channel", "state", "run", "case"):
        op.create_index(f"ix_slack_events_{column}", "slack_events", [column])
    _table(
        "slack_cards",
        _text("approval", sa.ForeignKey("approvals.id"), key=True),
        _whole("number"),
        _text("case"),
        _text("channel"),
        _text("thread"),
        _text("ts"),
        _text("state"),
        _text("face"),
        _text("shown"),
        _text("owner"),
        _text("updated_at"),
        indexes=("case", "state"),
    )


def _triage() -> None:
    """What sweeps saw: exceptions, reports, and the last look."""
    # fmt: off
    _table(
        "exceptions",
        _whole("number", key=True), _text("kind"), _text("subject"), _text("mark"), _text("case"), _text("how"),
        _text("seen_at"), _text("healed_at", empty=True), _text("body"), indexes=("mark", "case"),
    )
    _table(
        "sweeps",
        _whole("number", key=True), _text("at"), _text("by"), _text("body"), indexes=("at",),
    )
    _table(
        "looks",
        _text("name", key=True), _text("at"), _text("body"),
    )
    # fmt: on
