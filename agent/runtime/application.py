"""The Application: what every door (CLI, HTTP, Slack, worker) may ask of the program. Nouns in, nouns out."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from agent.casework.lapse import tell
from agent.casework.outcome import Report, gather
from agent.runtime.approval_desk import ApprovalDesk
from agent.runtime.browse import Browse
from agent.runtime.clock import pause
from agent.runtime.intake import Intake, Said, Taken
from agent.runtime.overrides import OverrideDesk
from agent.runtime.people_desk import PeopleDesk
from agent.runtime.pilot_desk import PilotDesk
from agent.runtime.policy_desk import PolicyDesk
from agent.runtime.records_desk import RecordsDesk
from agent.runtime.replay import Replay, replay
from agent.runtime.slack_desk import SlackDesk
from agent.runtime.standing import StandingDesk
from agent.runtime.sweep import Triage
from agent.runtime.sweeper import Sweeper, Tell
from agent.runtime.visits import Visits
from agent.settings import Settings
from agent.triage.report import TriageReport
from domain.cases import Case
from domain.errors import DependencyDown, StorageFailed
from domain.events import Event
from domain.facts import Facts
from guardrails import switches
from guardrails.cards import Card
from guardrails.chain import Head, Verification
from guardrails.deciding import Decision
from guardrails.people import People
from guardrails.switches import Lift
from insights import flow, metrics
from insights.flow import Flow
from insights.metrics import Metrics
from knowledge.passages import Found
from knowledge.shelf import Shelf
from storage import cases, conversations, run_events, runs, sagas, snapshots
from storage.records import Conversation, Run, RunEvent, RunState, Saga, Switch

if TYPE_CHECKING:
    from agent.runtime.compose import Parts


class Application:
    """One open installation. Close it when done; what is under way is taken up by the next process."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._intake = Intake(parts.services, parts.outside)
        self.visits = Visits(parts.database, parts.ledger, parts.people, parts.clock, parts.settings.session_hours)
        """Who comes in through the doors."""
        self.browse = Browse(parts.database, parts.ledger, parts.fresh, parts.clock.wall)
        """What doors may look up."""
        self.staff = PeopleDesk(parts.database, parts.ledger, lambda: parts.policy, parts.roster, parts.clock)
        """Who may act here, and who no longer."""
        self._sweeper = Sweeper(parts.services, self._intake, lambda: parts.leases)
        self.records = RecordsDesk(parts)
        """The ledger: verified, exported, signed, explained."""
        self._woken = threading.Event()

    def take_event(self, event: Event, user: str = "", *, settle: bool = True) -> Taken:
        """Take in an event, plan, do what policy allows; see `Intake.take`. `user` raised it (else its source).

        Raises NotAllowed for a user nobody knows; DependencyDown when a system is silent: the event is kept, and goes
        on with the next sweep.
        """
        taken = self._intake.take(event, self._parts.people.get(user).id if user else event.source)
        if settle:
            self.settle(focus=taken.run)
        return taken

    def ask(self, text: str, user: str, conversation: str | None = None) -> Report:
        """The answer to a question, as the next turn of a conversation when one is named."""
        run = self._intake.question(text, self._parts.people.get(user).id, conversation).run
        self.settle(focus=run)
        return self.report(run)

    def say(self, text: str, user: str, conversation: str = "") -> Said:
        """Admit a question as the next turn of a conversation ("" begins one) and return at once; a worker answers."""
        return self._intake.question(text, self._parts.people.get(user).id, conversation)

    def triage_once(self, user: str = "", tell: Tell | None = None) -> Triage:
        """One pass: pending events, exceptions, everything that can go on; for `user`, or by itself. `tell` is told how
        far it is. Nothing is looked at while another worker sweeps (`busy`)."""
        by = self._parts.people.get(user).id if user else "sweep"
        self.pilot.look()
        found = self._sweeper.sweep(by)
        if tell is not None:
            tell(f"{len(found.found)} exceptions, {len(found.runs)} new cases to plan ...")
        self.settle(tell=tell)
        return found

    def triage_report(self, found: Triage, user: str = "") -> TriageReport:
        """What a sweep came to, as things stand now."""
        return self._sweeper.report(found, self._parts.people.get(user).id if user else "sweep")

    def approvals(
        self,
        user: str | None = None,
        *,
        everything: bool = False,
        decided: bool = False,
        limit: int | None = None,
        offset: int = 0,
    ) -> tuple[Card, ...]:
        """Cards that wait (for `user`, when named), in the order asked; with `everything`, those that are over too,
        with `decided`, only those. With `limit`, so many of these, the one asked last first, after leaving out
        `offset`."""
        if not (everything or decided):
            return self._parts.approvals.waiting(user)
        return self._parts.approvals.listed(user, over=decided, newest=limit, offset=offset)

    def show(self, approval: str, user: str | None = None) -> Card:
        """One card, as `user` sees it."""
        return self._parts.approvals.show(approval, user)

    def approve(
        self,
        approval: str,
        user: str,
        digest: str | None = None,
        reason: str = "",
        *,
        reason_code: str = "",
        settle: bool = True,
    ) -> Decision:
        """Approve what the card shows. What can be carried out is carried out before this returns; without `settle`
        (so for every decision here) a worker does it afterwards. `reason_code` is one that policy lists."""
        return self._decided(self._parts.approvals.approve(approval, user, digest, reason, reason_code), settle)

    def reject(
        self,
        approval: str,
        user: str,
        reason: str = "",
        digest: str | None = None,
        *,
        reason_code: str = "",
        settle: bool = True,
    ) -> Decision:
        """Reject what the card shows; what needs it is cancelled, the rest is planned again. BadInput without a reason,
        in words or as a code, when policy lists codes for it."""
        return self._decided(self._parts.approvals.reject(approval, user, reason, digest, reason_code), settle)

    def edit(
        self,
        approval: str,
        user: str,
        changes: Mapping[str, int],
        digest: str | None = None,
        reason: str = "",
        *,
        reason_code: str = "",
        settle: bool = True,
    ) -> Decision:
        """Change quantities inside a move (action id -> units); it is judged again. A reason is asked for as by
        `reject`."""
        made = self._parts.approvals.edit(approval, user, changes, digest, reason, reason_code)
        return self._decided(made, settle)

    @property
    def standing(self) -> StandingDesk:
        """How the installation stands: what is stopped, how far autonomy goes, who may decide what."""
        return StandingDesk(self._parts)

    @property
    def desk(self) -> ApprovalDesk:
        """What people do around questions besides deciding one."""
        return ApprovalDesk(self._parts, lambda made: self._decided(made, False), self.settle)

    def _decided(self, decision: Decision, settle: bool) -> Decision:
        with self._parts.database.write() as session:
            tell(self._parts.services, session, [decision.move, *decision.cancelled])
        if settle:
            self.settle()
        return decision

    def settle(self, focus: str | None = None, *, only_due: bool = False, tell: Tell | None = None) -> None:
        """Let everything go on as far as it can without people, and keep the ledger's head.

        Raises what stopped the run `focus`; the trouble of other runs is recorded with them. A process that only
        holds doors leaves all of it to the worker of another one.
        """
        if not self._parts.works:
            self.wake()
            return
        self._parts.policies.arrive()
        trouble = dict(self._parts.progress.settle(only_due=only_due, tell=tell))
        self.records.keep_head()
        if focus in trouble:
            raise trouble[focus]

    @property
    def overrides(self) -> OverrideDesk:
        """What people did against the plan, and the undo of executed moves."""
        return OverrideDesk(self._parts, self.settle)

    @property
    def slack(self) -> SlackDesk:
        """What the Slack door remembers."""
        parts = self._parts
        return SlackDesk(parts.database, self._intake, lambda: parts.leases, parts.clock.now)

    @property
    def policies(self) -> PolicyDesk:
        """Versions of the policy: look, compare, try out, propose, approve."""
        return self._parts.policies

    @property
    def pilot(self) -> PilotDesk:
        """How far the copilot goes by itself, and who holds the stock."""
        return PilotDesk(self._parts, self.policies)

    def wake(self) -> None:
        """Have the worker of this process look at once: somebody has just written a row."""
        self._woken.set()

    def run_talker(self, stop: threading.Event, every: float = 0.25) -> None:
        """Answer questions until `stop` is set, beside the worker: nobody who asks waits for long planning."""
        while not stop.is_set():
            try:
                if self._parts.progress.talk():
                    self.wake()  # an answer may have asked for work
                    continue
            except (DependencyDown, StorageFailed):
                pause(every)
            stop.wait(every)

    def run_worker(
        self,
        stop: threading.Event,
        every: float = 1.0,
        triage_minutes: int | None = None,
        alarm: Tell | None = None,
    ) -> None:
        """Settle again and again until `stop` is set, at once when woken. Parked sagas go on when due; threads are
        tidied daily. It sweeps every `triage_minutes` (the setting when None; 0 never) and after events, and signs the
        ledger when that is due; `alarm` is told when the ledger was tampered with."""
        minutes = self.settings.triage_minutes or 0 if triage_minutes is None else triage_minutes
        tidied = None
        while not stop.is_set():
            self._woken.clear()
            try:
                self.settle(only_due=True)
                if minutes and self._sweeper.due(minutes):
                    self.triage_report(self.triage_once())
                self.records.seal(alarm)
                if tidied != self._parts.clock.now().date():
                    self.tidy()
                    tidied = self._parts.clock.now().date()
            except (DependencyDown, StorageFailed):
                pause(every)  # our own database or a system is away for now; everything waits in its row
            self._woken.wait(every)

    def tidy(self, days: int = 7) -> tuple[str, ...]:
        """Forget the threads of runs that ended so many days ago; what they decided stays in our tables. Their ids."""
        before = self._parts.clock.now() - timedelta(days=days)
        gone = tuple(
            run.id
            for run in self.runs()
            if run.state in (RunState.DONE, RunState.FAILED) and run.finished_at and run.finished_at <= before
        )
        self._parts.checkpoints.forget(gone)
        return gone

    def cases(self) -> tuple[Case, ...]:
        """Every case, in the order they were opened."""
        with self._parts.database.read() as session:
            return cases.listed(session)

    def runs(self, case: str | None = None) -> tuple[Run, ...]:
        """Every run, in the order they were admitted."""
        with self._parts.database.read() as session:
            return runs.listed(session, case=case)

    def run(self, run: str) -> Run:
        """One run; UnknownReference when there is none."""
        with self._parts.database.read() as session:
            return runs.get(session, run)

    def conversation(self, conversation: str) -> tuple[Conversation, tuple[str, ...]]:
        """A conversation and the runs of its turns, oldest first."""
        with self._parts.database.read() as session:
            return conversations.get(session, conversation), conversations.turns(session, conversation)

    def conversations(self, user: str) -> tuple[Conversation, ...]:
        """Conversations of a person, the one touched last first."""
        with self._parts.database.read() as session:
            return conversations.listed(session, user)

    def facts_now(self, skus: Collection[str] | None = None) -> Facts:
        """What the connected systems say now (about these SKUs, else all), with the claims of waiting plans."""
        return self._parts.fresh(skus or ())

    @property
    def people(self) -> People:
        """The users of this installation."""
        return self._parts.people

    @property
    def settings(self) -> Settings:
        """What this installation was told."""
        return self._parts.settings

    @property
    def now(self) -> datetime:
        """The time of this installation's clock."""
        return self._parts.clock.now()

    def report(self, run: str) -> Report:
        """What came of a run, as things stand now."""
        with self._parts.database.read() as session:
            return gather(session, self._parts.ledger, run)

    def events(self, run: str, after: int = 0) -> tuple[RunEvent, ...]:
        """What a run did and said, after a place."""
        with self._parts.database.read() as session:
            runs.get(session, run)
            return run_events.since(session, run, after)

    def facts(self, run: str) -> Facts | None:
        """The snapshot a run planned on; None when it has none yet."""
        with self._parts.database.read() as session:
            facts = runs.get(session, run).facts
            return None if facts is None else snapshots.get(session, facts)

    def sagas(self) -> tuple[Saga, ...]:
        """Every execution of a move, in order."""
        with self._parts.database.read() as session:
            return sagas.listed(session)

    def metrics(self, since: datetime | None = None, until: datetime | None = None) -> Metrics:
        """The numbers of a period, `since` in it and `until` not; None leaves an end open. See `insights.metrics`."""
        with self._parts.database.read() as session:
            return metrics.gather(session, self.now, since, until)

    def flow(self, since: datetime | None = None, until: datetime | None = None) -> Flow:
        """Which step of a case follows which in a period; see `insights.flow`."""
        with self._parts.database.read() as session:
            return flow.discover(session, self.now, since, until)

    def replay(self, run: str) -> Replay:
        """Plan a run again from what was recorded, and compare."""
        return replay(self._parts.database, self._parts.ledger, run, self._parts.model_planner, self._parts.library)

    def lookup(self, question: str, limit: int = 3, document: str | None = None) -> Found:
        """What the documents say to a question, or that it is not in them."""
        return self._parts.library.search(question, limit, document)

    def documents(self) -> Shelf:
        """Every document with its version, and the files of the customer's folder that could not be used."""
        return self._parts.library.shelf

    def verify(self, heads: Sequence[Head] | None = None, public_keys: Sequence[str] | None = None) -> Verification:
        """Whether the ledger is what was written (see `RecordsDesk.verify`); if not, every level is lowered."""
        return self.pilot.verified(self.records.verify(heads, public_keys))

    def head(self) -> Head:
        """How far the ledger has come."""
        return self.records.head()

    @property
    def heads_file(self) -> Path:
        """Where the heads of the ledger are kept, outside the database."""
        return self.records.heads_file

    def export(self, user: str = "operator") -> Iterator[str]:
        """The whole ledger as lines of canonical JSON; the export itself is its last entry."""
        return self.records.export(user)

    def stop(self, user: str, system: str = switches.EVERYTHING, reason: str = "", reason_code: str = "") -> Switch:
        """The kill switch: nothing is written to `system` (everything when not named) until it is lifted."""
        return self.desk.stop(user, system, reason, reason_code)

    def lift(self, user: str, system: str = switches.EVERYTHING, reason: str = "") -> Lift:
        """Let writes go on; asked for by one person and done by a second, neither of whom stopped them."""
        return self.desk.lift(user, system, reason)

    def close(self) -> None:
        """Give everything back."""
        self._parts.close()
