"""What triage saw without anybody having said so: what each kind of signal asks for beyond sharing out stock."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agent.planners.rules.notebook import Notebook
from agent.planners.rules.sweep import skus_in_trouble
from domain.signals import Signal
from tools.orders import OrdersReport

Answer = Callable[[Notebook, Signal], frozenset[str]]
"""Does what a signal asks for, and answers the SKUs whose stock has to be shared out anew."""

TOLD = {"wave_at_risk": "wave_at_risk", "eta_moved": "supplier_delay", "inventory_discrepancy": "inventory_discrepancy",
        "credit_changed": "credit_hold"}  # fmt: skip
"""Signals that come as an event as well, and the kind of that event: then its handler has answered them."""
ASKED = {"wave_at_risk": "warehouse_manager", "credit_changed": "finance", "shipment_late": "operations"}
"""Who is asked to look when nothing can be planned; a planner otherwise."""


def answer_spotted(book: Notebook) -> frozenset[str]:
    """Answers every signal of the request that no event tells of; the SKUs to share out anew."""
    told = {event.data.kind for event in book.request.events}
    skus: frozenset[str] = frozenset()
    for signal in book.request.spotted:
        if TOLD.get(signal.kind) not in told:
            skus |= SPOTTED[signal.kind](book, signal)
    return skus


def ask_somebody(book: Notebook) -> None:
    """When nothing at all could be planned, a person is asked about what is still wrong. Supply that merely comes later
    and harms nobody is not."""
    for signal in book.request.spotted:
        if signal.kind != "eta_moved":
            _ask(book, signal, "")


def _ask(book: Notebook, signal: Signal, why: str) -> None:
    lines = [signal.subject] if book.facts.has("line", signal.subject) else []
    reason = f"{signal.title}. {signal.detail} {why or 'No move helps by itself.'}"
    book.propose("escalate", role=ASKED.get(signal.kind, "planner"), reason=reason[:1000], lines=lines)


def _own_sku(_: Notebook, signal: Signal) -> frozenset[str]:
    """The SKU whose stock is to be shared out anew."""
    return frozenset(signal.scope.skus)


def _shortage(book: Notebook, _: Signal) -> frozenset[str]:
    """SKUs of the scope in trouble."""
    return skus_in_trouble(book)


def _aging(book: Notebook, signal: Signal) -> frozenset[str]:
    """A line that has all its units in stock is not short of anything: the warehouse is asked why it has not left."""
    row = book.look(OrdersReport, "orders", line=signal.subject).lines
    if row and not row[0].uncovered and all(held.inbound is None for held in row[0].holdings):
        book.say(f"{signal.title}.")
        book.propose(
            "escalate",
            role="warehouse_manager",
            reason=f"{signal.title}, and all its {row[0].open} units are reserved from stock. Please release it.",
            lines=[signal.subject],
        )
        return frozenset()
    return frozenset(signal.scope.skus)


def buy_ahead(book: Notebook) -> None:
    """Asks for supply of what runs out, once stock is shared out: what that bought already is not bought again."""
    bought = {action.sku for move in book.moves for action in move.actions if action.kind == "request_replenishment"}
    for signal in book.request.spotted:
        if signal.kind != "stock_out_ahead" or signal.scope.skus[0] in bought:
            continue
        sku = signal.scope.skus[0]
        made = next((plan.id for plan in book.allocations if sku in plan.skus), None)
        asked = book.propose("replenish", sku=sku, allocation_id=made)
        bought.add(sku)
        if not asked.moves:
            _ask(book, signal, f"Nothing is bought: {asked.note}.")


def _says(book: Notebook, signal: Signal) -> frozenset[str]:
    """Nothing is short yet, so nothing is shared out; see `buy_ahead`."""
    book.say(f"{signal.title}.")
    return frozenset()


def _credit(book: Notebook, signal: Signal) -> frozenset[str]:
    """Over its limit and not on hold: that is finance's to say."""
    book.say(f"{signal.title}.")
    _ask(book, signal, "Please decide whether its orders may go on.")
    return frozenset()


def _asks(book: Notebook, signal: Signal) -> frozenset[str]:
    """Nothing to plan: a person is asked to look."""
    book.say(f"{signal.title}.")
    _ask(book, signal, "")
    return frozenset()


SPOTTED: Mapping[str, Answer] = {
    "inventory_discrepancy": _own_sku,
    "eta_moved": _own_sku,
    "shortage": _shortage,
    "atp_below_commitments": _own_sku,
    "promise_at_risk": _own_sku,
    "aging_backorder": _aging,
    "stock_out_ahead": _says,
    "wave_at_risk": _asks,
    "credit_changed": _credit,
    "shipment_late": _asks,
}
