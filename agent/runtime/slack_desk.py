"""What the Slack door remembers, in our database: who said what, which run answers it, and where the cards stand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from agent.runtime.intake import Intake, Said
from agent.runtime.leases import Leases
from domain.errors import Conflict
from guardrails.cards import Card
from storage import approval_steps, cases, runs, slack_cards, slack_events, slack_notes
from storage.approval_steps import Step
from storage.database import Database, Session
from storage.records import Approval, Run, SlackCard, SlackCardState, SlackEvent, SlackEventState
from storage.slack_notes import SlackNote

LEASE = "slack"
"""One process of an installation speaks to Slack at a time; every process may listen."""
TOLD = ("reminded", "escalated", "reassigned", "commented")
"""Steps of a question that are told in the thread of its card."""
KEPT = timedelta(days=30)
"""How long an answered message is remembered: longer than Slack retries, and than a card waits for its decision."""


class SlackDesk:
    """The rows behind the door. Everything here is short and synchronous; a door calls it in a thread."""

    def __init__(
        self, database: Database, intake: Intake, leases: Callable[[], Leases], now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._intake = intake
        self._leases = leases
        self._now = now

    def lead(self) -> bool:
        """Whether this process is the one that speaks to Slack; it stays so while it lives."""
        return self._leases().take(LEASE)

    def step_down(self) -> None:
        """Let another process speak to Slack."""
        self._leases().give(LEASE)

    def take(self, event: SlackEvent) -> bool:
        """Keep what was said; False when it was kept before. Once this returns nothing of it can be lost."""
        with self._database.write() as session:
            return slack_events.accept(session, event)

    def talks(self, channel: str, thread: str, sender: str) -> bool:
        """Whether this person talks with us in this thread."""
        with self._database.read() as session:
            return slack_events.talks(session, channel, thread, sender)

    def event(self, event: str) -> SlackEvent | None:
        """One event as it stands."""
        with self._database.read() as session:
            return slack_events.get(session, event)

    def unanswered(self) -> tuple[SlackEvent, ...]:
        """What was said and is not answered yet, the oldest first."""
        with self._database.read() as session:
            return slack_events.listed(session, {SlackEventState.RECEIVED, SlackEventState.ADMITTED})

    def admit(self, event: SlackEvent, user: str) -> Said:
        """Admit the run that answers, in one transaction with the event: it is never run twice.

        The conversation is one per thread and person. Raises Conflict when another process was quicker, and what
        `Application.say` raises.
        """

        def note(session: Session, run: Run) -> None:
            received, admitted = SlackEventState.RECEIVED, SlackEventState.ADMITTED
            if not slack_events.advance(session, event.id, received, admitted, run=run.id, case=run.case):
                raise Conflict("this message is being answered already", field="event")

        return self._intake.question(event.text, user, f"{event.conversation}:{user}", note)

    def refuse(self, event: str) -> bool:
        """Nothing is run for an event; True for the one who has to say so."""
        with self._database.write() as session:
            return slack_events.advance(session, event, SlackEventState.RECEIVED, SlackEventState.REFUSED)

    def record_stream(self, event: str, stream: str) -> None:
        """Note the Slack message that the answer is written into."""
        with self._database.write() as session:
            slack_events.record_stream(session, event, stream)

    def answered(self, event: SlackEvent, follow: str | None = None) -> None:
        """The answer stands in Slack. `follow` is the run it started, which is told in the same thread next."""
        with self._database.write() as session:
            if follow is not None:
                update = {
                    "id": f"{event.id}:{follow}",
                    "message": f"{event.message}:{follow}",
                    "state": SlackEventState.ADMITTED,
                    "run": follow,
                    "case": runs.get(session, follow).case,
                    "stream": "",
                    "received_at": self._now(),
                }
                slack_events.accept(session, event.model_copy(update=update))
            slack_events.advance(session, event.id, SlackEventState.ADMITTED, SlackEventState.ANSWERED)

    def begin_cards(self, channel: str | None) -> int:
        """Have a card posted for every approval that waits, whose turn it is, and that has none: in the thread its case
        was born in, else in `channel` (none: not at all). How many are new."""
        with self._database.read() as session:
            missing = slack_cards.missing(session)
        begun = 0
        if not missing:
            return begun
        with self._database.write() as session:
            for asked in missing:
                born = _born(session, asked)
                place = (born.channel, born.thread) if born else (channel or "", "")
                if place[0]:
                    new = SlackCard(
                        approval=asked.id,
                        case=asked.case,
                        channel=place[0],
                        thread=place[1],
                        updated_at=self._now(),
                    )
                    begun += slack_cards.begin(session, new)
        return begun

    def cards(self, case: str | None = None) -> tuple[SlackCard, ...]:
        """Cards that may still change; with `case`, all of that case."""
        with self._database.read() as session:
            return slack_cards.listed(session, case=case)

    def claim(self, card: SlackCard) -> SlackCard | None:
        """The card claimed for this process; None when it changed meanwhile."""
        owner = self._leases().owner
        with self._database.write() as session:
            taken = slack_cards.claim(session, card, owner, self._now())
        return card.model_copy(update={"state": SlackCardState.POSTING, "owner": owner}) if taken else None

    def posted(self, card: SlackCard, ts: str, face: str, shown: Card, *, settled: bool = False) -> bool:
        """A claimed card stands in Slack at `ts` and shows `face`; with `settled` it never changes again.

        The card that was `shown` first is kept: later ones are compared with it.
        """
        state = SlackCardState.SETTLED if settled else SlackCardState.POSTED
        update = {
            "ts": ts,
            "state": state,
            "face": face,
            "shown": card.shown or shown.model_dump_json(),
            "updated_at": self._now(),
        }
        with self._database.write() as session:
            return slack_cards.record(session, card.model_copy(update=update), card.owner)

    def begin_notes(self) -> int:
        """Have every step told that people of a card should hear of; how many are new."""
        with self._database.read() as session:
            missing = slack_notes.missing(session, TOLD, self._now())
        if not missing:
            return 0
        with self._database.write() as session:
            return sum(slack_notes.begin(session, note) for note in missing)

    def notes(self) -> tuple[tuple[SlackNote, Step], ...]:
        """What is to be told under cards and does not stand there yet, each with its step, in order."""
        with self._database.read() as session:
            found = slack_notes.untold(session)
            known = {step.number: step for step in approval_steps.steps(session, {note.approval for note in found})}
        return tuple((note, known[note.step]) for note in found)

    def claim_note(self, note: SlackNote) -> SlackNote | None:
        """The note claimed for this process; None when it changed meanwhile."""
        owner = self._leases().owner
        with self._database.write() as session:
            taken = slack_notes.claim(session, note, owner, self._now())
        return note.model_copy(update={"state": SlackCardState.POSTING, "owner": owner}) if taken else None

    def told(self, note: SlackNote, ts: str) -> bool:
        """A claimed note stands in Slack at `ts`."""
        with self._database.write() as session:
            return slack_notes.record(session, note, ts, self._now())

    def forget(self) -> int:
        """Forget what was answered long ago; how many messages that were."""
        with self._database.write() as session:
            return slack_events.forget(session, self._now() - KEPT)


def _born(session: Session, asked: Approval) -> SlackEvent | None:
    """Where in Slack the case of a question was born: by its run, its case, or the turn whose offer it carries out."""
    found = slack_events.about(session, asked.run, asked.case)
    if found is None:
        offers = [mark.partition(":")[2] for mark in cases.get(session, asked.case).events if mark.startswith("offer:")]
        found = next((event for run in offers if (event := slack_events.about(session, run, ""))), None)
    return found
