"""What went wrong in our database, in words its user can act on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from domain.errors import Conflict, IntegrityBroken, QuartermasterError, StorageFailed

# What the drivers say (lower case; PostgreSQL in English) -> what we say, and the fix. The first that fits counts.
_SAYINGS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("database is locked", "database table is locked", "locknotavailable", "lock timeout"),
        "another process holds the database",
        "wait until it has finished, or stop it, and try again",
    ),
    (
        ("deadlock", "could not serialize"),
        "two writers waited for each other and this one gave way",
        "try again",
    ),
    (
        ("permission denied for", "must be owner", "insufficientprivilege"),
        "this database user may not do that",
        "if the schema is older than the program, let its owner run `quartermaster database upgrade`",
    ),
    (
        ("readonly database", "read-only", "permission denied"),
        "the database cannot be written",
        "make the data folder writable, or point QUARTERMASTER_HOME at one that is",
    ),
    (
        ("disk is full", "no space left", "diskfull"),
        "the disk is full",
        "free some space and try again; nothing half-written was kept",
    ),
    (
        ("disk i/o error",),
        "the disk cannot be read or written, or has no space left",
        "free some space and check the disk; nothing half-written was kept",
    ),
    (
        ("no such table", "undefinedtable", "no such column", "undefinedcolumn"),
        "the database has not been set up for this version",
        "run any command that may write, or have the deployment upgrade the database first",
    ),
    (
        ("unable to open database file",),
        "the database file cannot be opened",
        "check that its folder exists and is writable, or set QUARTERMASTER_HOME",
    ),
    (
        ("file is not a database", "malformed"),
        "the file is damaged or is not a database",
        "restore it from a backup, or name another file in QUARTERMASTER_DATABASE_URL",
    ),
    (
        ("password authentication failed", "no password supplied"),
        "the database did not accept the user or password",
        "check QUARTERMASTER_DATABASE_URL",
    ),
    (
        ("connection", "could not connect", "does not exist", "failed to resolve", "server closed"),
        "the database server cannot be reached",
        "check that it runs and that QUARTERMASTER_DATABASE_URL names it",
    ),
)


def _explain(error: DBAPIError | sqlite3.Error, where: str) -> QuartermasterError:
    """The error of ours for one of the driver's. `where` names the database, without its password."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    said = f"{type(cause).__name__}: {cause}".strip()
    if "append-only" in said:
        return IntegrityBroken("the ledger is append-only", field="ledger", fix="append a correction instead")
    if isinstance(error, IntegrityError):
        first = said.splitlines()[0]
        return Conflict(f"this is recorded already or refers to nothing ({first})", fix="read it again and decide anew")
    for signs, message, fix in _SAYINGS:
        if any(sign in said.lower() for sign in signs):
            return StorageFailed(f"{message} ({where})", field="database", fix=fix)
    first = said.splitlines()[0]
    return StorageFailed(f"the database failed: {first} ({where})", field="database", fix="see the log of the database")


@contextmanager
def explained(where: Callable[[], str]) -> Iterator[None]:
    """Turn what the database driver raises inside into an error of ours with a fix."""
    try:
        yield
    except PoolTimeout as error:
        raise StorageFailed(
            f"all connections to the database are in use ({where()})", field="database", fix="try again in a moment"
        ) from error
    except (DBAPIError, sqlite3.Error) as error:
        raise _explain(error, where()) from error
    except StatementError as error:
        if isinstance(error.orig, QuartermasterError):  # a value of ours that refused to be written
            raise error.orig from error
        raise
