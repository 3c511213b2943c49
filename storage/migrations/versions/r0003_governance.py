"""What governance remembers, family by family: policies, autonomy, approvals, ledger, identity, overrides."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TABLES: tuple[str, ...] = (
    "policy_consents",
    "policy_changes",
    "approval_steps",
    "approval_marks",
    "approval_snoozes",
    "delegations",
    "absences",
    "switch_turns",
    "ledger_checkpoints",
    "observations",
    "demotions",
    "deactivations",
    "slack_notes",
)
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
    _approvals()
    _ledger()
    _identity()
    _policy_changes()
    _autonomy()
    _slack_notes()


def _slack_notes() -> None:
    _table(
        "slack_notes",
        _whole("step", key=True),
        *(_text(name) for name in ("approval", "channel", "thread", "ts", "state", "owner", "updated_at")),
        indexes=("approval", "state"),
    )


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
    for name in APPROVAL_COLUMNS:
        op.drop_column("approvals", name)
    op.drop_index("ix_ledger_at", "ledger")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION quartermaster_hold_ledger(bigint)")


APPROVAL_COLUMNS = ("assigned_to", "escalated_from", "decided_for", "reason_code")


def _approvals() -> None:
    """Whom a question was given to, in whose name it was decided and why; its steps; roles in other hands; switches."""
    for name in ("assigned_to", "decided_for"):
        op.add_column("approvals", _text(name, empty=True))
    for name in ("escalated_from", "reason_code"):
        column = _text(name)
        column.server_default = sa.DefaultClause("")
        op.add_column("approvals", column)
    asked = sa.ForeignKey("approvals.id")
    _table(
        "approval_steps",
        _whole("number", key=True),
        _text("approval", asked),
        *(_text(name) for name in ("what", "by", "at", "of", "text")),
        indexes=("approval",),
    )
    _table(
        "approval_marks",
        _text("approval", sa.ForeignKey("approvals.id"), key=True),
        _text("mark", key=True),
        _text("shown", key=True),
        _text("at"),
    )
    _table(
        "approval_snoozes",
        _text("approval", sa.ForeignKey("approvals.id"), key=True),
        _text("user", key=True),
        _text("shown"),
        _text("until"),
    )
    names = ("giver", "taker", "role", "since", "until", "why", "created_at")
    _table(
        "delegations",
        _text("id", key=True),
        _whole("number"),
        *(_text(name) for name in names),
        _text("ended_at", empty=True),
        indexes=("taker",),
    )
    _table(
        "absences",
        _whole("number", key=True),
        *(_text(name) for name in ("user", "since", "until", "why", "created_at")),
        _text("ended_at", empty=True),
        indexes=("user",),
    )
    _table(
        "switch_turns",
        _whole("number", key=True),
        *(_text(name) for name in ("system", "what", "by", "at", "why")),
        indexes=("system",),
    )


def _autonomy() -> None:
    _table(
        "observations",
        _text("run", key=True),
        _text("case"),
        _whole("revision"),
        _text("levels"),
        _text("skus"),
        _text("planned_at"),
        _text("due_at"),
        _text("looked_at", empty=True),
        _text("facts", empty=True),
        _text("body", empty=True),
        indexes=("case", "planned_at", "due_at"),
    )
    _table(
        "demotions",
        _text("id", key=True),
        _whole("number"),
        _text("since"),
        _text("ended_at", empty=True),
        _text("body"),
        indexes=("number", "ended_at"),
    )


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


def _identity() -> None:
    """Who was deactivated."""
    # fmt: off
    _table(
        "deactivations", _text("user", key=True), _text("at"), _text("by"), _text("why"), _text("ended_at", empty=True)
    )
    # fmt: on
