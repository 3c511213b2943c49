"""One write to another system: intent before the call, outcome after it, the same key for ever."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.writes import EffectClass, Receipt
from domain.canonical import digest
from domain.errors import DependencyDown, EffectRefused, ManualCheck, UnknownOutcome
from guardrails.chain import EntryKind
from guardrails.gate.because import because
from guardrails.ledger import Ledger
from storage import effects
from storage.database import Database, Session
from storage.records import EffectRecord, EffectState, MoveRecord

ACTOR = "gate"
NOT_SENT = "not sent"
"""The receipt of an intent that certainly never reached the other system."""


@dataclass(frozen=True)
class Sending:
    """What is to be sent: for which action of which move, which operation, under which key, and the call itself."""

    record: MoveRecord
    action: str
    operation: str
    key: str
    body: Any
    call: Callable[[], Receipt]


class Sender:
    """Sends each write exactly once per key, as far as the other system's effect class allows."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        now: Callable[[], datetime],
        classes: Mapping[str, EffectClass],
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._now = now
        self._classes = classes

    def send(self, sending: Sending, *, after: Callable[[Session], None] | None = None) -> Receipt:
        """The receipt, from the other system or, when it was done before, from our record.

        `after` runs in the transaction that records success. Raises DependencyDown (not done), UnknownOutcome (ask
        again, same key), ManualCheck (a person must look), EffectRefused (for good), Conflict (key with another body).
        """
        known = self._intend(sending)
        if known.state in (EffectState.DONE, EffectState.UNDONE):
            return Receipt(reference=known.receipt, replayed=True)
        if known.state is EffectState.REFUSED:
            raise EffectRefused(known.receipt, field=sending.operation, fix="plan again on fresh facts")
        try:
            receipt = sending.call()
        except UnknownOutcome as lost:
            self._settle(sending, EffectState.UNKNOWN, "", str(lost), None)
            raise
        except DependencyDown:
            self._never_sent(sending, known)
            raise
        except EffectRefused as refused:
            self._settle(sending, EffectState.REFUSED, refused.message, str(refused), None)
            raise
        self._settle(sending, EffectState.DONE, receipt.reference, "", after)
        return receipt

    def _intend(self, sending: Sending) -> EffectRecord:
        """The row under this key, written and committed before anything is sent."""
        body_hash = digest("effect/1", {"operation": sending.operation, "body": sending.body})
        with self._database.write() as session:
            self._ledger.hold(session)
            now = self._now()
            known = effects.intend(
                session,
                sending.key,
                move=sending.record.id,
                action=sending.action,
                operation=sending.operation,
                body_hash=body_hash,
                at=now,
            )
            if known.state not in (EffectState.INTENT, EffectState.UNKNOWN):
                return known
            if self._may_not_ask_again(sending.operation, known):
                raise ManualCheck(
                    f"{sending.operation} may have been done under {sending.key}, and cannot be asked again",
                    field=sending.operation,
                    fix="look into the other system and settle the effect by hand",
                )
            effects.count_attempt(session, sending.key, now)
            effects.settle(session, sending.key, {EffectState.INTENT}, EffectState.INTENT, now, receipt="")
            if known.attempts == 0:
                said = {
                    "operation": sending.operation,
                    "key": sending.key,
                    "body_hash": body_hash,
                    "body": sending.body,
                }
                self._append(session, EntryKind.INTENT, sending, said)
        return known

    def _may_not_ask_again(self, operation: str, known: EffectRecord) -> bool:
        once = self._classes.get(operation, EffectClass.AT_MOST_ONCE) is EffectClass.AT_MOST_ONCE
        return once and known.attempts > 0 and known.receipt != NOT_SENT

    def _never_sent(self, sending: Sending, known: EffectRecord) -> None:
        """The system was down: note that nothing went out, unless an earlier sending is still in doubt."""
        if known.attempts and known.receipt != NOT_SENT:
            return
        with self._database.write() as session:
            effects.settle(
                session, sending.key, {EffectState.INTENT}, EffectState.INTENT, self._now(), receipt=NOT_SENT
            )

    def _settle(
        self, sending: Sending, state: EffectState, receipt: str, why: str, after: Callable[[Session], None] | None
    ) -> None:
        with self._database.write() as session:
            grounds = because(session, self._ledger, sending.record)
            self._ledger.hold(session)
            open_states = {EffectState.INTENT, EffectState.UNKNOWN}
            if not effects.settle(session, sending.key, open_states, state, self._now(), receipt=receipt[:4000]):
                return
            if after is not None:
                after(session)
            told = {"operation": sending.operation, "key": sending.key, "state": state, "receipt": receipt, "why": why}
            said = {**grounds, **told, "body": sending.body}
            self._append(session, EntryKind.OUTCOME, sending, said)

    def _append(self, session: Session, kind: EntryKind, sending: Sending, body: dict[str, Any]) -> None:
        record = sending.record
        self._ledger.append(
            session,
            kind,
            ACTOR,
            self._now(),
            body,
            case=record.case,
            run=record.run,
            move=record.id,
            action=sending.action,
        )
