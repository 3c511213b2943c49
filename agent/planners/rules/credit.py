"""A customer is put on credit hold: nothing of it is picked, and finance is asked about every order that waits."""

from __future__ import annotations

from agent.planners.rules.notebook import Notebook
from domain.events import CreditHold
from domain.wording import counted, listed
from tools.customers import CustomersReport
from tools.orders import OrdersReport
from tools.waves import WavesReport


def credit_hold(book: Notebook, event: CreditHold) -> frozenset[str]:
    """Holds open picks of the customer wave by wave, then asks for credit release order by order. No stock moves."""
    known = book.look(CustomersReport, "customers", customer=event.customer).customers[0]
    orders = book.look(OrdersReport, "orders", customer=event.customer)
    waves = book.look(WavesReport, "waves").waves
    held = 0
    for wave in waves:
        if any(task.customer == event.customer and task.state == "open" for task in wave.tasks):
            why = f"{event.customer} is on credit hold."
            held += len(book.propose("hold_wave", wave=wave.wave, customer=event.customer, why=why).moves)
    asked = book.propose("credit", customer=event.customer).moves
    book.say(
        f"{event.customer} is on credit hold: exposure {known.credit_exposure} of {known.credit_limit}, "
        f"{known.overdue_days} days overdue. Picks are held in {counted(held, 'wave')}; finance is "
        f"asked about {counted(len(asked), 'order')} with {orders.open_units} open units."
    )
    fixed = [line.line for line in orders.lines if line.state == "picked"]
    if fixed:
        book.left_alone.append(f"Picked already and not touched: {listed(fixed)}.")
    return frozenset()
