"""`keys init`, `rotate`, `list` and `show`: whose signature stands under the ledger. No private key is ever printed."""

from __future__ import annotations

import sys
from pathlib import Path

from agent.runtime.records_desk import KeyView
from api.cli import exits
from api.cli.session import Session
from api.cli.view import View, view
from domain.errors import UnknownReference
from guardrails.signing import as_pem


def init(session: Session, *, public: Path | None) -> int:
    """`keys init`: the first key begins to sign."""
    with session.application() as application:
        made = application.records.begin_keys(session.user(session.settings()), public)
    return _told(session, made, f"{made.id} signs this ledger from entry {made.since} on")


def rotate(session: Session, *, public: Path | None) -> int:
    """`keys rotate`: a new key takes over from the one in force."""
    with session.application(create=False) as application:
        made = application.records.rotate_keys(session.user(session.settings()), public)
    return _told(session, made, f"{made.id} takes over at entry {made.since}; the key before it signs nothing more")


def list_(session: Session) -> int:
    """`keys list`."""
    with session.application(create=False) as application:
        session.output.show("keys", [_listed(application.records.keys())])
    return exits.OK


def show(session: Session, *, key: str | None) -> int:
    """`keys show [KEY]`: the public half as PEM, for `ledger verify --key`; the key in force when none is named."""
    with session.application(create=False) as application:
        known = application.records.keys()
    found = [one for one in known if key in (None, one.id)]
    if not found:
        raise UnknownReference(f"there is no key '{key or ''}'", field="key", fix="see `quartermaster keys list`")
    print(as_pem(found[-1].public), end="", file=sys.stdout)
    return exits.OK


def _listed(known: tuple[KeyView, ...]) -> View:
    rows = [[one.id, one.since, one.until, one.at, "yes" if one.signs_here else "no"] for one in known]
    notes = [] if known else ["None yet: `quartermaster keys init` begins to sign."]
    return view("keys", "Keys of the ledger", "key | from entry | until entry | since | signs here", rows, notes)


def _told(session: Session, made: KeyView, title: str) -> int:
    notes = ["Give `quartermaster keys show` to whoever verifies. Back the private key up: only it can hand over."]
    session.output.show("key", [view("key", title, notes=notes, data=made)])
    return exits.OK
