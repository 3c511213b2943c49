"""What the Slack door remembers: each message once, each card claimed by one, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from domain.errors import Conflict
from storage import approvals, cases, runs, slack_cards, slack_events
from storage.database import Database
from storage.records import SlackCard, SlackCardState, SlackEvent, SlackEventState
from tests.storage.samples import NOW, approval, case, run, with_moves


def said(key: str = "Ev1", message: str = "C1:1.1", **more: object) -> SlackEvent:
    event = SlackEvent(
        id=key, message=message, team="T1", channel="C1", thread="1.1", sender="U1", text="hi", received_at=NOW
    )
    return event.model_copy(update=more)


def test_a_message_is_kept_once_by_event_and_by_message(db: Database):
    with db.write() as session:
        assert slack_events.accept(session, said())
        assert not slack_events.accept(session, said(message="C1:2.2"))
        assert not slack_events.accept(session, said("Ev2"))
        assert slack_events.accept(session, said("Ev2", "C1:2.2", received_at=NOW + timedelta(seconds=1)))
    with db.read() as session:
        assert [event.id for event in slack_events.listed(session, {SlackEventState.RECEIVED})] == ["Ev1", "Ev2"]
        assert slack_events.talks(session, "C1", "1.1", "U1") and not slack_events.talks(session, "C1", "1.1", "U2")


def test_of_many_deliveries_at_once_one_is_kept_and_one_is_advanced(db: Database):
    def deliver(number: int) -> bool:
        with db.write() as session:
            return slack_events.accept(session, said(f"Ev{number}" if number % 2 else "Ev0"))

    def refuse(_: int) -> bool:
        with db.write() as session:
            kept = slack_events.listed(session, set(SlackEventState))[0]
            return slack_events.advance(session, kept.id, SlackEventState.RECEIVED, SlackEventState.REFUSED)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(deliver, range(8))) == 1
        assert sum(pool.map(refuse, range(8))) == 1


def test_an_event_leads_to_its_run_and_to_no_other(db: Database):
    with db.write() as session:
        cases.open_case(session, case())
        runs.admit(session, run())
        slack_events.accept(session, said())
        assert slack_events.about(session, run().id, case().id) is None
        received, admitted = SlackEventState.RECEIVED, SlackEventState.ADMITTED
        assert slack_events.advance(session, "Ev1", received, admitted, run=run().id, case=case().id)
        assert not slack_events.advance(session, "Ev1", received, admitted, run=run().id, case=case().id)
        found = slack_events.about(session, "R-99", case().id)
        assert found is not None and found.run == run().id
    with pytest.raises(Conflict), db.write() as session:
        slack_events.accept(session, said("Ev3", "C1:3.3", run="R-404"))


def test_only_what_is_over_and_old_is_forgotten(db: Database):
    with db.write() as session:
        for number, state in enumerate(SlackEventState):
            slack_events.accept(session, said(f"Ev{number}", f"C1:{number}.1", state=state))
        assert slack_events.forget(session, NOW) == 0
        assert slack_events.forget(session, NOW + timedelta(seconds=1)) == 2


def test_a_card_is_begun_once_and_claimed_by_one(db: Database):
    with db.write() as session:
        with_moves(session, approval().move)
        approvals.ask(session, approval())
        assert [asked.id for asked in slack_cards.missing(session)] == [approval().id]
        card = SlackCard(approval=approval().id, case=case().id, channel="C1", updated_at=NOW)
        assert slack_cards.begin(session, card) and not slack_cards.begin(session, card)
        assert slack_cards.missing(session) == ()

    def claim(number: int) -> bool:
        with db.write() as session:
            return slack_cards.claim(session, card, f"worker-{number}", NOW)

    with ThreadPoolExecutor(4) as pool:
        claimed = list(pool.map(claim, range(6)))
    assert sum(claimed) == 1
    owner = f"worker-{claimed.index(True)}"
    done = card.model_copy(update={"ts": "1.5", "state": SlackCardState.SETTLED, "face": "f", "shown": "{}"})
    with db.write() as session:
        assert not slack_cards.record(session, done, "another") and slack_cards.record(session, done, owner)
        assert slack_cards.listed(session) == () and slack_cards.listed(session, case=case().id)[0].ts == "1.5"
