"""`database upgrade` and `database role`: what the owner of the database does, so that the application need not."""

from __future__ import annotations

import sys

from api.cli import exits
from api.cli.session import Session
from api.cli.view import view


def upgrade(session: Session) -> int:
    """`database upgrade`: the schema of this version."""
    from agent.runtime.administration import upgrade

    name = upgrade(session.settings())
    session.output.show("database", [view("database", "The schema is up to date", notes=[name])])
    return exits.OK


def role(session: Session, *, name: str, apply: bool) -> int:
    """`database role NAME`: print the SQL, or run it."""
    from agent.runtime.administration import grant_role, role_sql

    if not apply:
        print(role_sql(name), file=sys.stdout)
        return exits.OK
    grant_role(session.settings(), name)
    notes = ["It owns no table and cannot change the ledger. Give it a password, and its URL to the application."]
    session.output.show("role", [view("role", f"The role {name} may work with this database", notes=notes)])
    return exits.OK
