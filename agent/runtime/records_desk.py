"""The ledger as doors use it: verify, export, keep its head, sign it, and whose keys do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from agent.runtime.distrust import distrust
from domain.errors import IntegrityBroken, QuartermasterError
from domain.noun import Id, Noun, Text
from guardrails import redaction
from guardrails.attempts import Attempts
from guardrails.chain import EntryKind, Head, Verification
from guardrails.checkpoints import Checkpoint
from guardrails.explaining import Explanation, explain
from guardrails.heads import read_heads, record_checkpoint, record_head
from guardrails.keepers import must_hold
from guardrails.sealing import Sealing
from guardrails.signing import Keys

if TYPE_CHECKING:
    from agent.runtime.compose import Parts


class KeyView(Noun):
    """A key that signs or signed this ledger: for which entries, and whether its private half is here."""

    id: Id
    public: str
    since: int
    until: int | None = None
    at: str
    signs_here: bool = False


class RecordsDesk:
    """Verbs on the ledger of one installation."""

    def __init__(self, parts: Parts) -> None:
        settings = parts.settings
        self._parts = parts
        self._kept = 0
        self._keys = Keys(settings.keys or settings.home / "keys", settings.sign_command)
        self._sealing = Sealing(parts.database, parts.ledger, self._keys, parts.clock.now)
        self._attempts = Attempts(parts.database, parts.ledger, lambda: parts.policy, parts.people, parts.clock.now)
        self.trouble: Text = ""
        """Why the worker could not sign last time; "" when it could, or had nothing to sign."""

    @property
    def heads_file(self) -> Path:
        """Where the heads of the ledger are kept, outside the database."""
        return self._parts.settings.home / "heads.txt"

    @property
    def checkpoints_file(self) -> Path:
        """Where signed checkpoints are kept, outside the database."""
        return self._parts.settings.home / "checkpoints.jsonl"

    def verify(self, heads: Sequence[Head] | None = None, public_keys: Sequence[str] | None = None) -> Verification:
        """Whether the ledger is what was written; with heads, also that its end is there. Without `public_keys` the
        ones that lie in the folder of keys are used."""
        held = tuple(public for _, public, _ in self._keys.listed()) if public_keys is None else public_keys
        return self._parts.ledger.verify_now(heads, held)

    def head(self) -> Head:
        """How far the ledger has come."""
        with self._parts.database.read() as session:
            return self._parts.ledger.head(session)

    def keep_head(self) -> None:
        """Append the head to the heads file when the ledger has grown."""
        head = self.head()
        if head.count and head.count != self._kept:
            self._parts.database.flush()  # nothing is told outside that the database could still lose
            record_head(self.heads_file, head.count, head.hash, self._parts.clock.now())
            self._kept = head.count

    def export(self, user: str = "operator") -> Iterator[str]:
        """The whole ledger as lines of canonical JSON, and the checkpoints over it, the last of them over the entry
        that tells of this export. What cannot be signed (`trouble`) is exported all the same."""
        parts = self._parts
        with parts.database.write() as session:
            parts.ledger.append(session, EntryKind.EXPORT, user, parts.clock.now(), {"what": "ledger"})
        self.keep_head()
        if self.keys():
            self._try()
        with parts.database.read() as session:
            yield from parts.ledger.export(session)

    def keys(self) -> tuple[KeyView, ...]:
        """Every key of this ledger, the one in force last."""
        here = {key for key, _, private in self._keys.listed() if private or self._keys.external}
        with self._parts.database.read() as session:
            spans = self._sealing.spans(session)
        return tuple(KeyView(**span.model_dump(), signs_here=span.id in here) for span in spans)

    def begin_keys(self, user: str, public: Path | None = None) -> KeyView:
        """The first key of this ledger: a new one, or (`public`) the one that the signing command holds. It signs at
        once. Conflict when there is one."""
        return self._introduce(user, public, rotate=False)

    def rotate_keys(self, user: str, public: Path | None = None) -> KeyView:
        """A new key takes over; both sign that it does, and the new one signs the chain at once. The old one stays
        known and signs nothing more."""
        self._keeper(user)
        self.sign(user)
        return self._introduce(user, public, rotate=True)

    def _keeper(self, user: str) -> str:
        with self._attempts.recorded(user, "keys"):
            person = self._parts.people.person(user)
            must_hold(person, self._parts.policy.records.keys, "the keys of the ledger are kept")
            return person.id

    def _introduce(self, user: str, public: Path | None, *, rotate: bool) -> KeyView:
        actor = self._keeper(user)
        key = self._keys.make() if public is None else self._keys.adopt(public)
        try:
            span = self._sealing.introduce(key, actor, rotate=rotate)
        except QuartermasterError:
            self._keys.forget(key)
            raise
        self._keys.publish(key)
        self.checkpoint(user)
        return KeyView(**span.model_dump(), signs_here=True)

    def checkpoint(self, user: str = "ledger") -> Checkpoint | None:
        """Sign how far the ledger has come, and keep that outside too; None when nothing came since the last time.

        Raises IntegrityBroken, signs nothing and lowers every level of autonomy when the ledger or the heads file shows
        that it was tampered with.
        """
        try:
            made = self._sealing.checkpoint(self._heads(), user)
        except IntegrityBroken as broken:
            distrust(self._parts, broken.message)
            raise
        if made is not None:
            record_checkpoint(self.checkpoints_file, made)
            self.keep_head()
        return made

    def sign(self, user: str) -> Checkpoint | None:
        """The same by a person; NotAllowed for anybody else."""
        return self.checkpoint(self._parts.people.person(user).id)

    def seal(self, alarm: Callable[[str], None] | None = None) -> Checkpoint | None:
        """What a worker does again and again: sign when so many entries came, or so many minutes went by, since the
        last checkpoint. Why it cannot is told to `alarm`, once, and stands in `trouble`; work goes on."""
        return self._try(alarm) if self._due() else None

    def _try(self, alarm: Callable[[str], None] | None = None) -> Checkpoint | None:
        try:
            made = self.checkpoint()
        except QuartermasterError as error:
            if alarm is not None and str(error) != self.trouble:
                alarm(str(error))
            self.trouble = str(error)[:4000]
            return None
        self.trouble = ""
        return made

    def _due(self) -> bool:
        settings, now = self._parts.settings, self._parts.clock.now()
        with self._parts.database.read() as session:
            last = self._sealing.last(session)
            if last is None:
                return bool(self._sealing.spans(session))
            ahead = self._parts.ledger.head(session).count - last.count - 1  # the entry of the checkpoint itself
        waited = now - datetime.fromisoformat(last.at) >= timedelta(minutes=settings.checkpoint_minutes)
        return ahead >= settings.checkpoint_entries or (ahead > 0 and waited)

    def redact(
        self, seq: int, user: str, reason_code: str, why: str, covers: redaction.Covers = "entry"
    ) -> redaction.Redaction:
        """Ask that what entry `seq` says be taken away (with `run`: what its run was told, too). Another person
        confirms the digest of the answer; until then nothing is gone."""
        parts = self._parts
        with self._attempts.recorded(user, "redact"), parts.database.write() as session:
            parts.ledger.hold(session)
            person, now = parts.people.get(user), parts.clock.now()
            return redaction.ask(
                session,
                parts.ledger,
                parts.policy,
                person,
                seq,
                covers=covers,
                reason_code=reason_code,
                why=why,
                at=now,
            )

    def confirm_redaction(self, seq: int, user: str, digest: str) -> redaction.Redaction:
        """Do what was asked: the content is gone for good, and the ledger says by whom and why."""
        parts = self._parts
        with self._attempts.recorded(user, "confirm_redaction"), parts.database.write() as session:
            parts.ledger.hold(session)
            person, now = parts.people.get(user), parts.clock.now()
            return redaction.confirm(session, parts.ledger, parts.policy, parts.people, person, seq, digest, at=now)

    def redactions(self) -> tuple[redaction.Redaction, ...]:
        """Every redaction done, then those that wait for a second person."""
        with self._parts.database.read() as session:
            return redaction.listed(session, self._parts.ledger)

    def explain(self, seq: int) -> Explanation:
        """Who, what, when, on which facts, under which policy, by which planner and model, why, approved by whom, with
        what result: the answers of one entry, with those it follows from."""
        with self._parts.database.read() as session:
            return explain(session, self._parts.ledger, seq)

    def _heads(self) -> tuple[Head, ...]:
        files = [file for file in (self.heads_file, self.checkpoints_file) if file.exists()]
        return tuple(head for file in files for head in read_heads(file))
