"""The passage of a move through the gate, word for word: what the ledger keeps of it, and what every refusal says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.embedded.faults import Fault
from connectors.writes import EffectClass
from domain.canonical import digest, plain
from domain.errors import (
    BadInput,
    DependencyDown,
    EffectRefused,
    ManualCheck,
    NotAllowed,
    QuartermasterError,
    StaleDecision,
    UnknownOutcome,
    UnknownReference,
)
from domain.inventory import ReservationKind
from domain.verdicts import Outcome
from guardrails import demoting, switches
from guardrails.chain import EntryKind
from guardrails.gate.because import because, model_of
from guardrails.policy import default_text, parse
from storage import claims, moves, runs
from storage.records import EffectState, MoveState
from tests.guardrails.house import House
from tests.guardrails.house import house as build
from tests.guardrails.test_judge import CREDIT, buy, hurry
from tests.guardrails.test_powers import hand
from tests.guardrails.world import move, reallocation, reserve

pytestmark = pytest.mark.real
"""They need no part of their own, but `make test` has no room for them: `make test-real` runs them at every change."""

SMALL = reallocation(units=10)
LARGE = reallocation(units=40)
ALONE = move(reserve("a1", "SO-STD2/1", 10), kind="reserve")
"""Ten free units for a standard order: they are claimed until they are reserved."""
MOVE = "C1/r1/m1"


def refusal(act: Callable[[], object], kind: type[QuartermasterError]) -> tuple[str, str | None, str | None]:
    with pytest.raises(kind) as caught:
        act()
    return caught.value.message, caught.value.field, caught.value.fix


def last(house: House, kind: EntryKind) -> tuple[tuple[str | None, ...], dict[str, Any]]:
    """Whose the last entry of a kind is and what it is about (action last), and what it says."""
    with house.database.read() as session:
        entry, body = list(house.ledger.entries(session, [kind]))[-1]
    assert body is not None
    return (entry.actor, entry.at, entry.case, entry.run, entry.move, entry.action), body


def place(house: House, action: str | None = None) -> tuple[str | None, ...]:
    return ("gate", house.time.isoformat(), "C-1", "R-1", MOVE, action)


def tight(old: str, new: str) -> Any:
    assert old in default_text()
    return parse(default_text().replace(old, new))


def claimed(house: House, move: str = MOVE) -> int:
    with house.database.read() as session:
        return sum(claim.quantity for claim in claims.active(session, house.time) if claim.move == move)


def test_an_admission_says_by_which_verdict_on_which_facts_and_what_it_spent(house: House):
    house.propose(SMALL)
    house.later(minutes=3)
    given = house.gate.admit(MOVE)
    envelope, body = last(house, EntryKind.ADMISSION)
    assert envelope == place(house)
    assert set(body) == {"verdict", "facts", "substance", "charges", "attended", "policy"} | (
        {"evidence"} if SMALL.evidence else set()
    )
    assert (given.move, given.facts, given.again) == (MOVE, house.facts(house.case.scope.skus).id, False)
    assert (body["facts"], body["verdict"]) == (given.facts, plain(given.verdict))
    assert (body["substance"], body["attended"], body["policy"]) == (SMALL.substance, False, house.policy.id)
    spent = [(one["budget"], one["scope"]["kind"], one["amount"]) for one in body["charges"]]
    assert spent == [
        ("moves-per-actor", "actor", 1),
        ("taken-from-one-customer", "customer", 10),
        ("unattended-units-per-run", "run", 10),
        ("unattended-value-per-day", "day", 15000),
    ]
    assert [one["scope"]["key"] for one in body["charges"]][:1] == ["moves-per-actor:intake:2026-03-02"]
    assert house.moves()[0].verdict == given.verdict
    assert given.verdict.outcome is Outcome.ALLOW
    again = house.gate.admit(MOVE)
    assert not again.again, "nothing was sent yet, so it is judged anew"
    house.gate.execute(MOVE, "a1")
    assert house.gate.admit(MOVE) == given.model_copy(update={"again": True})


def test_what_people_approved_is_attended_and_spends_no_unattended_budget(house: House):
    house.propose(LARGE)
    house.approvals.approve("A-1", "paula")
    house.gate.admit(MOVE)
    body = last(house, EntryKind.ADMISSION)[1]
    assert body["attended"] is True
    assert [one["budget"] for one in body["charges"]] == ["moves-per-actor", "taken-from-one-customer"]


def test_a_move_admitted_twice_has_spent_once(tmp_path: Path):
    with build(tmp_path, policy=tight("measure: moves, limit: 250", "measure: moves, limit: 1")) as house:
        house.propose(SMALL)
        house.gate.admit(MOVE)
        house.gate.admit(MOVE)
        assert house.state() is MoveState.EXECUTING


def test_a_denial_at_the_gate_ends_the_move_and_says_by_which_sentence(house: House):
    house.propose(SMALL)
    house.propose(buy(10).model_copy(update={"id": "C1/r1/m2", "needs": (MOVE,)}))
    house.policy = tight("  default: act", "  default: observe")
    house.later(minutes=3)
    text = "Autonomy here is observe: the plan is recorded and compared, nothing is written."
    told = (f"{MOVE} is not carried out: {text}", "move", "change the policy, or plan again")
    assert refusal(lambda: house.gate.admit(MOVE), NotAllowed) == told
    envelope, body = last(house, EntryKind.DENIAL)
    assert envelope == place(house)
    facts = house.facts(house.case.scope.skus).id
    assert body == {
        "refused": "denied", "cancelled": ["C1/r1/m2"], "verdict": plain(house.moves()[0].verdict), "refunded": True,
        "policy": house.policy.id, "facts": facts, "reasons": [text],
    }  # fmt: skip
    first, second = house.moves()
    assert (first.state, first.reason) == (MoveState.DENIED, text)
    assert (second.state, second.reason) == (MoveState.CANCELLED, f"it needs {MOVE}: {text}")
    assert first.verdict is not None and first.verdict.outcome is Outcome.DENY
    assert claimed(house) == 0


def test_a_stale_move_ends_and_says_to_plan_again(house: House):
    house.propose(LARGE)
    house.approvals.approve("A-1", "paula")
    house.writes.erp.release(
        "other", line="SO-STD1/1", sku="WIDGET", site="EAST", quantity=30, kind=ReservationKind.HARD
    )
    message, field, fix = refusal(lambda: house.gate.admit(MOVE), StaleDecision)
    assert message.startswith(f"{MOVE} is not carried out: SO-STD1/1 holds 30 units of EAST, not 40")
    assert (field, fix) == ("move", "plan again on fresh facts; the case shows the new revision")
    body = last(house, EntryKind.DENIAL)[1]
    assert (body["refused"], body["refunded"], body["cancelled"]) == ("stale", True, [])
    assert house.state() is MoveState.SUPERSEDED


def test_a_budget_that_stops_a_move_says_so_and_lowers_autonomy_there(tmp_path: Path):
    with build(tmp_path, policy=tight("measure: moves, limit: 250", "measure: moves, limit: 1")) as house:
        house.propose(SMALL)
        house.propose(reallocation(units=10, key="C1/r1/m2"))
        house.gate.admit(MOVE)
        text = "The budget moves-per-actor allows 1 moves per actor; 1 are spent and this move asks for 1."
        told = ("C1/r1/m2 is not carried out: " + text, "move", "change the policy, or plan again")
        assert refusal(lambda: house.gate.admit("C1/r1/m2"), NotAllowed) == told
        with house.database.read() as session:
            (made,) = demoting.active(session)
        assert (made.cause, made.level, made.why, made.actor, made.since) == (
            "budget", "approve", text, "intake", house.time,
        )  # fmt: skip
        assert (made.case_kinds, made.sku_classes, made.sites, made.segments) == (
            ("supplier_delay",), ("A",), ("EAST",), ("retail",),
        )  # fmt: skip
        envelope, _ = last(house, EntryKind.AUTONOMY)
        assert envelope == ("copilot", house.time.isoformat(), "C-1", "R-1", "C1/r1/m2", None)
        assert last(house, EntryKind.DENIAL)[1]["reasons"] == [text]


def test_a_demotion_in_force_is_minded_at_the_gate(house: House):
    house.propose(SMALL)
    with house.database.write() as session:
        demoting.demote(session, house.ledger, house.policy, "verify", "the ledger is broken", house.time)
    told = refusal(lambda: house.gate.admit(MOVE), NotAllowed)[0]
    assert "The policy says act, but D-1 has lowered it: the ledger is broken" in told


def test_an_override_in_the_ledger_is_minded_at_the_gate(house: House):
    """A person edits a small move: policy asks those who may override, also when it is judged again."""
    house.propose(LARGE)
    house.approvals.edit("A-1", "paula", {"a2": 20}, reason="fewer")
    given = house.gate.admit(MOVE)
    assert "override-recommendation" in [reason.rule for reason in given.verdict.reasons]


def test_an_intent_and_its_outcome_say_what_was_sent_why_and_for_whom(house: House):
    house.propose(LARGE)
    house.approvals.approve("A-1", "paula")
    approved = house.time
    house.later(minutes=3)
    given = house.gate.admit(MOVE)
    receipt = house.gate.execute(MOVE, "a1")
    envelope, body = last(house, EntryKind.INTENT)
    action = plain(LARGE.actions[0])
    assert envelope == place(house, "a1")
    assert body == {
        "operation": "erp.release", "key": f"acme:{MOVE}:a1", "body": action,
        "body_hash": digest("effect/1", {"operation": "erp.release", "body": LARGE.actions[0]}),
    }  # fmt: skip
    envelope, body = last(house, EntryKind.OUTCOME)
    assert envelope == place(house, "a1")
    with house.database.read() as session:
        by_kind = {entry.kind: entry.seq for entry, _ in house.ledger.entries(session)}
        planner = runs.get(session, "R-1").planner
    reasons = [f"{reason.rule}: {reason.text}" for reason in given.verdict.reasons]
    assert body == {
        "for": "intake", "title": "A move", "admission": by_kind["admission"], "attended": True,
        "approved_by": [
            {"by": "paula", "at": approved.isoformat(), "role": "planner", "entry": by_kind["approval"]}
        ],
        "policy": house.policy.id, "planner": planner, "model": "none", "facts": given.facts, "reasons": reasons,
        "operation": "erp.release", "key": f"acme:{MOVE}:a1", "state": "done", "receipt": receipt.reference, "why": "",
        "body": action,
    }  # fmt: skip
    (effect,) = house.effects()
    assert (effect.key, effect.move, effect.action, effect.operation) == (f"acme:{MOVE}:a1", MOVE, "a1", "erp.release")
    assert (effect.state, effect.receipt, effect.attempts) == (EffectState.DONE, receipt.reference, 1)
    assert effect.updated_at == house.time


def test_an_effect_that_nobody_attended_says_so(house: House):
    house.propose(reallocation(units=10))
    house.gate.admit(MOVE)
    house.gate.execute(MOVE, "a1")
    body = last(house, EntryKind.OUTCOME)[1]
    assert (body["attended"], body["approved_by"]) == (False, [])
    with house.database.read() as session:
        record = house.moves()[0]
        assert {**body, **plain(because(session, house.ledger, record))} == body
        unknown = record.model_copy(update={"id": "C1/r1/m9", "move": SMALL.model_copy(update={"id": "C1/r1/m9"})})
        nothing = because(session, house.ledger, unknown)
    assert (nothing["admission"], nothing["attended"], nothing["reasons"]) == (0, False, ["no rule asked for more"])
    assert "policy" not in nothing and "facts" not in nothing


def test_an_approval_in_somebody_elses_name_stands_so_in_the_outcome_and_a_no_does_not(house: House):
    house.propose(CREDIT)
    hand(house, "farid", "paula", "finance")
    house.approvals.approve("A-1", "paula")
    house.gate.admit(MOVE)
    house.gate.execute(MOVE, "a1")
    (by,) = last(house, EntryKind.OUTCOME)[1]["approved_by"]
    assert (by["by"], by["role"], by["for_whom"]) == ("paula", "finance", "farid")
    house.propose(hurry("400.00").model_copy(update={"id": "C1/r1/m2"}))
    house.approvals.reject("A-2", "fiona", "no")
    with house.database.read() as session:
        assert because(session, house.ledger, moves.get(session, "C1/r1/m2"))["approved_by"] == []


@pytest.mark.parametrize(
    ("planner", "model"), [("rules/1", "none"), ("llm/2:a-model", "a-model"), ("llm/2:a:b", "a:b")]
)
def test_the_model_is_what_the_planner_names(planner: str, model: str):
    assert model_of(planner) == model


def test_an_undo_says_what_it_takes_back_under_its_own_key(house: House):
    house.propose(SMALL)
    house.gate.admit(MOVE)
    done = house.gate.execute(MOVE, "a1")
    house.later(minutes=2)
    back = house.gate.undo(MOVE, "a1")
    envelope, body = last(house, EntryKind.INTENT)
    assert envelope == place(house, "a1")
    assert (body["operation"], body["key"]) == ("erp.reserve", f"acme:{MOVE}:a1:undo")
    assert body["body"] == {"undo": plain(SMALL.actions[0]), "reference": done.reference}
    body = last(house, EntryKind.OUTCOME)[1]
    assert (body["operation"], body["receipt"], body["state"]) == ("erp.reserve", back.reference, "done")
    states = {effect.key: effect.state for effect in house.effects()}
    assert states == {f"acme:{MOVE}:a1": EffectState.UNDONE, f"acme:{MOVE}:a1:undo": EffectState.DONE}
    again = house.gate.execute(MOVE, "a1")
    assert (again.reference, again.replayed) == (done.reference, True), "what was undone is not done again"
    assert refusal(lambda: house.gate.execute(MOVE, "a2"), NotAllowed)[0] == f"a2 of {MOVE} needs a1, which is not done"


def test_what_the_gate_will_not_do_says_why_and_what_to_do(house: House):
    house.propose(SMALL)
    execute, undo = house.gate.execute, house.gate.undo
    early = (f"{MOVE} is approved, so nothing of it is carried out", "move", "admit it first")
    assert refusal(lambda: execute(MOVE, "a1"), NotAllowed) == early
    assert refusal(lambda: undo(MOVE, "a1"), NotAllowed) == early
    with house.database.write() as session:
        moves.advance(session, MOVE, {MoveState.APPROVED}, MoveState.EXECUTING)
    never = (f"{MOVE} was not admitted as it is", "move", "admit it first")
    assert refusal(lambda: execute(MOVE, "a1"), NotAllowed) == never
    house.gate.admit(MOVE)
    unknown = (f"{MOVE} has no action 'a9'", "action", "look at the move")
    assert refusal(lambda: execute(MOVE, "a9"), UnknownReference) == unknown
    assert refusal(lambda: undo(MOVE, "a9"), UnknownReference) == unknown
    needs = (f"a2 of {MOVE} needs a1, which is not done", "needs", "do it first")
    assert refusal(lambda: execute(MOVE, "a2"), NotAllowed) == needs
    undone = (f"a1 of {MOVE} was not done", "action", "there is nothing to undo")
    assert refusal(lambda: undo(MOVE, "a1"), NotAllowed) == undone
    house.outside.faults.set(Fault(system="erp", lose_replies=1))
    refusal(lambda: execute(MOVE, "a1"), UnknownOutcome)
    lost = (f"whether a1 of {MOVE} was done is not known", "action", "execute it again")
    assert refusal(lambda: undo(MOVE, "a1"), UnknownOutcome) == lost
    ends = ("a move does not end as parked", "outcome", "use a state that ends it")
    assert refusal(lambda: house.gate.finish(MOVE, MoveState.PARKED), BadInput) == ends


@pytest.mark.parametrize("reason", ["", "no, really"])
def test_what_is_over_is_not_admitted_and_says_why(house: House, reason: str):
    house.propose(SMALL)
    with house.database.write() as session:
        moves.advance(session, MOVE, {MoveState.APPROVED}, MoveState.CANCELLED, reason)
    why = f" ({reason})" if reason else ""
    told = (f"{MOVE} is cancelled{why}, so it is not carried out", "move", "plan again")
    assert refusal(lambda: house.gate.admit(MOVE), NotAllowed) == told


def test_a_lost_reply_is_kept_as_unknown_with_what_was_said(house: House):
    house.propose(SMALL)
    house.gate.admit(MOVE)
    house.outside.faults.set(Fault(system="erp", lose_replies=1))
    with pytest.raises(UnknownOutcome) as lost:
        house.gate.execute(MOVE, "a1")
    body = last(house, EntryKind.OUTCOME)[1]
    assert (body["state"], body["receipt"], body["why"]) == ("unknown", "", str(lost.value))
    house.gate.execute(MOVE, "a1")
    assert house.kinds().count("intent") == 1, "asked twice under one intent"
    assert last(house, EntryKind.OUTCOME)[1]["state"] == "done"


def test_a_refused_effect_is_kept_and_told_again_without_a_call(house: House):
    house.propose(SMALL)
    house.gate.admit(MOVE)
    house.gate.execute(MOVE, "a1")
    for number, line in enumerate(("SO-STRAT/1", "SO-SLA/1", "SO-STD2/1")):
        units = (20, 10, 20)[number]
        house.writes.erp.reserve(
            f"o{number}", line=line, sku="WIDGET", site="EAST", quantity=units, kind=ReservationKind.HARD
        )
    house.writes.erp.free_earmark("free", earmark=MOVE)
    house.writes.erp.reserve("o9", line="SO-STD2/1", sku="WIDGET", site="EAST", quantity=5, kind=ReservationKind.HARD)
    with pytest.raises(EffectRefused) as first:
        house.gate.execute(MOVE, "a2")
    body = last(house, EntryKind.OUTCOME)[1]
    assert (body["state"], body["receipt"], body["why"]) == ("refused", first.value.message, str(first.value))
    calls = len(house.points)
    told = (first.value.message, "erp.reserve", "plan again on fresh facts")
    assert refusal(lambda: house.gate.execute(MOVE, "a2"), EffectRefused) == told
    assert len(house.points) == calls
    assert refusal(lambda: house.gate.undo(MOVE, "a2"), NotAllowed)[0] == f"a2 of {MOVE} was not done"


def test_what_cannot_be_asked_again_says_where_to_look(house: House):
    gate = house.make_gate(effect_classes={"erp.release": EffectClass.AT_MOST_ONCE})
    house.propose(SMALL)
    gate.admit(MOVE)
    house.outside.faults.set(Fault(system="erp", writes_down=True))
    refusal(lambda: gate.execute(MOVE, "a1"), DependencyDown)
    (effect,) = house.effects()
    assert (effect.state, effect.receipt, effect.attempts) == (EffectState.INTENT, "not sent", 1)
    house.outside.faults.set(Fault(system="erp", lose_replies=1))
    refusal(lambda: gate.execute(MOVE, "a1"), UnknownOutcome)
    told = (
        f"erp.release may have been done under acme:{MOVE}:a1, and cannot be asked again",
        "erp.release",
        "look into the other system and settle the effect by hand",
    )
    assert refusal(lambda: gate.execute(MOVE, "a1"), ManualCheck) == told
    house.outside.faults.set(Fault(system="erp", writes_down=True))
    refusal(lambda: gate.execute(MOVE, "a1"), ManualCheck)
    (effect,) = house.effects()
    assert (effect.state, effect.receipt) == (EffectState.UNKNOWN, "")


@pytest.mark.parametrize("outcome", [MoveState.EXECUTED, MoveState.COMPENSATED, MoveState.CANCELLED, MoveState.FAILED])
def test_the_books_are_closed_once_and_budgets_go_back_unless_something_was_done(tmp_path: Path, outcome: MoveState):
    with build(tmp_path, policy=tight("measure: moves, limit: 250", "measure: moves, limit: 1")) as house:
        house.propose(ALONE)
        house.propose(reallocation(units=9, key="C1/r1/m2"))
        house.gate.admit(MOVE)
        assert claimed(house) == 10
        house.later(minutes=2)
        for _ in range(2):
            house.gate.finish(MOVE, outcome, "that is that")
        envelope, body = last(house, EntryKind.OUTCOME)
        back = outcome in (MoveState.COMPENSATED, MoveState.CANCELLED)
        assert envelope == place(house)
        assert body == {"ended": outcome.value, "why": "that is that", "refunded": back}
        assert house.kinds().count("outcome") == 1
        assert (house.moves()[0].state, house.moves()[0].reason) == (outcome, "that is that")
        assert claimed(house) == 0
        with house.database.read() as session:
            demoted = [(one.cause, one.why, one.sites) for one in demoting.active(session)]
        failed = [("effect", f"{MOVE} ended half done: that is that", ("EAST",))]
        assert demoted == (failed if outcome is MoveState.FAILED else [])
        if back:
            assert house.gate.admit("C1/r1/m2").move == "C1/r1/m2"
        else:
            refusal(
                lambda: house.gate.admit("C1/r1/m2"), NotAllowed if outcome is MoveState.EXECUTED else StaleDecision
            )


def test_a_failure_that_nobody_explains_says_that(house: House):
    house.propose(SMALL)
    house.gate.admit(MOVE)
    house.gate.finish(MOVE, MoveState.FAILED)
    with house.database.read() as session:
        (made,) = demoting.active(session)
    assert made.why == f"{MOVE} ended half done: nobody said why"
    assert (made.case_kinds, made.sku_classes, made.segments) == (("supplier_delay",), ("A",), ("retail",))
    envelope, _ = last(house, EntryKind.AUTONOMY)
    assert envelope == ("copilot", house.time.isoformat(), "C-1", "R-1", MOVE, None)


def test_a_long_story_is_cut_in_the_row_and_whole_in_the_ledger(house: House):
    house.propose(SMALL)
    house.gate.admit(MOVE)
    house.gate.finish(MOVE, MoveState.CANCELLED, "x" * 4100)
    assert len(house.moves()[0].reason) == 4000
    assert len(last(house, EntryKind.OUTCOME)[1]["why"]) == 4100


def test_a_move_that_failed_before_admission_lowers_autonomy_everywhere(house: House):
    house.propose(SMALL)
    house.gate.finish(MOVE, MoveState.FAILED, "broken")
    with house.database.read() as session:
        (made,) = demoting.active(session)
    assert (made.case_kinds, made.sites, made.since) == ((), (), house.time)


def test_only_what_touched_stock_gives_an_earmark_back(house: House):
    house.propose(buy(10))
    house.gate.admit(MOVE)
    house.gate.execute(MOVE, "a1")
    house.gate.finish(MOVE, MoveState.EXECUTED)
    assert [effect.action for effect in house.effects()] == ["a1"]
    house.propose(reallocation(units=5, key="C1/r1/m2"))
    house.gate.admit("C1/r1/m2")
    house.gate.execute("C1/r1/m2", "a1")
    house.gate.finish("C1/r1/m2", MoveState.CANCELLED)
    found = {effect.action: effect for effect in house.effects("C1/r1/m2")}
    freed = found["earmark"]
    assert (freed.key, freed.operation, freed.state) == ("acme:C1/r1/m2:earmark", "erp.free_earmark", EffectState.DONE)
    with house.database.read() as session:
        said = [body for entry, body in house.ledger.entries(session, [EntryKind.INTENT]) if entry.action == "earmark"]
    assert [body["body"] for body in said if body] == [{"earmark": "C1/r1/m2"}]


def test_a_policy_that_became_read_only_stops_a_move_in_the_middle_and_says_so_once(house: House):
    house.propose(SMALL)
    house.gate.admit(MOVE)
    house.gate.execute(MOVE, "a1")
    autonomy = house.policy.autonomy.model_copy(update={"read_only_until": date(2026, 3, 3)})
    house.policy = house.policy.model_copy(update={"autonomy": autonomy})
    text = "The policy is read-only until 2026-03-03: plans are made and compared, nothing is written."
    told = (text, "erp", "the move goes on by itself once the policy lets anything be written")
    for _ in range(2):
        assert refusal(lambda: house.gate.execute(MOVE, "a2"), DependencyDown) == told
    assert house.gate.execute(MOVE, "a1").replayed, "what was done still answers"
    envelope, body = last(house, EntryKind.DENIAL)
    assert envelope == place(house, "a2")
    assert body == {"refused": "stopped", "reasons": [text]}
    assert house.kinds().count("denial") == 1
    house.later(days=1)
    assert not house.gate.execute(MOVE, "a2").replayed


def test_a_switch_that_stops_an_action_is_told_with_its_system(house: House):
    house.propose(SMALL)
    house.gate.admit(MOVE)
    with house.database.write() as session:
        person = house.people.get("omar")
        switches.stop(session, house.ledger, house.policy, person, at=house.now(), why="odd orders", system="erp")
    text = "writes to erp were stopped by omar on 2026-03-02 09:00: odd orders"
    told = (text, "erp", "lift the kill switch; the move then goes on by itself")
    assert refusal(lambda: house.gate.execute(MOVE, "a1"), DependencyDown) == told
    envelope, body = last(house, EntryKind.DENIAL)
    assert (envelope, body) == (place(house, "a1"), {"refused": "stopped", "reasons": [text]})
    assert house.effects() == ()


def test_the_gate_is_asked_about_the_skus_of_the_case_and_its_people_may_be_deactivated(house: House):
    asked: list[Any] = []

    def take(skus: Any) -> Any:
        asked.append(skus)
        return house.facts(skus)

    house.propose(LARGE)
    house.approvals.approve("A-1", "paula")
    house.make_gate(take_facts=take).admit(MOVE)
    assert asked == [house.case.scope.skus]


def test_units_are_claimed_as_long_as_policy_waits_and_until_they_are_reserved(house: House):
    house.propose(ALONE)
    house.later(minutes=2)
    house.gate.admit(MOVE)
    with house.database.read() as session:
        (claim,) = claims.of_move(session, MOVE)
    assert (claim.case, claim.quantity, claim.expires_at) == ("C-1", 10, house.time + timedelta(hours=24))
    house.gate.execute(MOVE, "a1")
    assert claimed(house) == 0


def test_a_claim_shrinks_with_every_action_that_is_done(house: House):
    two = move(reserve("a1", "SO-STD2/1", 6), reserve("a2", "SO-STRAT/1", 4), kind="reserve")
    house.propose(two)
    house.gate.admit(MOVE)
    held = [claimed(house)]
    for action in ("a1", "a2"):
        house.gate.execute(MOVE, action)
        held.append(claimed(house))
    assert held == [10, 4, 0]


def test_a_move_that_is_denied_gives_its_claims_back(house: House):
    house.propose(ALONE)
    house.gate.admit(MOVE)
    assert claimed(house) == 10
    house.policy = tight("  default: act", "  default: observe")
    refusal(lambda: house.gate.admit(MOVE), NotAllowed)
    assert claimed(house) == 0
