"""The pilot's desk: how far the copilot goes by itself, what shows that it may go further, and who holds the stock."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from agent.runtime import observing
from agent.runtime.distrust import distrust
from agent.runtime.policy_desk import PolicyDesk
from domain.canonical import plain
from guardrails import demoting
from guardrails.chain import Verification
from guardrails.demoting import Lifted
from guardrails.demotions import Demotion
from guardrails.holders import ClaimView, holders
from guardrails.judge import read_only_text
from guardrails.levels import LevelView, levels
from guardrails.policy import AutonomyRule
from guardrails.policy.autonomy import Level
from guardrails.policy.editing import with_level, with_pilot
from guardrails.promoting import check, evidence
from guardrails.top import pilot_of_top
from insights.agreement import Agreement, Scope, agreement
from storage import observations
from storage.policy_changes import PolicyChange

if TYPE_CHECKING:
    from agent.runtime.compose import Parts


class PilotDesk:
    """Autonomy of one installation, as doors see and change it. Whatever raises it goes through `policies`: a version
    that its owners approve."""

    def __init__(self, parts: Parts, policies: PolicyDesk) -> None:
        self._parts = parts
        self._policies = policies

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

    def promote(
        self,
        to: Level,
        user: str,
        why: str,
        scope: Scope | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> PolicyChange:
        """Propose the next policy version, with level `to` in this scope and the report of it as evidence.

        What was seen before a demotion there was lifted does not count. NotAllowed when the report shows less than the
        policy asks, or the level is no higher; nothing is in force before the owners approve it.
        """
        scope = scope or Scope()
        entry = AutonomyRule.model_validate({"level": to, **_place(scope)})
        person, policy = self._parts.people.person(user), self._parts.policy
        ended = [one.ended_at for one in self.demotions(everything=True) if one.ended_at and one.meets(entry)]
        begin = max([*ended, *([since] if since else [])], default=None)
        found = self.report(begin, until, scope)
        check(entry, policy, found.total, self.demotions())
        text = with_level(self._policies.document(policy.id).text, entry)
        return self._policies.propose(text, person.id, why, evidence(entry, policy, plain(found)))

    def pilot_text(self, top: int, by: str = "revenue", sites: Collection[str] = ()) -> str:
        """The next policy version, whose pilot is the list of the first SKUs as of now, at these sites."""
        pilot = pilot_of_top(self._parts.fresh(()), top, by, sites)
        return with_pilot(self._policies.document().text, pilot)

    def propose_pilot(
        self, user: str, why: str, top: int, by: str = "revenue", sites: Collection[str] = ()
    ) -> PolicyChange:
        """Propose that version."""
        person = self._parts.people.person(user)
        said = {"pilot": {"top": top, "by": by, "sites": sorted(sites)}}
        return self._policies.propose(self.pilot_text(top, by, sites), person.id, why, said)

    def demotions(self, *, everything: bool = False) -> tuple[Demotion, ...]:
        """What has lowered a level by itself and is in force; with `everything`, what was lifted too."""
        with self._parts.database.read() as session:
            return demoting.everything(session) if everything else demoting.active(session)

    def lift_demotion(self, demotion: str, user: str, why: str = "") -> Lifted:
        """Ask for a demotion to be lifted, or lift what another has asked for. See `demoting.lift`."""
        parts = self._parts
        with parts.database.write() as session:
            parts.ledger.hold(session)
            person = parts.people.person(user)
            return demoting.lift(session, parts.ledger, parts.policy, person, demotion, why=why, at=parts.clock.now())

    def verified(self, found: Verification) -> Verification:
        """Lower every level when the ledger is not what was written."""
        if not found.ok:
            distrust(self._parts, str(found.breach or "it does not match its heads"))
        return found

    def claims(self, sku: str | None = None, site: str | None = None) -> tuple[ClaimView, ...]:
        """Who holds stock: claims of waiting plans and reservations of the ERP. DependencyDown when it is silent."""
        facts = self._parts.fresh((sku,) if sku else ())
        with self._parts.database.read() as session:
            return holders(session, facts, self._parts.clock.now(), sku, site)


def _place(scope: Scope) -> dict[str, tuple[str, ...]]:
    named = (
        ("case_kinds", scope.kind),
        ("sku_classes", scope.sku_class),
        ("sites", scope.site),
        ("segments", scope.segment),
    )
    return {name: (value,) for name, value in named if value is not None}
