"""Proposed versions on both databases: kept whole, each role once, a state only along compare and set."""

from __future__ import annotations

from functools import partial

import pytest

from domain.errors import UnknownReference
from storage import policies, policy_changes
from storage.database import Database, Session
from storage.policy_changes import ChangeState, Consent, PolicyChange
from tests.storage.samples import HOUR, NOW, race


def proposed(session: Session, policy: str = "P-2") -> PolicyChange:
    policies.keep(session, policy, f"text of {policy}")
    change = PolicyChange(
        id=policy_changes.next_id(session),
        policy=policy,
        base="P-1",
        by="ann",
        why="because",
        evidence='{"moves":3}',
        changed=("rules", "budgets"),
        needed=("operations", "finance"),
        effective_from=NOW + HOUR,
        created_at=NOW,
    )
    policy_changes.propose(session, change)
    return change


def test_a_change_comes_back_as_it_was_proposed_with_its_approvals_in_order(db: Database):
    with db.write() as session:
        made = proposed(session)
        assert policy_changes.get(session, made.id) == made and made.missing == ("operations", "finance")
        given = [Consent(role=role, by=by, at=NOW) for role, by in (("operations", "zoe"), ("finance", "bob"))]
        assert all(policy_changes.consent(session, made.id, one) for one in given)
    with db.read() as session:
        found = policy_changes.get(session, made.id)
        assert found.consents == tuple(given) and not found.missing
        assert policy_changes.listed(session, {ChangeState.SCHEDULED}) == ()
        assert policy_changes.listed(session) == (found,)
        assert policies.known(session) == ("P-2",) and policies.turns(session) == ()
        with pytest.raises(UnknownReference):
            policy_changes.get(session, "PC-9")


def test_of_those_who_race_to_approve_in_one_role_or_to_end_a_change_one_wins(db: Database):
    with db.write() as session:
        key = proposed(session).id

    def consent(by: str, session: Session) -> bool:
        policy_changes.get(session, key, lock=True)
        return policy_changes.consent(session, key, Consent(role="finance", by=by, at=NOW))

    def end(state: ChangeState, session: Session) -> bool:
        return policy_changes.advance(session, key, {ChangeState.PROPOSED}, state, at=NOW, by="bob")

    assert sorted(race(db, [partial(consent, f"u{n}") for n in range(6)])) == [False] * 5 + [True]
    ends = [ChangeState.REJECTED, ChangeState.WITHDRAWN, ChangeState.IN_FORCE]
    assert sorted(race(db, [partial(end, state) for state in ends])) == [False, False, True]
