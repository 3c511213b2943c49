"""The response to a shortage: who gets the stock, what that changes, and how the rest is served."""

from __future__ import annotations

from datetime import date

from agent.planners.rules.notebook import Notebook
from agent.planners.shortfalls import shortages
from domain.allocation.types import AllocationPlan, Kpis
from domain.events import DemandSpike
from domain.noun import from_minor
from domain.plans import Effect, Move
from domain.scoring import contract_for
from domain.wording import counted, listed
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
    served = _substitutes(book, plan, moved)
    book.withdraw(
        [move.id for move in moved if move.kind == "promise" and {e.line for e in move.effects} <= set(served)]
    )
    late = _late(book, plan)
    for sku in sorted({*_starved(book, plan, late), *_asked_for_more(book, skus)}):
        book.propose("replenish", sku=sku, allocation_id=plan.id, except_lines=served)
    _tell_losers_without_a_date(book, moved)
    _escalate_strict(book, plan, served, late)
    book.shortages.extend(shortages(book.facts, plan))
    _summarise(book, plan, moved)


def _leave_alone(book: Notebook, report: OrdersReport) -> None:
    """Says which lines were looked at and deliberately not touched."""
    fixed = [line.line for line in report.lines if line.fixed]
    held = [line.line for line in report.lines if line.holds and not line.fixed]
    if fixed:
        book.left_alone.append(f"Frozen or picked, so not touched: {listed(fixed)}.")
    if held:
        book.left_alone.append(f"On hold, so given nothing: {listed(held)}.")


def _substitutes(book: Notebook, plan: AllocationPlan, moved: tuple[Move, ...]) -> tuple[str, ...]:
    """Proposes substitutes, after the moves that take the units away; answers the lines that they serve in full."""
    short: dict[str, int] = {}
    for item in plan.shortages:
        short[item.line] = short.get(item.line, 0) + item.units
    moves = book.propose("substitute", allocation_id=plan.id).moves
    for move in moves:
        line = move.effects[0].line
        book.require(move.id, tuple(other.id for other in moved if _releases(other, line)))
    return tuple(
        sorted(effect.line for move in moves for effect in move.effects if effect.units >= short.get(effect.line, 0))
    )


def _promise_without_the_substituted(
    book: Notebook, plan: AllocationPlan, moved: tuple[Move, ...], served: tuple[str, ...]
) -> None:
    """Dates that wait for a purchase are taken back where a substitute serves what is short; late units stay told."""
    for move in moved:
        lines = {effect.line for effect in move.effects}
        if move.kind != "promise" or not lines <= set(served):
            continue
        book.withdraw([move.id])
        for line in sorted(lines):
            promise = book.facts.line(line).promise
            arrivals = [grant.arrives for grant in plan.grants if grant.line == line]
            last = max(arrivals, default=None)
            if last is not None and promise is not None and last > promise.current:
                why = "The units that are not substituted come later."
                book.propose("promise", needs=move.needs, line=line, new_date=last, why=why)


def _releases(move: Move, line: str) -> bool:
    return any(action.kind == "release_reservation" and action.line == line for action in move.actions)


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


def _late(book: Notebook, plan: AllocationPlan) -> dict[str, date]:
    """Lines that the allocation serves after they are due, and the day."""
    last: dict[str, date] = {}
    for grant in plan.grants:
        last[grant.line] = max(grant.arrives, last.get(grant.line, grant.arrives))
    return {key: day for key, day in last.items() if book.facts.has("line", key) and day > book.facts.line(key).due}


def _starved(book: Notebook, plan: AllocationPlan, late: dict[str, date]) -> list[str]:
    """SKUs of which the allocation leaves lines short or late: what is there is not enough."""
    lines = {*late, *(item.line for item in plan.shortages if item.constraint not in NOBODYS_FAULT)}
    return sorted({book.facts.line(key).sku for key in lines if book.facts.has("line", key)})


def _asked_for_more(book: Notebook, skus: tuple[str, ...]) -> set[str]:
    """SKUs of a demand spike: no line of theirs is short yet, and the forecast may be."""
    return {
        item.data.sku for item in book.request.events if isinstance(item.data, DemandSpike) and item.data.sku in skus
    }


def _escalate_strict(book: Notebook, plan: AllocationPlan, served: tuple[str, ...], late: dict[str, date]) -> None:
    """Contracts in the strict rank that stay short or late go to the people who own the customer relation."""
    told: dict[str, str] = {}
    for key, day in late.items():
        if _strict(book, key):
            told[key] = f"{key} is complete only on {day}, due {book.facts.line(key).due}"
    for item in plan.shortages:
        fault = item.constraint not in NOBODYS_FAULT and item.line not in served
        if fault and book.facts.has("line", item.line) and _strict(book, item.line):
            told[item.line] = f"{item.line} lacks {item.units}"
    if not told:
        return
    lines = sorted(told)
    more = f" and {len(lines) - 8} more" if len(lines) > 8 else ""
    book.propose(
        "escalate",
        role="commercial",
        reason=(
            "Lines under a strict service contract miss their date although they rank before all others: "
            f"{'; '.join(told[key] for key in lines[:8])}{more}."
        ),
        lines=lines,
    )


def _strict(book: Notebook, line: str) -> bool:
    contract = contract_for(book.facts, book.facts.line(line))
    return contract is not None and contract.strict


def _summarise(book: Notebook, plan: AllocationPlan, moved: tuple[Move, ...]) -> None:
    actions = [action for move in moved for action in move.actions]
    units = sum(action.quantity for action in actions if action.kind in ("reserve", "transfer"))
    later = {effect.line for move in moved for effect in move.effects if _slips(effect)}
    short = {item.line: item.units for item in plan.shortages if item.constraint not in NOBODYS_FAULT}
    book.say(
        f"{listed(plan.skus)}: {counted(len(moved), 'move')} placing {counted(units, 'unit')}; "
        f"{counted(sum(short.values()), 'unit')} on {counted(len(short), 'line')} short, "
        f"{counted(len(later), 'line')} promised later. The plan is worth {from_minor(plan.value)} "
        f"{book.facts.base_currency} of at most {from_minor(plan.bound)}{_against(plan.kpis)}."
    )


def _slips(effect: Effect) -> bool:
    before, after = effect.promise_before, effect.promise_after
    return before is not None and after is not None and after > before


def _against(kpis: tuple[Kpis, ...]) -> str:
    """What simpler policies reach on the same input."""
    others = [f"{item.policy} {from_minor(item.value)}" for item in kpis if item.policy != "optimal"]
    return f" ({', '.join(others)})" if others else ""
