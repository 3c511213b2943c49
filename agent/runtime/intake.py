"""Events come in: each is recorded once, opens or joins a case, and admits a run, a row before anything else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from agent.casework.admission import admit, done_so_far, next_revision, rejected_so_far
from agent.casework.opening import open_case, tell_case
from agent.casework.scoping import scope_of, skus_of, union
from agent.casework.services import Services
from agent.casework.talk import history
from agent.triage.grouping import tells
from connectors import snapshot
from domain.cases import Case, CaseState, Scope
from domain.errors import BadInput, Conflict, NotAllowed
from domain.events import Event
from domain.noun import Id, Noun, Text
from domain.requests import Request, Turn
from domain.signals import Signal
from storage import cases, conversations, counters, exceptions, inbox, runs
from storage.database import Session
from storage.records import Arrival, InboxEntry, InboxState, Run

OPEN = (CaseState.OPEN, CaseState.WAITING)
LONGEST_QUESTION = 4000
"""Characters; as untrusted text everywhere."""


class Taken(Noun):
    """What became of an event: how it arrived, in a sentence, and the case and run it belongs to, when there is one."""

    event: str
    arrival: Arrival
    note: str
    case: str | None = None
    run: str | None = None


class Said(Noun):
    """A question that was admitted: its run, and the conversation it belongs to ("" for none)."""

    run: Id
    conversation: Text


class Intake:
    """The one way in for events and questions.

    `outside` lets an event happen in the systems themselves, where those are the embedded distributor: it has nobody
    else who would book a supplier's delay. Called once or more for an event, it acts once.
    """

    def __init__(self, services: Services, outside: Callable[[Event], object] | None = None) -> None:
        self._services = services
        self._outside = outside

    def take(self, event: Event, by: str) -> Taken:
        """Record an event and admit a run for it.

        A duplicate and an event out of order are recorded and said, and start nothing. Raises Conflict when the id
        came before with another body, UnknownReference when it names what no system knows (it is kept as dead, with
        the reason), DependencyDown when a system cannot be read (it stays received and is applied by the next sweep).
        """
        with self._services.database.write() as session:
            arrival = inbox.accept(session, event, self._services.now())
            known = inbox.get(session, event.source, event.id)
        assert known is not None
        if arrival is Arrival.ACCEPTED or (arrival is Arrival.DUPLICATE and known.state is InboxState.RECEIVED):
            return self._apply(known, by)
        if arrival is Arrival.STALE:
            return Taken(event=event.id, arrival=arrival, note=f"recorded, not applied: {known.note}")
        note = f"received before ({known.state.value}{f': {known.note}' if known.note else ''}); nothing was done again"
        return Taken(event=event.id, arrival=arrival, note=note, case=known.case)

    def pending(self) -> tuple[Taken, ...]:
        """Apply every event that was received and not applied yet; those that cannot be applied are kept as dead."""
        with self._services.database.read() as session:
            waiting = inbox.listed(session, {InboxState.RECEIVED})
        taken = []
        for entry in waiting:
            try:
                taken.append(self._apply(entry, entry.event.source))
            except BadInput as wrong:
                taken.append(Taken(event=entry.event.id, arrival=Arrival.ACCEPTED, note=str(wrong)))
        return tuple(taken)

    def question(
        self, text: str, by: str, conversation: str | None = None, also: Callable[[Session, Run], None] | None = None
    ) -> Said:
        """Admit a run for a question, as the next turn of a conversation when one is named ("" begins one).

        `also` is done in the same transaction: a door notes there what it was asked, so that it is asked once.
        BadInput for one that is too long or not text, NotAllowed for somebody else's conversation.
        """
        _check_question(text)
        with self._services.database.write() as session:
            now = self._services.now()
            before: tuple[Turn, ...] = ()
            if conversation is not None:
                conversation = _begin(session, conversation, text, by, now)
                before = history(session, conversation)
            case = open_case(session, self._services, "question", text[:200] or "question", by, Scope())
            request = Request(
                case=case.id,
                case_kind=case.kind,
                revision=1,
                kind="question",
                now=now,
                by=by,
                question=text,
                rates=self._services.policy.rates,
                history=before,
            )
            run = admit(session, request, self._services, by)
            if conversation is not None:
                conversations.add_turn(session, conversation, run, now)
            if also is not None:
                also(session, runs.get(session, run))
            return Said(run=run, conversation=conversation or "")

    def _apply(self, entry: InboxEntry, by: str) -> Taken:
        event = entry.event
        try:
            skus = skus_of(event, self._services.reads)  # first: a supply that is cancelled is gone once it happened
            if self._outside is not None:
                self._outside(event)
            facts = snapshot.take(self._services.reads, self._services.now(), skus or None)
        except BadInput as wrong:
            with self._services.database.write() as session:
                inbox.mark(
                    session, event.source, event.id, {InboxState.RECEIVED}, InboxState.DEAD, note=str(wrong)[:4000]
                )
            raise
        scope = scope_of(facts, skus)
        with self._services.database.write() as session:
            case, joined = self._open_or_join(session, event, scope, by)
            if not inbox.mark(session, event.source, event.id, {InboxState.RECEIVED}, InboxState.APPLIED, case=case.id):
                raise Conflict(f"event '{event.id}' is being applied by another process", field="event")
            run = admit(session, self._request(session, case, by), self._services, by)
        note = f"joined case {case.id}" if joined else f"opened case {case.id}"
        return Taken(event=event.id, arrival=Arrival.ACCEPTED, note=note, case=case.id, run=run)

    def _open_or_join(self, session: Session, event: Event, scope: Scope, by: str) -> tuple[Case, bool]:
        """The open case that had an event about the same subject, with this one added; else a new case."""
        for case in cases.listed(session, OPEN, kind=event.data.kind):
            if any(entry.subject == event.subject for entry in inbox.listed(session, case=case.id)):
                joined = case.model_copy(update={"events": (*case.events, event.id), "scope": union(case.scope, scope)})
                cases.save(session, joined)
                tell_case(session, self._services, joined, "joined", by)
                return joined, True
        if (spotted := self._spotted(session, event)) is not None:
            joined = spotted.model_copy(
                update={"events": (*spotted.events, event.id), "scope": union(spotted.scope, scope)}
            )
            cases.save(session, joined)
            tell_case(session, self._services, joined, "joined", by)
            return joined, True
        title = f"{event.data.kind.replace('_', ' ').capitalize()}: {event.subject.partition(':')[2]}"
        return open_case(session, self._services, event.data.kind, title, by, scope, (event.id,)), False

    def _spotted(self, session: Session, event: Event) -> Case | None:
        """The live case of what triage saw before anybody told it; the lead when that follows one."""
        key = tells(event)
        for item in exceptions.listed(session, alive=True) if key is not None else ():
            if item.signal.key == key:
                case = cases.get(session, item.case)
                lead = cases.get(session, case.follows) if case.follows else case
                if lead.state in OPEN:
                    return lead
        return None

    def _request(self, session: Session, case: Case, by: str) -> Request:
        """The request of the next revision of a case: its last event per subject."""
        last: dict[str, Event] = {}
        for entry in inbox.listed(session, {InboxState.APPLIED}, case=case.id):
            last[entry.subject] = entry.event
        return Request(
            case=case.id,
            case_kind=case.kind,
            revision=next_revision(session, case.id),
            kind="event",
            now=self._services.now(),
            by=by,
            scope=case.scope,
            events=tuple(last[subject] for subject in sorted(last)),
            rejected=rejected_so_far(session, case.id),
            done=done_so_far(session, case.id),
            rates=self._services.policy.rates,
            spotted=_still_spotted(session, case.id),
        )


def _still_spotted(session: Session, case: str) -> tuple[Signal, ...]:
    """What triage saw that a case and those that follow it are about, each once, as it was seen last."""
    family = [case, *(one.id for one in cases.listed(session, OPEN) if one.follows == case)]
    last = {item.signal.key: item.signal for item in exceptions.listed(session, alive=True, cases=family)}
    return tuple(last[key] for key in sorted(last))


def _begin(session: Session, conversation: str, text: str, by: str, now: datetime) -> str:
    key = conversation or counters.next_id(session, "conversation")
    begun = conversations.begin(session, key, by, text.strip()[:80], now)
    if begun.user != by:
        raise NotAllowed("this conversation is somebody else's", field="conversation", fix="begin one of your own")
    return key


def _check_question(text: str) -> None:
    if len(text) > LONGEST_QUESTION:
        raise BadInput(
            f"the question has {len(text)} characters", field="question", fix=f"ask in at most {LONGEST_QUESTION}"
        )
    if not text.strip() or any("\ud800" <= char <= "\udfff" for char in text):
        raise BadInput("the question is empty or not UTF-8 text", field="question", fix="ask in words")


def open_signal_case(
    session: Session, services: Services, signal: Signal, scope: Scope, by: str, lead: str = ""
) -> Case:
    """A case for what triage saw: it leads a group, or follows the case `lead`. No run is admitted here."""
    weight = {"value_at_stake": signal.value_at_stake, "deadline": signal.deadline, "group": lead or None}
    return open_case(session, services, signal.kind, signal.title, by, scope, (signal.mark,), **weight)
