"""What the owner of the database does before the application opens it: the schema, and the role it works under."""

from __future__ import annotations

from agent.settings import Settings
from storage import role
from storage.database import Database


def upgrade(settings: Settings) -> str:
    """Bring the schema up to this version; the name of the database."""
    database = Database(settings.database)
    try:
        database.upgrade()
        return database.name
    finally:
        database.close()


def role_sql(name: str) -> str:
    """The SQL of the least-privilege role, for the owner of the tables to run."""
    return ";\n".join(role.statements(name)) + ";"


def grant_role(settings: Settings, name: str) -> None:
    """Make the role, or bring its rights up to date, with the schema of this version."""
    database = Database(settings.database)
    try:
        database.upgrade()
        role.grant(database, name)
    finally:
        database.close()
