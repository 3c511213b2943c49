"""The database role of the application on PostgreSQL: it works with every table and can change nothing of the ledger.

The owner of the tables migrates; the role owns none of them, so it can neither drop nor disable a trigger, and it is
given no right to update, delete or empty what the triggers guard. Its own are only two schemas of work in progress: the
threads of waiting runs and the durable engine's.
"""

from __future__ import annotations

import re

from domain.errors import BadInput
from storage.database import Database
from storage.tables import METADATA

THREADS = "quartermaster_threads"
"""The schema of LangGraph's tables where there is such a role; else they stand beside ours."""
ENGINE = "dbos"
"""The schema of the durable engine."""

RIGHTS = {
    "ledger": "SELECT, INSERT",
    "ledger_checkpoints": "SELECT, INSERT",
    "ledger_contents": "SELECT, INSERT, UPDATE (body, redacted_at)",
    "deactivations": "SELECT, INSERT, UPDATE",
    "alembic_version": "SELECT",
}
"""What the role may do with these tables; with every other one it may read, add, change and take away rows."""

_NAME = re.compile(r"^[a-z_][a-z0-9_]{0,62}\Z")
_THREAD_TABLES = ("checkpoint_migrations", "checkpoints", "checkpoint_blobs", "checkpoint_writes")


def statements(role: str) -> tuple[str, ...]:
    """The SQL that makes the role, or brings its rights up to date; to be run by the owner of the tables.

    BadInput for a name that is no plain lower-case SQL name.
    """
    if not _NAME.match(role):
        raise BadInput(f"'{role[:80]}' is no name of a role", field="role", fix="use lower-case letters, digits and _")
    return (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') "
        f'THEN CREATE ROLE "{role}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE; END IF; END $$',
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM "{role}"',
        f'GRANT USAGE ON SCHEMA public TO "{role}"',
        *(f'GRANT {_rights(name)} ON "{name}" TO "{role}"' for name in (*sorted(METADATA.tables), "alembic_version")),
        *_own(THREADS, role),
        *(f'ALTER TABLE IF EXISTS public."{name}" SET SCHEMA {THREADS}' for name in _THREAD_TABLES),
        *(f'ALTER TABLE IF EXISTS {THREADS}."{name}" OWNER TO "{role}"' for name in _THREAD_TABLES),
        *_own(ENGINE, role),
        _each(
            f"SELECT '{ENGINE}.' || quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = '{ENGINE}'",
            "ALTER TABLE",
            role,
        ),
        _each(
            "SELECT p.oid::regprocedure::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
            f"WHERE n.nspname = '{ENGINE}'",
            "ALTER ROUTINE",
            role,
        ),
    )


def grant(database: Database, role: str) -> None:
    """Run them. BadInput on SQLite, where there are no roles."""
    if not database.is_postgresql:
        raise BadInput("SQLite has no roles", field="database", fix="protect the file by its owner and mode instead")
    made = statements(role)
    with database.write() as session:
        for statement in made:
            session.connection().exec_driver_sql(statement)


def _rights(table: str) -> str:
    return RIGHTS.get(table, "SELECT, INSERT, UPDATE, DELETE")


def _own(schema: str, role: str) -> tuple[str, str]:
    return (f'CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION "{role}"', f'ALTER SCHEMA {schema} OWNER TO "{role}"')


def _each(names: str, what: str, role: str) -> str:
    """Hand over everything that a query names."""
    hand_over = f"EXECUTE '{what} ' || found.name || ' OWNER TO \"{role}\"'"
    return f"DO $$ DECLARE found record; BEGIN FOR found IN {names} LOOP {hand_over}; END LOOP; END $$"
