"""The one composition root: settings, clock and connector become an Application. What is heavy is made when first used:
listing approvals or verifying the ledger never imports the graph or the durable engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agent.casework.services import Services
from agent.entities import MAIN
from agent.planners.interface import Planner
from agent.planners.rules.planner import RulesPlanner
from agent.runtime.application import Application
from agent.runtime.clock import Clock, FixedClock, SystemClock
from agent.runtime.leases import Leases, process_name
from agent.runtime.library import open_library
from agent.runtime.once import once
from agent.runtime.people_desk import open_roster
from agent.runtime.policies import InForce, begin
from agent.runtime.policy_desk import PolicyDesk
from agent.runtime.progress import Progress
from agent.runtime.pump import Pump
from agent.runtime.world import embedded
from agent.settings import Settings, prepare_process
from connectors import snapshot
from connectors.connector import Connector, Happening
from domain.errors import QuartermasterError, StorageFailed
from domain.events import Event, SystemOutage
from domain.facts import Facts
from guardrails.approvals import Approvals
from guardrails.changes import Changes
from guardrails.ledger import Ledger
from guardrails.policy import Policy
from knowledge.passages import Citation
from storage import claims
from storage.database import Database

if TYPE_CHECKING:
    from agent.runtime.checkpoints import Checkpoints
    from agent.runtime.durable import Engine
    from agent.runtime.runner import Runner
    from knowledge.search import Search

__all__ = ["Application", "Parts", "open_application"]


def open_application(
    settings: Settings,
    *,
    clock: Clock | None = None,
    now: datetime | None = None,
    connector: Connector | None = None,
    create: bool = True,
    planner: Planner | None = None,
    works: bool = True,
) -> Application:
    """The program on a data folder. `now` fixes the clock; `create=False` refuses a folder nothing was done in yet.
    One that does not `works` leaves what is to be carried out to the worker of another process.

    `planner` plans instead of the configured one, and nobody stands in for it: for those who measure planners.
    Raises BadInput for an unusable policy, people file or URL, StorageFailed for an unusable folder or database.
    """
    prepare_process()
    if clock is None:
        clock = FixedClock(now) if now is not None else SystemClock()
    database = Database(settings.database)
    try:
        if create:
            _make_home(settings.home)
            database.upgrade()
        else:
            database.ensure_current()
    except QuartermasterError:
        database.close()
        raise
    return Application(Parts(settings, clock, database, connector or embedded(settings.home), planner, works=works))


class Parts:
    """Every part of one process, each made when first used."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        database: Database,
        connector: Connector,
        planner: Planner | None = None,
        *,
        works: bool = True,
    ) -> None:
        self.making = threading.RLock()
        self.works = works
        self.settings = settings
        self.clock = clock
        self.database = database
        self.connector = connector
        self.planner = planner
        self.ledger = Ledger(database, clock.now)
        self.in_force = InForce(database, clock.now, settings.entity or MAIN)
        self.other_file = begin(database, self.ledger, self.in_force, settings.policy, clock.now())
        self.roster = open_roster(settings, clock)
        self.people = self.roster.people
        self.approvals = Approvals(database, self.ledger, self.in_force, self.people, clock.now)

    @property
    def policy(self) -> Policy:
        """The policy in force now."""
        return self.in_force()

    @once
    def services(self) -> Services:
        """What nodes and runtime work with."""
        rules: Planner = self.planner or RulesPlanner()
        chosen = self.model_planner() if self.planner is None and self.settings.planner == "llm" else rules
        return Services(
            database=self.database,
            now=self.clock.now,
            reads=self.connector.reads,
            in_force=self.in_force,
            people=self.people,
            ledger=self.ledger,
            approvals=self.approvals,
            planner=chosen,
            fallback=rules,
            library=self.library,
            playbook=self.playbook,
        )

    @once
    def library(self) -> Search:
        """What is written down; the index is made or opened with the first question."""
        return open_library(self.settings)

    def playbook(self, system: str) -> Citation | None:
        """What to do when a system is silent. The documents are read for it, nothing is indexed."""
        return self.library.shelf.playbook(system)

    def model_planner(self, outputs: tuple[str, ...] | None = None, policy: str = "") -> Planner:
        """The planner that asks the configured model; with `outputs`, one that is fed what a model said before, and
        knows the roles of the policy it said it under."""
        from agent.planners.llm import LlmPlanner

        given = self.settings
        planner = LlmPlanner(
            base_url=given.openai_base_url,
            api_key=given.openai_api_key.get_secret_value() if given.openai_api_key else None,
            model=given.model,
            timeout=given.model_timeout,
            turns=given.model_turns,
            roles=lambda: sorted((self.in_force.version(policy) if policy else self.policy).roles),
        )
        return planner if outputs is None else planner.replaying(outputs)

    @once
    def policies(self) -> PolicyDesk:
        """The versions of the policy, and how it changes."""
        changes = Changes(self.database, self.ledger, self.in_force, self.in_force.kept, self.people, self.clock.now)
        return PolicyDesk(self.database, self.ledger, self.in_force, changes, self.clock, self.other_file)

    @once
    def progress(self) -> Progress:
        """What lets runs and sagas go on."""
        return Progress(self.services, lambda: self.runner, self.pump)

    @once
    def pump(self) -> Pump:
        """What has sagas carried out."""
        return Pump(self.services, self.leases, lambda: self.engine)

    @once
    def runner(self) -> Runner:
        """What drives the graph."""
        from agent.runtime.runner import Runner

        return Runner(self.services, self.leases, self.checkpoints)

    @once
    def checkpoints(self) -> Checkpoints:
        """Where threads wait."""
        from agent.runtime.checkpoints import open_checkpoints

        return open_checkpoints(self.settings.home, self.settings.database)

    @once
    def engine(self) -> Engine:
        """The durable engine, with the saga flow; only now does anybody hold the writers."""
        from agent.runtime.durable import Engine
        from agent.runtime.hands import Hands
        from agent.runtime.saga import saga_flow
        from guardrails.gate import Gate

        gate = Gate(
            self.database,
            self.ledger,
            self.connector.writes(self.clock.now),
            self.fresh,
            self.in_force,
            self.people,
            self.clock.now,
            self.settings.tenant,
            self.connector.effect_classes,
        )
        home = self.settings.home / "durable.db"
        url = self.settings.database if self.database.is_postgresql else f"sqlite:///{home}"
        flow = saga_flow(Hands(self.services, gate), self.settings.park_after)
        return Engine(url, self.leases.owner, {"saga": flow})

    @once
    def leases(self) -> Leases:
        """What this process works on."""
        return Leases(self.database, process_name(), self.settings.lease_seconds)

    def fresh(self, skus: Collection[str]) -> Facts:
        """What the systems say now; claims are checked by the gate in our own tables."""
        now = self.clock.now()
        with self.database.read() as session:
            held = claims.active(session, now)
        return snapshot.take(self.connector.reads, now, skus or None, held)

    @property
    def outside(self) -> Callable[[Event], object] | None:
        """How an event happens in the embedded distributor; None when the systems are real. An outage is only told."""
        connector = self.connector
        if not isinstance(connector, Happening):
            return None
        happen = connector.happen
        return lambda event: None if isinstance(event.data, SystemOutage) else happen(event)

    def close(self) -> None:
        """Give everything back. What was never made is not made now."""
        for name in ("engine", "checkpoints", "leases"):
            if name in self.__dict__:
                getattr(self, name).close()
        if "library" in self.__dict__:
            self.library.close()
        self.roster.close()
        self.connector.close()
        self.database.close()


def _make_home(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFailed(
            f"the data folder {home} cannot be made ({error.strerror})",
            field="QUARTERMASTER_HOME",
            fix="name a folder that you may write to",
        ) from error
