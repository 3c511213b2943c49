"""The policy in force: what the database says counts now, for every process at once; and how an installation begins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from domain.errors import BadInput
from domain.noun import Id, Noun, Text
from guardrails.chain import EntryKind
from guardrails.changes import kept_text
from guardrails.ledger import Ledger
from guardrails.policy import Policy, default_text, parse, read_text
from guardrails.policy.scopes import MAIN
from guardrails.succession import effective
from storage import policies
from storage.database import Database, Session
from storage.policies import Activation

ACTOR = "operator"
"""Who the ledger names for the first version: whoever runs the installation."""
_PINNED = "policy in force"


class OtherFile(Noun):
    """The file that the installation was told of, when it does not say what is in force. `policy` is the id of what
    it says, `in_force` the id of what counts."""

    path: Text
    policy: Id
    in_force: Id

    @property
    def text(self) -> str:
        """What to tell whoever runs the installation."""
        return (
            f"the policy in force is {self.in_force}, and {self.path} says something else ({self.policy}). A policy "
            f"changes only by its owners: quartermaster policy propose {self.path} --why ..."
        )


class InForce:
    """Call it for the policy in force now. One that another process puts in force, or whose day comes, counts at once.

    Inside a transaction that writes it is the same from the first call on, and read in that transaction: whatever is
    judged in one transaction is judged by one policy.
    """

    def __init__(self, database: Database, now: Callable[[], datetime], entity: Id = MAIN) -> None:
        self._database = database
        self._now = now
        self._entity = entity
        self._turns: tuple[Activation, ...] = ()
        self._read: dict[str, Policy] = {}

    def __call__(self) -> Policy:
        """The policy in force."""
        writing = self._database.writing
        if writing is not None:
            found: Policy = writing.info.get(_PINNED) or writing.info.setdefault(_PINNED, self._look(writing))
            return found
        with self._database.read() as session:
            return self._look(session)

    def version(self, policy_id: str) -> Policy:
        """A policy that was ever in force or proposed, as this release reads it. UnknownReference otherwise."""
        if policy_id in self._read:
            return self._read[policy_id]
        with self._database.read() as session:
            return self.kept(session, policy_id)

    def remember(self, policy: Policy) -> None:
        """Take a policy that was read already as the version with its id."""
        self._read[policy.id] = policy.within(self._entity)

    def kept(self, session: Session, policy_id: str) -> Policy:
        """The same, read in this transaction."""
        if policy_id not in self._read:
            text = policies.text_of(session, policy_id)
            self._read[policy_id] = parse(text, policy_id).known_as(policy_id).within(self._entity)
        return self._read[policy_id]

    def _look(self, session: Session) -> Policy:
        turns = self._turns
        if not turns or policies.last_turn(session) != turns[0].seq:
            turns = self._turns = policies.turns(session)
        found = policies.at(turns, self._now())
        assert found is not None, "an installation begins with a policy"
        return self.kept(session, found.policy)


def begin(database: Database, ledger: Ledger, in_force: InForce, path: Path | None, at: datetime) -> OtherFile | None:
    """See that there is a policy: the first one of a data folder is that of `path` (the shipped one when None).

    Where there is one already it stays, and a file that says something else is told. What this release reads in the
    document in force by another id than the one kept (it knows more fields) is noted as the same document. BadInput for
    a file that is wrong, and for a document in force that this release cannot read while no file stands in for it.
    """
    with database.read() as session:
        turns = policies.turns(session)
        current = policies.at(turns, at)
        kept = None if current is None else policies.text_of(session, current.policy)
    written = None if path is None else read_text(path)
    given = None if path is None or written is None else parse(written, path.name)
    if current is None or kept is None:
        text = default_text() if written is None else written
        first = given or parse(text, "default.yaml")
        _first(database, ledger, first, text, at)
        in_force.remember(first)
        return None
    try:
        now = parse(kept, current.policy)
    except BadInput:
        if written is None or given is None:
            raise
        _replace(database, ledger, current.policy, given, written, at, _UNREADABLE)
        return None
    in_force.remember(now)
    if now.id != current.policy:
        _replace(database, ledger, current.policy, now, kept, at, _READ_ANEW)
    if given is None or path is None or given.id == now.id:
        return None
    return OtherFile(path=str(path), policy=given.id, in_force=now.id)


_READ_ANEW = "the same document, as this release reads it"
_UNREADABLE = "this release cannot read the document that was in force; the file of the operator stands in"


def _first(database: Database, ledger: Ledger, policy: Policy, text: str, at: datetime) -> None:
    starts = effective(policy)
    if starts is not None and starts > at:
        raise BadInput(
            f"the first policy of an installation is in force at once, and this one begins on {policy.effective_from}",
            field="effective_from",
            fix="leave effective_from out, or begin with another policy and propose this one",
        )
    with database.write() as session:
        ledger.hold(session)
        if policies.last_turn(session):
            return  # another process was quicker
        policies.activate(session, policy.id, text, at, ACTOR)
        body = {"did": "began", "policy": policy.id, "name": policy.name, "version": policy.version, "before": None}
        ledger.append(session, EntryKind.POLICY, ACTOR, at, body)


def _replace(
    database: Database, ledger: Ledger, before: str, policy: Policy, text: str, at: datetime, why: str
) -> None:
    """Put a document in force that no owner was asked about, because this release reads the other one differently."""
    with database.write() as session:
        ledger.hold(session)
        turns = policies.turns(session)
        current = policies.at(turns, at)
        if current is None or current.policy != before:
            return  # another process was quicker
        scheduled = [turn for turn in turns if turn.seq > current.seq]
        known = kept_text(session, policy.id, text) if why == _READ_ANEW else text
        policies.activate(session, policy.id, known, at, ACTOR)
        for turn in reversed(scheduled):
            body = policies.text_of(session, turn.policy)
            policies.activate(session, turn.policy, body, turn.active_from, turn.activated_by, waits=True)
        said = {"did": "read anew", "policy": policy.id, "name": policy.name, "version": policy.version}
        ledger.append(session, EntryKind.POLICY, ACTOR, at, {**said, "before": before, "why": why})
