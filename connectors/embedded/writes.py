"""The distributor's six systems, as far as they may be written. Held by the gate alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from connectors.embedded import desks, erp, substitution, transfers, warehouse
from connectors.embedded.effects import EFFECT_CLASSES, Desk
from connectors.embedded.stock import Bucket
from connectors.writes import Receipt, Writes
from domain.inventory import ReservationKind

__all__ = ["EFFECT_CLASSES", "writes"]


class _System:
    """One system's writes; each names its operation, its body and the room that does the work."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def _do(self, operation: str, key: str, work: Callable[..., None], **body: Any) -> Receipt:
        return self._desk.carry_out(operation, key, body, lambda db, ref, now: work(db, ref, now, **body))


def _on_line(work: Callable[..., None], body: Mapping[str, Any]) -> Callable[[Connection, str, datetime], None]:
    """`work` of the reservation room, with the line found and its SKU locked."""

    def run(db: Connection, reference: str, now: datetime) -> None:
        row = erp.line_of_sku(db, body["line"], body["sku"])
        bucket = Bucket(body["sku"], body["site"], body["inbound"])
        rest = {name: body[name] for name in ("quantity", "kind", "earmark")}
        work(db, reference, now, row=row, bucket=bucket, **rest)

    return run


class ErpDesk(_System):
    """Reservations, promises and transfers."""

    def reserve(
        self, key: str, *, line: str, sku: str, site: str, quantity: int, kind: ReservationKind,
        inbound: str | None = None, earmark: str | None = None,
    ) -> Receipt:  # fmt: skip
        body = {"line": line, "sku": sku, "site": site, "quantity": quantity, "kind": ReservationKind(kind),
                "inbound": inbound, "earmark": earmark}  # fmt: skip
        return self._desk.carry_out("erp.reserve", key, body, _on_line(erp.reserve, body))

    def release(
        self, key: str, *, line: str, sku: str, site: str, quantity: int, kind: ReservationKind,
        inbound: str | None = None, earmark: str | None = None,
    ) -> Receipt:  # fmt: skip
        body = {"line": line, "sku": sku, "site": site, "quantity": quantity, "kind": ReservationKind(kind),
                "inbound": inbound, "earmark": earmark}  # fmt: skip
        return self._desk.carry_out("erp.release", key, body, _on_line(erp.release, body))

    def free_earmark(self, key: str, *, earmark: str) -> Receipt:
        return self._do("erp.free_earmark", key, erp.free_earmark, earmark=earmark)

    def update_promise(self, key: str, *, line: str, promised: date) -> Receipt:
        return self._do("erp.update_promise", key, erp.update_promise, line=line, promised=promised)

    def transfer(
        self, key: str, *, sku: str, from_site: str, to_site: str, quantity: int, ship_on: date,
        request: str | None = None, earmark: str | None = None,
    ) -> Receipt:  # fmt: skip
        return self._do(
            "erp.transfer", key, transfers.transfer, sku=sku, from_site=from_site, to_site=to_site, quantity=quantity,
            ship_on=ship_on, request=request, earmark=earmark,
        )  # fmt: skip

    def cancel_transfer(self, key: str, *, reference: str) -> Receipt:
        return self._do("erp.cancel_transfer", key, transfers.cancel_transfer, reference=reference)

    def substitute(self, key: str, *, line: str, alternative: str, site: str, quantity: int) -> Receipt:
        return self._do(
            "erp.substitute", key, substitution.substitute, line=line, alternative=alternative, site=site,
            quantity=quantity,
        )  # fmt: skip

    def cancel_substitute(self, key: str, *, reference: str) -> Receipt:
        return self._do("erp.cancel_substitute", key, substitution.cancel_substitute, reference=reference)


class WmsDesk(_System):
    """Waves and picks."""

    def hold(self, key: str, *, wave: str, line: str | None = None) -> Receipt:
        return self._do("wms.hold", key, warehouse.hold, wave=wave, line=line)

    def release(self, key: str, *, wave: str, line: str | None = None) -> Receipt:
        return self._do("wms.release", key, warehouse.release, wave=wave, line=line)

    def resequence(self, key: str, *, wave: str, tasks: tuple[str, ...]) -> Receipt:
        return self._do("wms.resequence", key, warehouse.resequence, wave=wave, tasks=tuple(tasks))


class TmsDesk(_System):
    """Carriers."""

    def rebook(self, key: str, *, wave: str, carrier: str) -> Receipt:
        return self._do("tms.rebook", key, desks.rebook, wave=wave, carrier=carrier)


class CrmDesk(_System):
    """Tasks for people."""

    def create_task(self, key: str, *, customer: str, order: str, subject: str, notice: str) -> Receipt:
        return self._do(
            "crm.create_task", key, desks.create_task, customer=customer, order=order, subject=subject, notice=notice
        )

    def escalate(self, key: str, *, role: str, case: str, reason: str) -> Receipt:
        return self._do("crm.escalate", key, desks.escalate, role=role, case=case, reason=reason)

    def withdraw(self, key: str, *, reference: str, why: str) -> Receipt:
        return self._do("crm.withdraw", key, desks.withdraw, reference=reference, why=why)


class ProcurementDesk(_System):
    """Buying and hurrying."""

    def request_replenishment(
        self, key: str, *, sku: str, site: str, quantity: int, needed_by: date, supplier: str | None = None
    ) -> Receipt:
        return self._do(
            "procurement.request_replenishment", key, desks.request_replenishment, sku=sku, site=site,
            quantity=quantity, needed_by=needed_by, supplier=supplier,
        )  # fmt: skip

    def cancel_replenishment(self, key: str, *, reference: str) -> Receipt:
        return self._do("procurement.cancel_replenishment", key, desks.cancel_replenishment, reference=reference)

    def expedite(self, key: str, *, inbound: str, eta: date, cost: Decimal) -> Receipt:
        return self._do("procurement.expedite", key, desks.expedite, inbound=inbound, eta=eta, cost=cost)


class FinanceDesk(_System):
    """Credit."""

    def request_credit_release(self, key: str, *, customer: str, order: str, amount: Decimal) -> Receipt:
        return self._do(
            "finance.request_credit_release", key, desks.request_credit_release, customer=customer, order=order,
            amount=amount,
        )  # fmt: skip

    def withdraw_credit_release(self, key: str, *, reference: str) -> Receipt:
        return self._do("finance.withdraw_credit_release", key, desks.withdraw_credit_release, reference=reference)


def writes(desk: Desk) -> Writes:
    """The six systems for writing."""
    return Writes(
        erp=ErpDesk(desk),
        wms=WmsDesk(desk),
        tms=TmsDesk(desk),
        crm=CrmDesk(desk),
        procurement=ProcurementDesk(desk),
        finance=FinanceDesk(desk),
    )
