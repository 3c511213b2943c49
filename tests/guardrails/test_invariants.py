"""Whatever people and workers do in whatever order: nothing is executed that was not allowed or approved as shown,
stock is conserved, and no move counts as executed half done."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.embedded.faults import Fault
from domain.errors import QuartermasterError
from domain.plans import Move, shown_digest
from domain.verdicts import Outcome, Verdict
from guardrails.chain import EntryKind
from storage import approvals, moves
from storage.records import ApprovalState, EffectState, MoveState
from tests.guardrails.house import House
from tests.guardrails.house import house as build
from tests.guardrails.test_judge import CREDIT
from tests.guardrails.world import move, reallocation, release, reserve

PLAN: tuple[Move, ...] = (
    reallocation(units=10, key="C1/r1/m1"),
    reallocation(units=40, key="C1/r1/m2"),
    reallocation("SO-STRAT/1", 10, key="C1/r1/m3"),
    move(reserve("a1", "SO-STRAT/1", 10), kind="reserve", key="C1/r1/m4"),
    CREDIT.model_copy(update={"id": "C1/r1/m5"}),
    move(release("a1", "SO-KEY1/1", 5), reserve("a2", "SO-STD2/1", 5, "a1"), key="C1/r1/m6"),
)
PEOPLE = ("paula", "peter", "lena", "farid", "fiona", "wanda", "carla", "omar", "arthur", "nobody")

STEPS = st.one_of(
    st.tuples(st.just("approve"), st.integers(1, 8), st.sampled_from(PEOPLE)),
    st.tuples(st.just("reject"), st.integers(1, 8), st.sampled_from(PEOPLE)),
    st.tuples(st.just("edit"), st.integers(1, 8), st.sampled_from(PEOPLE), st.integers(0, 60)),
    st.tuples(st.just("old card"), st.integers(1, 8), st.sampled_from(PEOPLE)),
    st.tuples(st.just("wait"), st.integers(1, 30)),
    st.tuples(st.just("sweep")),
    st.tuples(st.just("lose a reply")),
    st.tuples(st.just("admit"), st.integers(0, 5)),
    st.tuples(st.just("execute"), st.integers(0, 5), st.integers(1, 4)),
    st.tuples(st.just("carry out"), st.integers(0, 5)),
)


def attempt(house: House, step: tuple, cards: dict[str, str]) -> None:
    """One step; refusals are what the house is for."""
    what, *given_ = step
    try:
        if what == "wait":
            house.later(hours=given_[0])
        elif what == "sweep":
            house.approvals.expire()
        elif what == "lose a reply":
            house.outside.faults.set(Fault(system="erp", lose_replies=1))
        elif what == "admit":
            house.gate.admit(PLAN[given_[0]].id)
        elif what == "execute":
            house.gate.execute(PLAN[given_[0]].id, f"a{given_[1]}")
        elif what == "carry out":
            record = house.moves()[given_[0]]
            house.carry_out(record.move)
        else:
            decide(house, what, f"A-{given_[0]}", given_[1], given_[2:], cards)
    except QuartermasterError:
        pass


def decide(house: House, what: str, asked: str, user: str, rest: list, cards: dict[str, str]) -> None:
    if what == "approve":
        house.approvals.approve(asked, user)
    elif what == "reject":
        house.approvals.reject(asked, user, "no")
    elif what == "edit":
        house.approvals.edit(asked, user, {"a2": rest[0]}, reason="counted again")
    else:
        house.approvals.approve(asked, user, cards.get(asked, "0" * 64))


def check_every_effect_was_allowed(house: House) -> None:
    with house.database.read() as session:
        for record in moves.listed(session):
            admitted = [b for _, b in house.ledger.entries(session, [EntryKind.ADMISSION], move=record.id)]
            sent = [b for _, b in house.ledger.entries(session, [EntryKind.INTENT], move=record.id)]
            assert not sent or admitted, f"{record.id} was sent without admission"
            if not admitted:
                continue
            assert admitted[-1] is not None
            assert admitted[-1]["substance"] == record.move.substance
            verdict = Verdict.model_validate(admitted[-1]["verdict"])
            given_ = [
                one
                for one in approvals.listed(session, {ApprovalState.APPROVED}, move=record.id)
                if one.shown == shown_digest(record.move, one.policy, one.facts)
                and one.decided_at is not None
                and one.decided_at < one.expires_at
            ]
            assert verdict.outcome is not Outcome.DENY
            assert len(given_) >= len(verdict.roles), f"{record.id} went without {verdict.roles}"
            if verdict.four_eyes:
                assert not {one.decided_by for one in given_} & {"intake"}


def check_stock(house: House, before: int) -> None:
    """Every unit taken from a loser is with a winner, or still earmarked for a move that is under way."""
    assert house.outside.audit() == []
    after = {r.id: r for r in house.facts().reservations}
    assert sum(r.quantity for r in after.values()) >= before
    under_way = {record.id for record in house.moves() if record.state in (MoveState.EXECUTING, MoveState.PARKED)}
    assert {r.owner for r in after.values() if r.line is None} <= under_way
    for record in house.moves():
        if record.state is MoveState.EXECUTED:
            done = {e.action for e in house.effects(record.id) if e.state is EffectState.DONE} - {"earmark"}
            assert done == {action.id for action in record.move.actions}


@settings(max_examples=12)
@given(st.lists(STEPS, min_size=5, max_size=40))
def test_nothing_goes_without_an_allow_or_a_matching_approval(steps: list[tuple]):
    with tempfile.TemporaryDirectory() as folder, build(Path(folder)) as house:
        for subject in PLAN:
            house.propose(subject)
        with house.database.read() as session:
            cards = {one.id: one.shown for one in approvals.listed(session)}
        before = sum(r.quantity for r in house.facts().reservations)
        for step in steps:
            attempt(house, step, cards)
        check_every_effect_was_allowed(house)
        check_stock(house, before)
        assert house.ledger.verify_now().ok
