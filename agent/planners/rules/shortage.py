"""The response to a shortage: who gets the stock, what that changes, and how the rest is served."""

from __future__ import annotations

from agent.planners.rules.notebook import Notebook
from agent.planners.rules.wording import counted, listed
from domain.allocation.types import AllocationPlan, Kpis, NonGrant
from domain.noun import from_minor
from domain.plans import Move, Shortage
from domain.scoring import contract_for
from tools.atp import AtpReport
from tools.customers import CustomersReport
from tools.inventory import InventoryReport
from tools.orders import OrdersReport
from tools.waves import WavesReport

NOBODYS_FAULT = ("hold", "frozen")
"""Shortages that no supply would end."""


def share_out(book: Notebook, skus: tuple[str, ...]) -> None:
    """Reads what bears on the SKUs, allocates them, and proposes the whole response, best moves first."""
    for sku in skus:
        book.look(InventoryReport, "inventory", sku=sku)
        book.look(AtpReport, "atp", sku=sku)
        book.look(CustomersReport, "customers", sku=sku)
        book.look(WavesReport, "waves", sku=sku)
        _leave_alone(book, book.look(OrdersReport, "orders", sku=sku, limit=10000))
    plan = book.look(AllocationPlan, "allocate", skus=skus)
    book.allocations.append(plan)
    moved = book.propose("reallocate", allocation_id=plan.id).moves
    for supply in book.facts.inbound:
        if supply.sku in skus and supply.expedite is not None:
            book.propose("expedite", inbound=supply.id)
    served = _substitutes(book, plan)
    for sku in skus:
        book.propose("replenish", sku=sku, allocation_id=plan.id, except_lines=served)
    _tell_losers_without_a_date(book, moved)
    _escalate_strict(book, plan, served)
    book.shortages.extend(_shortages(book, plan))
    _summarise(book, plan, moved)


def _leave_alone(book: Notebook, report: OrdersReport) -> None:
    """Says which lines were looked at and deliberately not touched."""
    fixed = [line.line for line in report.lines if line.fixed]
    held = [line.line for line in report.lines if line.holds and not line.fixed]
    if fixed:
        book.left_alone.append(f"Frozen or picked, so not touched: {listed(fixed)}.")
    if held:
        book.left_alone.append(f"On hold, so given nothing: {listed(held)}.")


def _substitutes(book: Notebook, plan: AllocationPlan) -> tuple[str, ...]:
    """Proposes substitutes; answers the lines that they serve in full."""
    short: dict[str, int] = {}
    for item in plan.shortages:
        short[item.line] = short.get(item.line, 0) + item.units
    moves = book.propose("substitute", allocation_id=plan.id).moves
    return tuple(
        sorted(effect.line for move in moves for effect in move.effects if effect.units >= short.get(effect.line, 0))
    )


def _tell_losers_without_a_date(book: Notebook, moved: tuple[Move, ...]) -> None:
    """A line that gives up units and has no date to be given is told so, once its move is carried out."""
    for move in moved:
        promised = {action.line for action in move.actions if action.kind == "update_promise"}
        orders: dict[str, list[str]] = {}
        for effect in move.effects:
            undated = effect.line not in promised and effect.promise_after is None
            if effect.units < 0 and undated and book.facts.has("line", effect.line):
                orders.setdefault(effect.order, []).append(effect.line)
        for order, lines in sorted(orders.items()):
            book.propose("task", needs=(move.id,), order=order, topic="shortage", lines=sorted(lines))


def _escalate_strict(book: Notebook, plan: AllocationPlan, served: tuple[str, ...]) -> None:
    """Contracts in the strict rank that stay short go to the people who own the customer relation."""
    short = [
        item
        for item in plan.shortages
        if item.constraint not in NOBODYS_FAULT
        and item.line not in served
        and book.facts.has("line", item.line)
        and _strict(book, item.line)
    ]
    if not short:
        return
    told = "; ".join(f"{item.line} lacks {item.units}" for item in short[:8])
    more = f" and {len(short) - 8} more" if len(short) > 8 else ""
    book.propose(
        "escalate",
        role="commercial",
        reason=f"Lines under a strict service contract stay short although they rank before all others: {told}{more}.",
        lines=sorted({item.line for item in short}),
    )


def _strict(book: Notebook, line: str) -> bool:
    contract = contract_for(book.facts, book.facts.line(line))
    return contract is not None and contract.strict


def _shortages(book: Notebook, plan: AllocationPlan) -> list[Shortage]:
    """The lines that stay short, each with its computed reason."""
    facts = book.facts
    rows = []
    for item in sorted(plan.shortages, key=lambda short: (short.line, short.constraint)):
        if facts.has("line", item.line):
            line = facts.line(item.line)
            order, customer, sku = line.order, facts.order(line.order).customer, line.sku
        else:
            asked = facts.transfer(item.line)
            order, customer, sku = asked.id, asked.to_site, asked.sku
        rows.append(
            Shortage(line=item.line, order=order, customer=customer, sku=sku, short=item.units, reason=_because(item))
        )
    return rows


def _because(item: NonGrant) -> str:
    price = f" A further unit would have to be worth more than {from_minor(item.price)}." if item.price else ""
    return f"{item.text}{price}"


def _summarise(book: Notebook, plan: AllocationPlan, moved: tuple[Move, ...]) -> None:
    units = sum(effect.units for move in moved for effect in move.effects if effect.units > 0)
    short = sum(item.units for item in plan.shortages if item.constraint not in NOBODYS_FAULT)
    lines = len({item.line for item in plan.shortages if item.constraint not in NOBODYS_FAULT})
    currency = book.facts.base_currency
    book.say(
        f"{listed(plan.skus)}: {counted(len(moved), 'move')} for {counted(units, 'unit')}; {counted(short, 'unit')} on "
        f"{counted(lines, 'line')} stay short. The plan is worth {from_minor(plan.value)} {currency} of at most "
        f"{from_minor(plan.bound)}{_against(plan.kpis)}."
    )


def _against(kpis: tuple[Kpis, ...]) -> str:
    """What simpler policies reach on the same input."""
    others = [f"{item.policy} {from_minor(item.value)}" for item in kpis if item.policy != "optimal"]
    return f" ({', '.join(others)})" if others else ""
