"""Moves, claims and approvals keep their promises, on both databases."""

from __future__ import annotations

import pytest

from domain.errors import UnknownReference
from domain.verdicts import Outcome, Verdict
from storage import (
    approvals,
    claims,
    moves,
)
from storage.database import Database
from storage.records import (
    ApprovalState,
    MoveState,
)
from tests.storage.samples import HOUR, NOW, approval, claim, move, with_moves

MOVE = "C-1/r1/m1"
STOCK: claims.Bucket = ("SKU-1", "EAST", None)


def test_a_move_keeps_its_place_its_verdict_and_its_edit(db: Database):
    verdict = Verdict(outcome=Outcome.APPROVAL, policy="P-1", roles=("lead",))
    with db.write() as session:
        with_moves(session, "C-1/r1/m2", MOVE)
        moves.set_verdict(session, MOVE, verdict)
        assert moves.edit(session, move(MOVE, 7), {MoveState.PROPOSED})
        assert moves.advance(session, MOVE, {MoveState.PROPOSED}, MoveState.WAITING, "asks a lead")
        assert not moves.advance(session, MOVE, {MoveState.PROPOSED}, MoveState.DENIED)
        assert not moves.edit(session, move(MOVE, 8), {MoveState.PROPOSED})
        found = moves.get(session, MOVE)
        assert [record.id for record in moves.listed(session, case="C-1", run="R-1", revision=1)] == ["C-1/r1/m2", MOVE]
        assert [record.id for record in moves.listed(session, {MoveState.WAITING})] == [MOVE]
        with pytest.raises(UnknownReference):
            moves.get(session, "C-1/r1/m9")
    assert found.verdict == verdict
    assert (found.move, found.state, found.reason) == (move(MOVE, 7), MoveState.WAITING, "asks a lead")


def test_claims_hold_all_or_nothing_and_are_summed_by_bucket(db: Database):
    inbound = ("SKU-1", "EAST", "PO-1")
    with db.write() as session:
        with_moves(session)
        short = claims.hold(session, [claim(MOVE, 6), claim(MOVE, 5)], {STOCK: 10}, NOW)
        assert short is not None and (short.free, short.claimed, short.asked) == (10, 0, 11)
        assert claims.active(session, NOW) == ()
        both = [claim(MOVE, 6), claim(MOVE, 4), claim(MOVE, 3, inbound="PO-1")]
        assert claims.hold(session, both, {STOCK: 10, inbound: 3}, NOW) is None
        assert [(found.inbound, found.quantity) for found in claims.of_move(session, MOVE)] == [(None, 10), ("PO-1", 3)]
        assert claims.total(session, NOW, "SKU-1", "EAST", "PO-1") == 3
        assert claims.total(session, NOW, "SKU-1", "EAST", except_move=MOVE) == 0
        unknown = claims.hold(session, [claim(MOVE, 1, inbound="PO-9")], {STOCK: 99}, NOW)
        assert unknown is not None and unknown.free == 0


def test_a_claim_ends_by_itself_and_can_be_released(db: Database):
    with db.write() as session:
        with_moves(session)
        claims.put(session, [claim(MOVE, 6)])
        assert claims.active(session, NOW, skus={"SKU-1"}) == (claim(MOVE, 6),)
        assert claims.active(session, NOW, skus={"SKU-2"}) == claims.active(session, NOW, except_case="C-1") == ()
        assert claims.expired(session, NOW) == ()
        assert claims.active(session, NOW + HOUR) == ()
        assert claims.total(session, NOW + HOUR, "SKU-1", "EAST") == 0
        assert claims.expired(session, NOW + HOUR) == (claim(MOVE, 6),)
        assert (claims.release(session, MOVE), claims.release(session, MOVE)) == (1, 0)


def test_an_approval_is_decided_only_as_shown_in_time_and_once(db: Database):
    with db.write() as session:
        with_moves(session)
        approvals.ask(session, approval())
        approve = ApprovalState.APPROVED
        assert not approvals.decide(session, "A-1", "another digest", approve, by="ann", at=NOW)
        assert not approvals.decide(session, "A-1", "d1", approve, by="ann", at=NOW + HOUR)
        assert approvals.decide(session, "A-1", "d1", approve, by="ann", at=NOW, reason="fine")
        assert not approvals.decide(session, "A-1", "d1", ApprovalState.REJECTED, by="bob", at=NOW)
        found = approvals.get(session, "A-1")
        with pytest.raises(UnknownReference):
            approvals.get(session, "A-9")
    assert (found.state, found.decided_by, found.decided_at, found.reason) == (approve, "ann", NOW, "fine")


def test_an_edited_card_is_bound_anew_and_the_old_digest_is_worthless(db: Database):
    edited = approval().model_copy(update={"shown": "d2", "edited_by": ("ann",), "role": "finance"})
    with db.write() as session:
        with_moves(session)
        approvals.ask(session, approval())
        assert approvals.rebind(session, approval(), edited)
        assert not approvals.rebind(session, approval(), edited)
        assert not approvals.decide(session, "A-1", "d1", ApprovalState.APPROVED, by="bob", at=NOW)
        assert approvals.get(session, "A-1") == edited


def test_approvals_are_listed_overdue_and_closed_by_move(db: Database):
    with db.write() as session:
        with_moves(session)
        for number in (10, 2):
            approvals.ask(session, approval(f"A-{number}", role="lead" if number == 2 else "finance"))
        assert [found.id for found in approvals.listed(session, {ApprovalState.PENDING})] == ["A-2", "A-10"]
        assert [found.id for found in approvals.listed(session, role="lead", move=MOVE, run="R-1", case="C-1")] == [
            "A-2"
        ]
        assert approvals.overdue(session, NOW) == ()
        assert [found.id for found in approvals.overdue(session, NOW + HOUR)] == ["A-2", "A-10"]
        assert approvals.close(session, MOVE, ApprovalState.SUPERSEDED, NOW, "new facts") == 2
        assert approvals.close(session, MOVE, ApprovalState.CANCELLED, NOW) == 0
        assert {found.reason for found in approvals.listed(session)} == {"new facts"}
