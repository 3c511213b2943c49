"""The one table from an action to the connector call that carries it out, and to the call that undoes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.writes import Receipt, Writes
from domain.actions import SYSTEM_OF
from domain.errors import EffectRefused, IntegrityBroken
from domain.facts import Facts


@dataclass(frozen=True)
class Undoing:
    """What an undo has to go by: the reference of what was done, and the facts it was admitted on."""

    reference: str
    before: Facts


Do = Callable[[Writes, str, str, Any], Receipt]
"""(writes, key, move id, action) -> receipt."""

Undo = Callable[[Writes, str, str, Any, Undoing], Receipt]


@dataclass(frozen=True)
class Effect:
    """How an action kind is carried out: `system.operation` names as connectors declare them, and the calls."""

    operation: str
    do: Do
    undo_operation: str
    undo: Undo


def _reserve(writes: Writes, key: str, move: str, a: Any) -> Receipt:
    return writes.erp.reserve(
        key, line=a.line, sku=a.sku, site=a.site, quantity=a.quantity, kind=a.reservation, inbound=a.inbound,
        earmark=move,
    )  # fmt: skip


def _release(writes: Writes, key: str, move: str, a: Any) -> Receipt:
    return writes.erp.release(
        key, line=a.line, sku=a.sku, site=a.site, quantity=a.quantity, kind=a.reservation, inbound=a.inbound,
        earmark=move,
    )  # fmt: skip


def _transfer(writes: Writes, key: str, move: str, a: Any) -> Receipt:
    return writes.erp.transfer(
        key, sku=a.sku, from_site=a.from_site, to_site=a.to_site, quantity=a.quantity, ship_on=a.ship_on,
        request=a.request, earmark=move,
    )  # fmt: skip


def _substitute(writes: Writes, key: str, _move: str, a: Any) -> Receipt:
    return writes.erp.substitute(key, line=a.line, alternative=a.alternative, site=a.site, quantity=a.quantity)


def _replenish(writes: Writes, key: str, _move: str, a: Any) -> Receipt:
    return writes.procurement.request_replenishment(
        key, sku=a.sku, site=a.site, quantity=a.quantity, needed_by=a.needed_by, supplier=a.supplier
    )


def _unpromise(writes: Writes, key: str, _move: str, a: Any, _to: Undoing) -> Receipt:
    if a.old_date is None:
        raise _no_way_back(f"{a.line} had no promise date before")
    return writes.erp.update_promise(key, line=a.line, promised=a.old_date)


def _old_sequence(writes: Writes, key: str, _move: str, a: Any, to: Undoing) -> Receipt:
    before = {task.id: task.sequence for task in to.before.wave(a.wave).tasks}
    if not set(a.tasks) <= set(before):
        raise _no_way_back(f"the former order of wave {a.wave} is not known")
    tasks = tuple(sorted(a.tasks, key=lambda task: (before[task], task)))
    return writes.wms.resequence(key, wave=a.wave, tasks=tasks)


def _old_carrier(writes: Writes, key: str, _move: str, a: Any, to: Undoing) -> Receipt:
    return writes.tms.rebook(key, wave=a.wave, carrier=to.before.wave(a.wave).carrier)


def _old_eta(writes: Writes, key: str, _move: str, a: Any, to: Undoing) -> Receipt:
    return writes.procurement.expedite(
        key, inbound=a.inbound, eta=to.before.inbound_supply(a.inbound).eta, cost=-a.cost
    )


def _withdraw(writes: Writes, key: str, move: str, _a: Any, to: Undoing) -> Receipt:
    return writes.crm.withdraw(key, reference=to.reference, why=f"move {move} was taken back")


def _no_way_back(why: str) -> EffectRefused:
    return EffectRefused(f"{why}, so there is nothing to go back to", field="undo", fix="a person has to put it right")


DISPATCH: Mapping[str, Effect] = {
    "reserve": Effect(
        "erp.reserve", _reserve, "erp.release", lambda writes, key, move, a, _to: _release(writes, key, move, a)
    ),
    "release_reservation": Effect(
        "erp.release", _release, "erp.reserve", lambda writes, key, move, a, _to: _reserve(writes, key, move, a)
    ),
    "hold_wave": Effect(
        "wms.hold",
        lambda writes, key, _move, a: writes.wms.hold(key, wave=a.wave, line=a.line),
        "wms.release",
        lambda writes, key, _move, a, _to: writes.wms.release(key, wave=a.wave, line=a.line),
    ),
    "release_wave": Effect(
        "wms.release",
        lambda writes, key, _move, a: writes.wms.release(key, wave=a.wave, line=a.line),
        "wms.hold",
        lambda writes, key, _move, a, _to: writes.wms.hold(key, wave=a.wave, line=a.line),
    ),
    "resequence_picks": Effect(
        "wms.resequence",
        lambda writes, key, _move, a: writes.wms.resequence(key, wave=a.wave, tasks=a.tasks),
        "wms.resequence",
        _old_sequence,
    ),
    "request_replenishment": Effect(
        "procurement.request_replenishment",
        _replenish,
        "procurement.cancel_replenishment",
        lambda writes, key, _move, _a, to: writes.procurement.cancel_replenishment(key, reference=to.reference),
    ),
    "expedite_inbound": Effect(
        "procurement.expedite",
        lambda writes, key, _move, a: writes.procurement.expedite(key, inbound=a.inbound, eta=a.new_eta, cost=a.cost),
        "procurement.expedite",
        _old_eta,
    ),
    "transfer": Effect(
        "erp.transfer",
        _transfer,
        "erp.cancel_transfer",
        lambda writes, key, _move, _a, to: writes.erp.cancel_transfer(key, reference=to.reference),
    ),
    "substitute": Effect(
        "erp.substitute",
        _substitute,
        "erp.cancel_substitute",
        lambda writes, key, _move, _a, to: writes.erp.cancel_substitute(key, reference=to.reference),
    ),
    "update_promise": Effect(
        "erp.update_promise",
        lambda writes, key, _move, a: writes.erp.update_promise(key, line=a.line, promised=a.new_date),
        "erp.update_promise",
        _unpromise,
    ),
    "request_credit_release": Effect(
        "finance.request_credit_release",
        lambda writes, key, _move, a: writes.finance.request_credit_release(
            key, customer=a.customer, order=a.order, amount=a.amount
        ),
        "finance.withdraw_credit_release",
        lambda writes, key, _move, _a, to: writes.finance.withdraw_credit_release(key, reference=to.reference),
    ),
    "rebook_carrier": Effect(
        "tms.rebook",
        lambda writes, key, _move, a: writes.tms.rebook(key, wave=a.wave, carrier=a.carrier),
        "tms.rebook",
        _old_carrier,
    ),
    "create_customer_task": Effect(
        "crm.create_task",
        lambda writes, key, _move, a: writes.crm.create_task(
            key, customer=a.customer, order=a.order, subject=a.subject, notice=a.notice
        ),
        "crm.withdraw",
        _withdraw,
    ),
    "escalate": Effect(
        "crm.escalate",
        lambda writes, key, _move, a: writes.crm.escalate(key, role=a.role, case=a.case, reason=a.reason),
        "crm.withdraw",
        _withdraw,
    ),
}
"""Every action kind of the union."""


def check_complete() -> None:
    """IntegrityBroken unless every action kind is carried out in its own system; called when the gate is built."""
    for kind in sorted({*SYSTEM_OF, *DISPATCH}):
        effect = DISPATCH.get(kind)
        if effect is None or effect.operation.split(".")[0] != SYSTEM_OF.get(kind):
            raise IntegrityBroken(
                f"the action kind '{kind}' has no call in its system", field="DISPATCH", fix="add it to the table"
            )
