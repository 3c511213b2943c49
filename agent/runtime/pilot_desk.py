"""The pilot's desk: how far the copilot goes by itself, what shows that it may go further, and who holds the stock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrails.holders import ClaimView, holders

if TYPE_CHECKING:
    from agent.runtime.compose import Parts


class PilotDesk:
    """Autonomy of one installation, as doors see and change it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def claims(self, sku: str | None = None, site: str | None = None) -> tuple[ClaimView, ...]:
        """Who holds stock: claims of waiting plans and reservations of the ERP. DependencyDown when it is silent."""
        facts = self._parts.fresh((sku,) if sku else ())
        with self._parts.database.read() as session:
            return holders(session, facts, self._parts.clock.now(), sku, site)
