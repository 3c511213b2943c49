"""What may be written to other systems. Only the gate holds these.

Every method takes an idempotency `key` first: the same key with the same body is carried out once and answers the same
receipt with `replayed=True`; the same key with another body raises EffectRefused. DependencyDown: not done.
UnknownOutcome: sent, no reply, ask again with the same key. EffectRefused: refused for good (no such line, not enough
units). An adapter declares per operation how it keeps the promise in `EFFECT_CLASSES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from domain.inventory import ReservationKind
from domain.noun import Id, Noun


class EffectClass(StrEnum):
    """How an operation of an adapter becomes exactly-once."""

    NATIVE_KEY = "native_key"
    LOOKUP = "lookup"
    ABSOLUTE = "absolute"
    AT_MOST_ONCE = "at_most_once"


class Receipt(Noun):
    """What the other system answered: its reference, and whether it had done this before."""

    reference: Id
    replayed: bool = False


class ErpWrites(Protocol):
    """Reservations, promises and transfers."""

    def reserve(
        self,
        key: str,
        *,
        line: str,
        sku: str,
        site: str,
        quantity: int,
        kind: ReservationKind,
        inbound: str | None = None,
        earmark: str | None = None,
    ) -> Receipt:
        """Reserve for a line, from the units earmarked under `earmark` first, then from free units. All or nothing."""
        ...

    def release(
        self,
        key: str,
        *,
        line: str,
        sku: str,
        site: str,
        quantity: int,
        kind: ReservationKind,
        inbound: str | None = None,
        earmark: str | None = None,
    ) -> Receipt:
        """Take units back from a line; with `earmark` (a move id) nobody else can reserve them. All or nothing."""
        ...

    def free_earmark(self, key: str, *, earmark: str) -> Receipt:
        """Give back what is still earmarked under this move."""
        ...

    def update_promise(self, key: str, *, line: str, promised: date) -> Receipt: ...
    def transfer(
        self,
        key: str,
        *,
        sku: str,
        from_site: str,
        to_site: str,
        quantity: int,
        ship_on: date,
        request: str | None = None,
        earmark: str | None = None,
    ) -> Receipt: ...
    def cancel_transfer(self, key: str, *, reference: str) -> Receipt: ...
    def substitute(self, key: str, *, line: str, alternative: str, site: str, quantity: int) -> Receipt: ...
    def cancel_substitute(self, key: str, *, reference: str) -> Receipt: ...


class WmsWrites(Protocol):
    """Waves and picks. `line=None` means the whole wave."""

    def hold(self, key: str, *, wave: str, line: str | None = None) -> Receipt: ...
    def release(self, key: str, *, wave: str, line: str | None = None) -> Receipt: ...
    def resequence(self, key: str, *, wave: str, tasks: tuple[str, ...]) -> Receipt: ...


class TmsWrites(Protocol):
    """Carriers."""

    def rebook(self, key: str, *, wave: str, carrier: str) -> Receipt: ...


class CrmWrites(Protocol):
    """Tasks for people outside this product."""

    def create_task(self, key: str, *, customer: str, order: str, subject: str, notice: str) -> Receipt: ...
    def escalate(self, key: str, *, role: str, case: str, reason: str) -> Receipt: ...
    def withdraw(self, key: str, *, reference: str, why: str) -> Receipt:
        """Correct a task that is no longer true; it stays visible as withdrawn."""
        ...


class ProcurementWrites(Protocol):
    """Buying and hurrying."""

    def request_replenishment(
        self, key: str, *, sku: str, site: str, quantity: int, needed_by: date, supplier: str | None = None
    ) -> Receipt: ...
    def cancel_replenishment(self, key: str, *, reference: str) -> Receipt: ...
    def expedite(self, key: str, *, inbound: str, eta: date, cost: Decimal) -> Receipt:
        """Take the supplier's offer as it stands; to give it back, the former day and the cost as a negative amount."""
        ...


class FinanceWrites(Protocol):
    """Credit."""

    def request_credit_release(self, key: str, *, customer: str, order: str, amount: Decimal) -> Receipt: ...
    def withdraw_credit_release(self, key: str, *, reference: str) -> Receipt: ...


@dataclass(frozen=True)
class Writes:
    """The six systems, as far as they may be written. Held by the gate alone."""

    erp: ErpWrites
    wms: WmsWrites
    tms: TmsWrites
    crm: CrmWrites
    procurement: ProcurementWrites
    finance: FinanceWrites
