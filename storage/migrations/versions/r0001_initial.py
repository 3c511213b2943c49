"""The first schema: inbox, cases, runs, plans, moves, approvals, sagas, effects, budgets, policies and the ledger."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

REFUSED = "the ledger is append-only"


def upgrade() -> None:
    """Create every table, then the triggers that guard the ledger."""
    for family in (_arrivals, _work, _decisions, _limits, _execution, _ledger):
        family()
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def downgrade() -> None:
    """There is nothing before the first schema."""
    raise ValueError("the first schema cannot be taken back: delete the database instead")


def _table(name: str, *columns: sa.Column[Any], indexes: tuple[str, ...] = ()) -> None:
    op.create_table(name, *columns)
    for column in indexes:
        op.create_index(f"ix_{name}_{column}", name, [column])


def _text(name: str, *refers: sa.ForeignKey, key: bool = False, empty: bool = False) -> sa.Column[Any]:
    """Text compared byte by byte; moments are text too."""
    kind = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    return sa.Column(name, kind, *refers, primary_key=key, nullable=empty)


def _whole(
    name: str, *refers: sa.ForeignKey, key: bool = False, unique: bool = False, empty: bool = False
) -> sa.Column[Any]:
    """A whole number of 64 bits."""
    return sa.Column(
        name, sa.BigInteger(), *refers, primary_key=key, nullable=empty, unique=unique or None, autoincrement=False
    )


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _bytes(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _arrivals() -> None:
    """What comes in, and how it is numbered and shared out."""
    # fmt: off
    _table(
        "inbox",
        _text("source", key=True), _text("id", key=True), _whole("position"), _text("subject"),
        _whole("sequence", empty=True), _text("received_at"), _text("body"), _text("body_hash"), _text("state"),
        _text("case", empty=True), _text("note"), indexes=("position", "state",),
    )
    _table(
        "inbox_sequences",
        _text("source", key=True), _text("subject", key=True), _whole("last"),
    )
    _table(
        "cases",
        _text("id", key=True), _whole("number"), _text("kind"), _text("state"), _text("opened_at"), _text("body"),
        indexes=("number", "state",),
    )
    _table(
        "counters",
        _text("name", key=True), _whole("value"),
    )
    _table(
        "leases",
        _text("name", key=True), _text("owner"), _text("expires_at"),
    )
    # fmt: on


def _work() -> None:
    """The runs, what they know and what they plan."""
    # fmt: off
    _table(
        "runs",
        _text("id", key=True), _whole("number"), _text("case"), _text("kind"), _text("state"), _whole("revision"),
        _text("planner"), _text("fallback"), _text("facts", empty=True), _text("policy", empty=True),
        _text("request"), _text("actor"), _text("worker"), _text("failure"), _text("created_at"),
        _text("finished_at", empty=True), indexes=("number", "case", "state",),
    )
    _table(
        "run_events",
        _text("run", sa.ForeignKey("runs.id"), key=True), _whole("seq", key=True), _text("at"), _text("kind"),
        _text("body"),
    )
    _table(
        "snapshots",
        _text("id", key=True), _text("taken_at"), _whole("size"), _bytes("body"), indexes=("taken_at",),
    )
    _table(
        "plans",
        _text("case", key=True), _whole("revision", key=True), _text("run", sa.ForeignKey("runs.id")),
        _text("digest"), _text("created_at"), _text("body"), indexes=("run",),
    )
    # fmt: on


def _decisions() -> None:
    """What is proposed, what it holds, and who decides it."""
    # fmt: off
    _table(
        "moves",
        _text("id", key=True), _text("case"), _text("run", sa.ForeignKey("runs.id")), _whole("revision"),
        _whole("position"), _text("state"), _text("reason"), _text("verdict", empty=True), _text("body"),
        indexes=("case", "run", "state",),
    )
    _table(
        "claims",
        _text("move", sa.ForeignKey("moves.id"), key=True), _text("sku", key=True), _text("site", key=True),
        _text("inbound", key=True), _text("case"), _whole("quantity"), _text("expires_at"), indexes=("expires_at",),
    )
    _table(
        "approvals",
        _text("id", key=True), _whole("number"), _text("move", sa.ForeignKey("moves.id")), _text("case"),
        _text("run"), _whole("position"), _text("role"), _text("state"), _text("shown"), _text("policy"),
        _text("facts"), _flag("four_eyes"), _text("asked_by"), _text("edited_by"), _text("created_at"),
        _text("expires_at"), _text("decided_by", empty=True), _text("decided_at", empty=True), _text("reason"),
        indexes=("number", "move", "case", "run", "state",),
    )
    # fmt: on


def _limits() -> None:
    """What may be done at all."""
    # fmt: off
    _table(
        "budgets",
        _text("scope_kind", key=True), _text("scope_key", key=True), _text("measure", key=True), _whole("total"),
    )
    _table(
        "policies",
        _text("id", key=True), _text("body"),
    )
    _table(
        "policy_activations",
        _whole("seq", key=True), _text("policy", sa.ForeignKey("policies.id")), _text("active_from"),
        _text("activated_by"),
    )
    _table(
        "switches",
        _text("system", key=True), _flag("stopped"), _text("by"), _text("at"), _text("why"),
    )
    # fmt: on


def _execution() -> None:
    """What is carried out in other systems."""
    # fmt: off
    _table(
        "sagas",
        _text("move", sa.ForeignKey("moves.id"), key=True), _whole("seq", unique=True), _text("state"),
        _whole("step"), _whole("attempts"), _text("note"), _text("created_at"), _text("updated_at"),
        indexes=("state",),
    )
    _table(
        "effects",
        _text("key", key=True), _whole("position"), _text("move", sa.ForeignKey("moves.id")), _text("action"),
        _text("operation"), _text("body_hash"), _text("state"), _text("receipt"), _whole("attempts"),
        _text("created_at"), _text("updated_at"), indexes=("move", "state",),
    )
    # fmt: on


def _ledger() -> None:
    """The ledger: rows of hashes, and beside them what they say."""
    # fmt: off
    _table(
        "ledger",
        _whole("seq", key=True), _text("kind"), _whole("version"), _text("at"), _text("actor"),
        _text("case", empty=True), _text("run", empty=True), _text("move", empty=True), _text("action", empty=True),
        _text("content_hash"), _text("prev"), _text("hash"), indexes=("kind", "case", "run", "move",),
    )
    _table(
        "ledger_contents",
        _whole("seq", sa.ForeignKey("ledger.seq"), key=True), _text("body", empty=True),
        _text("redacted_at", empty=True),
    )
    # fmt: on


def _guard_sqlite() -> None:
    """Triggers: rows never change; a content may only be emptied."""
    rules = (
        ("ledger_never_changes", "BEFORE UPDATE ON ledger"),
        ("ledger_never_shrinks", "BEFORE DELETE ON ledger"),
        ("ledger_contents_never_shrink", "BEFORE DELETE ON ledger_contents"),
        (
            "ledger_contents_only_emptied",
            "BEFORE UPDATE ON ledger_contents WHEN NEW.body IS NOT NULL OR NEW.seq <> OLD.seq",
        ),
    )
    for name, when in rules:
        op.execute(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END")


def _guard_postgresql() -> None:
    """The same, and TRUNCATE is refused too."""
    op.execute(
        "CREATE FUNCTION quartermaster_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSED}'; END $$"
    )
    rules = (
        ("ledger_never_changes", "BEFORE UPDATE OR DELETE ON ledger FOR EACH ROW"),
        ("ledger_never_emptied", "BEFORE TRUNCATE ON ledger FOR EACH STATEMENT"),
        ("ledger_contents_never_shrink", "BEFORE DELETE ON ledger_contents FOR EACH ROW"),
        ("ledger_contents_never_emptied", "BEFORE TRUNCATE ON ledger_contents FOR EACH STATEMENT"),
        (
            "ledger_contents_only_emptied",
            "BEFORE UPDATE ON ledger_contents FOR EACH ROW WHEN (NEW.body IS NOT NULL OR NEW.seq <> OLD.seq)",
        ),
    )
    for name, when in rules:
        op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION quartermaster_append_only()")
