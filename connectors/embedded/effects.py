"""Carry an effect out exactly once per idempotency key: the key is kept in the transaction that does the work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from connectors.embedded.faults import Faults
from connectors.embedded.store import Store
from connectors.embedded.tables import effects
from connectors.writes import EffectClass, Receipt
from domain.canonical import digest
from domain.errors import EffectRefused, UnknownOutcome

Work = Callable[[Connection, str, datetime], None]
"""(connection, reference of this effect, now): does the work or raises EffectRefused."""

PREFIX = {
    "erp.reserve": "R", "erp.release": "E", "erp.free_earmark": "F", "erp.update_promise": "D", "erp.transfer": "T",
    "erp.cancel_transfer": "TC", "erp.substitute": "S", "erp.cancel_substitute": "SC",
    "wms.hold": "WH", "wms.release": "WR", "wms.resequence": "WS", "tms.rebook": "B",
    "crm.create_task": "C", "crm.escalate": "CE", "crm.withdraw": "CW",
    "procurement.request_replenishment": "P", "procurement.cancel_replenishment": "PC", "procurement.expedite": "X",
    "finance.request_credit_release": "K", "finance.withdraw_credit_release": "KW",
}  # fmt: skip
"""How the reference of each operation begins."""

EFFECT_CLASSES: Mapping[str, EffectClass] = dict.fromkeys(PREFIX, EffectClass.NATIVE_KEY)
"""`system.operation` -> how it becomes exactly-once. Every operation here keeps its key beside its effect."""


class Desk:
    """Takes effects in: refuses a key that came with another body, replays a known one, else does the work."""

    def __init__(
        self, store: Store, faults: Faults, clock: Callable[[], datetime], at_point: Callable[[str], None]
    ) -> None:
        self._store = store
        self._faults = faults
        self._clock = clock
        self._at_point = at_point

    def carry_out(self, operation: str, key: str, body: Mapping[str, object], work: Work) -> Receipt:
        """Do the work of `operation` ('system.verb') and answer its receipt.

        Raises EffectRefused (nothing done), DependencyDown (nothing done), UnknownOutcome (the reply was lost).
        """
        system, verb = operation.split(".")
        reference = f"{PREFIX[operation]}-{digest('reference/1', [system, key])[:12]}"
        fate = self._faults.before_write(system, verb)
        try:
            with self._store.write() as db:
                replayed = self._known(db, operation, key, reference, body)
                if not replayed:
                    work(db, reference, self._clock())
                self._at_point(f"{operation}:before_commit")
                if fate.dies == "before_commit":
                    self._faults.die()
        except EffectRefused:
            if fate.reply_lost:
                raise _lost(operation) from None
            raise
        self._at_point(f"{operation}:after_commit")
        if fate.dies == "after_commit":
            self._faults.die()
        if fate.reply_lost:
            raise _lost(operation)
        return Receipt(reference=reference, replayed=replayed)

    def _known(self, db: Connection, operation: str, key: str, reference: str, body: Mapping[str, object]) -> bool:
        """Take the key, or find it taken by the same effect; the loser of a race waits here for the winner's commit."""
        system, verb = operation.split(".")
        body_hash = digest("effect/1", {"operation": operation, "body": body})
        row = {"system": system, "key": key, "operation": verb, "body": body_hash, "reference": reference}
        made = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
        take = made(effects).values(**row, at=self._clock()).on_conflict_do_nothing().returning(effects.c.reference)
        if db.execute(take).first() is not None:
            return False
        known = db.execute(select(effects.c.body).where(effects.c.system == system, effects.c.key == key)).scalar_one()
        if known != body_hash:
            raise EffectRefused(
                f"{system} has done something else under the key '{key}'",
                field="key",
                fix="use a new key for a new effect; the same key only repeats the same one",
            )
        return True


def _lost(operation: str) -> UnknownOutcome:
    return UnknownOutcome(
        f"{operation} was sent, but no reply came", fix="ask again with the same key: it is carried out only once"
    )
