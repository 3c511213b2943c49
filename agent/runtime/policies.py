"""The policy in force: read from its file, kept by content, and its change written to the ledger."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from domain.errors import UnknownReference
from guardrails.chain import EntryKind
from guardrails.ledger import Ledger
from guardrails.policy import Policy, default_text, parse, read_text
from storage import policies
from storage.database import Database, Session

ACTOR = "operator"
"""Who the ledger names for a change of the policy file: whoever runs the installation."""


def put_in_force(database: Database, ledger: Ledger, path: Path | None, at: datetime) -> Policy:
    """The policy of `path` (the shipped one when None), made the active one. BadInput for a bad file."""
    if path is None:
        text = default_text()
        policy = parse(text, "default.yaml")
    else:
        text = read_text(path)
        policy = parse(text, path.name)
    with database.read() as session:
        active = policies.active(session)
    if active is not None and active.id == policy.id:
        return policy
    with database.write() as session:
        policies.activate(session, policy.id, _kept_text(session, policy.id, text), at, ACTOR)
        body = {
            "policy": policy.id,
            "name": policy.name,
            "version": policy.version,
            "before": active.id if active else None,
        }
        ledger.append(session, EntryKind.POLICY, ACTOR, at, body)
    return policy


def _kept_text(session: Session, policy_id: str, text: str) -> str:
    """What a version was written as when it came first: comments and spaces do not make another version."""
    try:
        return policies.text_of(session, policy_id)
    except UnknownReference:
        return text


def of_version(database: Database, policy_id: str) -> Policy:
    """A policy that was in force once. UnknownReference when it never was."""
    with database.read() as session:
        return parse(policies.text_of(session, policy_id), policy_id).known_as(policy_id)
