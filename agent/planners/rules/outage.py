"""A system does not answer: people are told what hangs on it; nothing is planned on guesses."""

from __future__ import annotations

from agent.planners.rules.notebook import Notebook
from domain.events import SystemOutage
from domain.wording import counted
from tools.orders import OrdersReport
from tools.waves import WavesReport


def system_outage(book: Notebook, event: SystemOutage) -> frozenset[str]:
    """Escalates with the number of open lines, units and waves, and which cutoffs come first."""
    orders = book.look(OrdersReport, "orders")
    waves = [wave for wave in book.look(WavesReport, "waves").waves if wave.open_units]
    waves.sort(key=lambda wave: (wave.cutoff_at, wave.wave))
    first = "; ".join(f"{w.wave} at {w.site}, cutoff {w.cutoff_at:%Y-%m-%d %H:%M}" for w in waves[:3]) or "none"
    book.propose(
        "escalate",
        role="operations",
        reason=(
            f"{event.system} has not answered since {event.since:%Y-%m-%d %H:%M}. "
            f"{counted(len(orders.lines) + orders.left_out, 'open line')} with {orders.open_units} units and "
            f"{counted(len(waves), 'wave')} with {sum(wave.open_units for wave in waves)} unpicked units hang on it. "
            f"Next cutoffs: {first}."
        ),
    )
    book.say(f"{event.system} does not answer since {event.since:%Y-%m-%d %H:%M}; operations is asked to look.")
    book.left_alone.append(f"Nothing is changed in the other systems while {event.system} is down.")
    return frozenset()
