"""One supplier delay, from the event to executed and audited decisions, and what people can do on the way."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from connectors.embedded.world import built_in_event
from domain.calendar import end_of
from domain.cases import CaseState, urgency
from domain.errors import Conflict, StaleDecision, UnknownReference
from domain.events import SupplierDelay
from storage.records import Arrival, MoveState, RunState
from tests.agent.house import (
    NOW,
    another_delay,
    approve_fully,
    careful_policy,
    delay,
    difference_of,
    distributor,
    opened,
    states,
    turn,
    waiting_moves,
    who,
)

E, W = MoveState.EXECUTED, MoveState.WAITING


def test_an_event_becomes_a_plan_of_which_policy_lets_some_go_and_asks_about_the_rest(delayed):
    with opened(delayed) as app:
        report = app.report("R-1")
        assert report.of(E) and report.of(W)
        assert report.run.state is RunState.WAITING
        for item in report.of(E):
            assert item.effects and all(effect.state == "done" for effect in item.effects)
        assert {card.move for card in app.approvals()} == {item.move.id for item in report.of(W)}
        assert app.verify().ok and app.replay("R-1").same
        for move in waiting_moves(app):
            approve_fully(app, move)
        assert app.report("R-1").run.state is RunState.DONE
        assert not app.approvals()
    with distributor(delayed) as outside:
        assert outside.audit() == []


def test_the_report_says_only_what_is_recorded_and_is_corrected_when_sagas_end(delayed):
    with opened(delayed) as app:
        report = app.report("R-1")
        for item in report.moves:
            assert f"{item.move.id} {item.move.title}" in report.text
        assert report.head == app.head()
        for move in waiting_moves(app):
            approve_fully(app, move)
        told = [json.loads(event.body) for event in app.events("R-1") if event.kind == "report"]
        assert told and "waiting for a person" not in told[-1]["text"]


@pytest.mark.real
def test_the_same_story_leaves_the_same_ledger_byte_for_byte(tmp_path):
    def story(home):
        with opened(home) as app:
            delay(app)
            card = turn(app, waiting_moves(app)[0])
            app.reject(card.approval, who(card), "not this one", card.digest)
            return "\n".join(app.export()), app.heads_file.read_text()

    (one, heads), (other, _) = story(tmp_path / "a"), story(tmp_path / "b")
    assert one == other and len(one.splitlines()) > 50
    assert heads.splitlines()[-1].split()[0] == str(len(one.splitlines()))


def test_a_rejection_plans_the_rest_again_and_says_what_changed(delayed):
    with opened(delayed) as app:
        move = waiting_moves(app)[0]
        card = turn(app, move)
        decision = app.reject(card.approval, who(card), "they can wait")
        assert decision.state is MoveState.REJECTED
        again = app.runs()[-1]
        assert (again.case, again.revision) == ("C-1", 2)
        assert [item.move for item in again.request.rejected] == [move]
        assert again.request.rejected[0].reason == "they can wait"
        difference = difference_of(app, again.id)
        assert [item["move"] for item in difference["refused"]] == [move]
        refused = next(item.move.substance for item in app.report("R-1").moves if item.move.id == move)
        assert refused not in {item.move.substance for item in app.report(again.id).moves}
        assert app.replay(again.id).same and app.verify().ok
    with distributor(delayed) as outside:
        assert outside.audit() == []


def test_moves_that_are_the_same_in_the_new_revision_keep_their_approval(careful):
    with opened(careful, policy=careful_policy(careful)) as app:
        before = {card.approval: card for card in app.approvals()}
        victim = turn(app, waiting_moves(app)[0])
        app.reject(victim.approval, who(victim), "no")
        again = app.runs()[-1]
        difference = difference_of(app, again.id)
        assert difference["kept"], "a careful policy leaves moves waiting, and some of them do not change"
        after = {card.approval: card for card in app.approvals()}
        for move in difference["kept"]:
            assert {a: c.digest for a, c in before.items() if c.move == move} == {
                a: c.digest for a, c in after.items() if c.move == move
            }
        assert set(difference["same_as"].values()) == set(difference["kept"])
        for new in difference["same_as"]:
            assert states(app, again.id)[new] is MoveState.SUPERSEDED
        for gone in difference["dropped"]:
            assert states(app, "R-1")[gone["move"]] is MoveState.SUPERSEDED


def test_what_needs_a_rejected_move_is_cancelled_and_never_done_in_part(careful):
    with opened(careful, policy=careful_policy(careful)) as app:
        report = app.report("R-1")
        needed = sorted({need for item in report.moves for need in item.move.needs if states(app, "R-1")[need] is W})
        target = needed[0] if needed else waiting_moves(app)[0]
        dependents = {item.move.id for item in report.moves if target in item.move.needs}
        decision = app.reject(turn(app, target).approval, who(turn(app, target)), "no")
        assert dependents <= set(decision.cancelled)
        for move in (target, *decision.cancelled):
            item = next(i for i in app.report("R-1").moves if i.move.id == move)
            assert item.saga is None and not item.effects
            assert {a.state for a in item.approvals} <= {"rejected", "cancelled", "superseded"}


def test_a_duplicate_is_said_and_starts_nothing(delayed):
    with opened(delayed) as app:
        entries = app.head().count
        again = app.take_event(built_in_event())
        assert again.arrival is Arrival.DUPLICATE and again.run is None and "before" in again.note
        assert len(app.runs()) == 1 and app.head().count == entries
        other = SupplierDelay(inbound="PO-1", new_eta=date(2026, 4, 1))
        with pytest.raises(Conflict) as refused:
            app.take_event(built_in_event().model_copy(update={"data": other}))
        assert "received before" in str(refused.value)


def test_an_event_out_of_order_is_recorded_and_not_applied(delayed):
    with opened(delayed) as app:
        app.take_event(another_delay(sequence=5, new_eta="2026-03-27"))
        late = app.take_event(another_delay("EV-3", sequence=3))
        assert late.arrival is Arrival.STALE and late.run is None and "out of order" in late.note
        assert len(app.runs()) == 2


def test_a_later_event_on_the_same_subject_joins_the_case(delayed):
    with opened(delayed) as app:
        assert app.cases()[0].state is CaseState.WAITING
        second = app.take_event(another_delay(new_eta="2026-03-27"))
        assert second.case == "C-1" and "joined" in second.note
        request = app.runs()[-1].request
        assert request.revision == 2 and [event.id for event in request.events] == ["EV-2"]


def test_an_event_about_what_nobody_knows_is_kept_as_dead_with_the_reason(tmp_path):
    with opened(tmp_path) as app:
        with pytest.raises(UnknownReference) as refused:
            app.take_event(another_delay(inbound="PO-NOWHERE"))
        assert "PO-NOWHERE" in str(refused.value)
        again = app.take_event(another_delay(inbound="PO-NOWHERE"))
        assert again.arrival is Arrival.DUPLICATE and "dead" in again.note
        assert not app.runs() and not app.cases()


def test_an_expired_approval_blocks_and_the_rest_goes_on(delayed):
    with opened(delayed, now=NOW + timedelta(days=30)) as app:
        card = app.approvals()[0]
        with pytest.raises(Conflict):
            app.approve(card.approval, who(card), card.digest)
        app.settle()
        assert states(app, "R-1")[card.move] in (MoveState.EXPIRED, MoveState.WAITING)
        assert card.approval not in {one.approval for one in app.approvals()}
        assert app.verify().ok


def test_a_question_is_answered_from_tools_and_leaves_no_ledger_line(delayed):
    with opened(delayed) as app:
        entries = app.head().count
        report = app.ask("who holds SKU-1042?", "paula")
        assert report.answer is not None and report.answer.evidence
        assert report.run.kind == "question" and report.run.state is RunState.DONE
        assert app.head().count == entries


def test_an_edit_is_judged_again_and_the_old_card_is_stale(careful):
    with opened(careful, policy=careful_policy(careful)) as app:
        card = next(c for c in app.approvals() if c.quantities and c.units > 10)
        item = next(q for q in card.quantities if " reserve:" in q.text)
        app.edit(card.approval, "lena", {item.action: item.units - 1}, card.digest, reason="counted again")
        with pytest.raises((StaleDecision, Conflict)):
            app.approve(card.approval, "peter", card.digest)
        assert app.verify().ok


def test_the_case_of_an_event_says_what_is_at_stake_and_from_when_it_costs(delayed: Path) -> None:
    with opened(delayed) as application:
        case = application.cases()[0]
        report, facts = application.report("R-1"), application.facts("R-1")
        assert case.value_at_stake == sum(item.move.value_at_stake for item in report.moves) > 0
        touched = {effect.line for item in report.moves for effect in item.move.effects}
        touched |= {short.line for short in report.shortages}
        assert facts is not None
        first = min(facts.line(line).due for line in touched if facts.has("line", line))
        assert case.deadline == end_of(first)
        assert urgency(case, application.now) > 0
