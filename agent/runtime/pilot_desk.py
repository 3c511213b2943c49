"""The pilot's desk: how far the copilot goes by itself, what shows that it may go further, and who holds the stock."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from agent.runtime import observing
from guardrails import demoting
from guardrails.chain import Verification
from guardrails.demoting import Lifted
from guardrails.demotions import Demotion
from guardrails.holders import ClaimView, holders
from guardrails.judge import read_only_text
from guardrails.levels import LevelView, levels
from insights.agreement import Agreement, Scope, agreement
from storage import observations

if TYPE_CHECKING:
    from agent.runtime.compose import Parts


class PilotDesk:
    """Autonomy of one installation, as doors see and change it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def look(self) -> int:
        """Compare plans whose time has come with what people did; how many. A silent system puts it off."""
        return observing.look(self._parts)

    def report(
        self, since: datetime | None = None, until: datetime | None = None, scope: Scope | None = None
    ) -> Agreement:
        """Plans made in [since, until) beside what people did, after looking at those whose time has come."""
        self.look()
        with self._parts.database.read() as session:
            found = observing.seen(observations.seen(session, since, until))
            waiting = observations.waiting(session)
        return agreement(found, since, until, scope, currency=self._parts.policy.currency, waiting=waiting)

    def levels(self) -> tuple[LevelView, ...]:
        """The level in force per kind, SKU class, site and segment, demotions included."""
        return levels(self._parts.policy, self.demotions())

    @property
    def read_only(self) -> str:
        """Why nothing is written at all just now; "" when the policy is not read-only."""
        policy = self._parts.policy
        return read_only_text(policy) if policy.autonomy.reads_only(self._parts.clock.now().date()) else ""

    def demotions(self, *, everything: bool = False) -> tuple[Demotion, ...]:
        """What has lowered a level by itself and is in force; with `everything`, what was lifted too."""
        with self._parts.database.read() as session:
            return demoting.everything(session) if everything else demoting.active(session)

    def lift_demotion(self, demotion: str, user: str, why: str = "") -> Lifted:
        """Ask for a demotion to be lifted, or lift what another has asked for. See `demoting.lift`."""
        parts = self._parts
        with parts.database.write() as session:
            person = parts.people.get(user)
            return demoting.lift(session, parts.ledger, parts.policy, person, demotion, why=why, at=parts.clock.now())

    def verified(self, found: Verification) -> Verification:
        """Lower every level when the ledger is not what was written."""
        if not found.ok:
            parts = self._parts
            with parts.database.write() as session:
                why = f"The ledger is not what was written: {found.breach or 'it does not match its heads'}"
                demoting.demote(session, parts.ledger, parts.policy, "verify", why, parts.clock.now())
        return found

    def claims(self, sku: str | None = None, site: str | None = None) -> tuple[ClaimView, ...]:
        """Who holds stock: claims of waiting plans and reservations of the ERP. DependencyDown when it is silent."""
        facts = self._parts.fresh((sku,) if sku else ())
        with self._parts.database.read() as session:
            return holders(session, facts, self._parts.clock.now(), sku, site)
