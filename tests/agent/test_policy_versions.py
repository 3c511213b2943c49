"""A policy changes only by its owners, from its day on, and then for every process; the ledger has each step."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.runtime.application import Application
from agent.runtime.clock import FixedClock
from domain.errors import AlreadyDecided, BadInput, Conflict, NotAllowed, UnknownReference
from guardrails.chain import EntryKind
from guardrails.policy import default_text, parse
from storage.policy_changes import ChangeState, PolicyChange
from tests.agent.house import CAREFUL, NOW, delay, opened, policy_file, states

DAY = timedelta(days=1)
BUDGET = ("limit: 250}", "limit: 25}")
"""A change of the budgets: operations and finance own them."""
HORIZON = ("horizon_days: 28", "horizon_days: 14")
"""A change of triage, which nobody is named for: operations owns it."""


def text(*changes: tuple[str, str], start: datetime | None = None) -> str:
    found = default_text()
    for old, new in changes:
        assert old in found, old
        found = found.replace(old, new)
    if start is not None:
        found = found.replace("version: 1\n", f"version: 1\neffective_from: {start:%Y-%m-%d}\n")
    return found


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the shipped policy, in which nothing else was done."""
    home = tmp_path_factory.mktemp("fresh")
    with opened(home):
        return home


@pytest.fixture
def app(fresh: Path, tmp_path: Path) -> Iterator[Application]:
    with opened(Path(shutil.copytree(fresh, tmp_path / "home"))) as application:
        yield application


def entries(app: Application, kind: EntryKind) -> list[tuple[str, dict[str, Any]]]:
    with app._parts.database.read() as session:
        return [(entry.actor, body or {}) for entry, body in app._parts.ledger.entries(session, [kind])]


def at(app: Application, moment: datetime) -> None:
    clock = app._parts.clock
    assert isinstance(clock, FixedClock)
    clock.advance(moment - clock.now())


def propose(
    app: Application, *changes: tuple[str, str], start: datetime | None = None, by: str = "lena"
) -> PolicyChange:
    return app.policies.propose(text(*changes, start=start), by, "because")


def test_a_version_is_in_force_when_the_last_of_its_owners_has_approved(app: Application):
    before = app.policies.in_force.id
    change = propose(app, BUDGET)
    assert (change.state, change.needed, change.base) == (ChangeState.PROPOSED, ("operations", "finance"), before)
    half = app.policies.approve(change.id, "omar", "fine with me")
    assert half.missing == ("finance",) and app.policies.in_force.id == before
    done = app.policies.approve(change.id, "fiona")
    assert done.state is ChangeState.IN_FORCE and app.policies.in_force.id == change.policy != before
    told = [(actor, body["did"]) for actor, body in entries(app, EntryKind.POLICY)]
    assert told == [
        ("operator", "began"), ("lena", "proposed"), ("omar", "approved"), ("fiona", "approved"), ("fiona", "in force"),
    ]  # fmt: skip
    last = entries(app, EntryKind.POLICY)[-1][1]
    assert last["before"] == before and [one["by"] for one in last["approved"]] == ["omar", "fiona"]


def test_the_owners_are_those_of_the_parts_that_change(app: Application):
    assert propose(app, HORIZON).needed == ("operations",)
    assert propose(app, ("break_cost: 0.02", "break_cost: 0.03")).needed == ("commercial", "finance")
    assert propose(app, ("version: 1\n", "version: 2\n")).needed == ("operations",), (
        "nothing of weight has an owner too"
    )


def test_the_policy_in_force_says_who_approves_and_never_the_new_one(app: Application):
    """A document that makes its author the owner of everything is still decided by the owners of today."""
    grab = text(("default: [operations]", "default: [planner]"), ("[operations, finance]", "[planner]"))
    change = app.policies.propose(grab, "paula", "mine")
    assert set(change.needed) == {"operations", "finance"}
    with pytest.raises(NotAllowed, match="operations, finance"):
        app.policies.approve(change.id, "peter")
    assert app.policies.in_force.owners.default == ("operations",)


def test_whoever_proposed_it_approves_nothing_and_nobody_approves_twice(app: Application):
    change = propose(app, BUDGET, by="omar")
    with pytest.raises(NotAllowed, match="four eyes"):
        app.policies.approve(change.id, "omar")
    app.policies.approve(change.id, "olga")
    with pytest.raises(NotAllowed, match="for finance"):
        app.policies.approve(change.id, "omar")
    refused = [body for _, body in entries(app, EntryKind.DENIAL)]
    assert [body["attempt"] for body in refused] == ["policy approve", "policy approve"]
    assert all(body["change"] == change.id and body["reasons"] for body in refused)


def test_an_owner_who_is_away_is_spoken_for_by_their_delegate_and_four_eyes_see_both(app: Application):
    app.desk.delegate("omar", "lena", "operations", NOW, NOW + DAY, "leave")
    own = propose(app, HORIZON, by="lena")
    with pytest.raises(NotAllowed, match="four eyes"):
        app.policies.approve(own.id, "lena")
    app.policies.withdraw(own.id, "lena")
    done = app.policies.approve(propose(app, HORIZON, by="paula").id, "lena")
    assert done.state is ChangeState.IN_FORCE
    assert [(one.by, one.for_whom) for one in done.consents] == [("lena", "omar")]


@pytest.mark.parametrize("who", ["arthur", "nobody at all"], ids=["auditor", "stranger"])
def test_only_somebody_who_decides_may_propose_and_a_refusal_is_recorded(app: Application, who: str):
    with pytest.raises(NotAllowed):
        propose(app, BUDGET, by=who)
    assert not app.policies.changes()
    actor, body = entries(app, EntryKind.DENIAL)[-1]
    assert body["attempt"] == "policy propose" and body["user"] == who and actor in (who, "unknown")


def test_an_owner_may_reject_and_only_its_author_may_withdraw(app: Application):
    first, second = propose(app, BUDGET), propose(app, HORIZON)
    with pytest.raises(NotAllowed, match="for operations, finance"):
        app.policies.reject(first.id, "paula", "no")
    assert app.policies.reject(first.id, "farid", "too small").state is ChangeState.REJECTED
    with pytest.raises(NotAllowed, match="lena proposed"):
        app.policies.withdraw(second.id, "omar")
    assert app.policies.withdraw(second.id, "lena").state is ChangeState.WITHDRAWN
    for over in (first, second):
        with pytest.raises(AlreadyDecided):
            app.policies.approve(over.id, "olga")
    with pytest.raises(UnknownReference):
        app.policies.approve("PC-9", "olga")


def test_a_document_that_is_wrong_or_changes_nothing_is_not_proposed(app: Application):
    with pytest.raises(BadInput, match="line"):
        app.policies.propose(text(("roles: [lead]", "roles: [nobody]")), "lena", "typo")
    with pytest.raises(Conflict, match="is the policy already"):
        app.policies.propose(default_text() + "\n# a comment is no change\n", "lena", "comment")
    change = propose(app, BUDGET)
    with pytest.raises(Conflict, match=change.id):
        propose(app, BUDGET, by="omar")


def test_a_policy_that_nobody_could_ever_leave_is_not_proposed(app: Application):
    lonely = text(
        ("  auditor:\n", "  ghost:\n    title: Nobody\n  auditor:\n"),
        ("owners: [operations, finance]", "owners: [ghost]"),
    )
    with pytest.raises(BadInput, match="nobody holds the role ghost"):
        app.policies.propose(lonely, "lena", "oops")


def test_a_version_waits_for_its_day_and_then_counts_without_anybody_doing_anything(app: Application):
    before, day = app.policies.in_force.id, NOW + 3 * DAY
    change = propose(app, HORIZON, start=day)
    done = app.policies.approve(change.id, "omar")
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    assert (done.state, done.effective_from) == (ChangeState.SCHEDULED, midnight)
    at(app, midnight - timedelta(microseconds=1))
    assert app.policies.in_force.id == before
    at(app, midnight)
    assert app.policies.in_force.id == change.policy and app._parts.services.policy.id == change.policy
    app.settle()
    assert app.policies.change(change.id).state is ChangeState.IN_FORCE
    assert [actor for actor, body in entries(app, EntryKind.POLICY) if body["did"] == "in force"] == ["clock"]


def test_what_goes_live_first_makes_void_what_was_made_from_another_version(app: Application):
    slow, quick = propose(app, BUDGET), propose(app, HORIZON)
    app.policies.approve(slow.id, "omar")
    app.policies.approve(quick.id, "omar")
    over = app.policies.change(slow.id)
    assert over.state is ChangeState.SUPERSEDED and quick.id in over.note
    with pytest.raises(AlreadyDecided, match="superseded"):
        app.policies.approve(slow.id, "fiona")
    assert app.policies.in_force.id == quick.policy


def test_an_urgent_version_makes_void_what_waits_for_its_day(app: Application):
    later = propose(app, HORIZON, start=NOW + 3 * DAY)
    app.policies.approve(later.id, "omar")
    urgent = propose(app, BUDGET)
    assert app.policies.change(later.id).state is ChangeState.SCHEDULED
    app.policies.approve(urgent.id, "omar")
    app.policies.approve(urgent.id, "fiona")
    assert app.policies.change(later.id).state is ChangeState.SUPERSEDED
    at(app, NOW + 5 * DAY)
    assert app.policies.in_force.id == urgent.policy


def test_a_version_for_a_later_day_is_made_from_the_one_that_will_count_then(app: Application):
    first = propose(app, HORIZON, start=NOW + 3 * DAY)
    app.policies.approve(first.id, "omar")
    second = propose(app, HORIZON, ("backorder_days: 5", "backorder_days: 4"), start=NOW + 5 * DAY)
    assert second.base == first.policy
    app.policies.approve(second.id, "omar")
    third = propose(app, HORIZON, ("eta_days: 2", "eta_days: 1"), start=NOW + 7 * DAY)
    app.policies.withdraw(second.id, "lena")
    assert app.policies.change(third.id).state is ChangeState.SUPERSEDED
    assert app.policies.change(first.id).state is ChangeState.SCHEDULED, "what comes before it still comes"
    at(app, NOW + 9 * DAY)
    assert app.policies.in_force.id == first.policy


def test_two_who_approve_in_the_same_moment_put_it_in_force_once(app: Application):
    change = propose(app, BUDGET)
    app.policies.approve(change.id, "omar")
    outcomes: list[str] = []

    def answer(who: str) -> None:
        try:
            outcomes.append(app.policies.approve(change.id, who).state.value)
        except (AlreadyDecided, NotAllowed) as refused:
            outcomes.append(refused.code)

    racing = [threading.Thread(target=answer, args=(who,)) for who in ("farid", "fiona")]
    for one in racing:
        one.start()
    for one in racing:
        one.join()
    assert sorted(outcomes) == ["already_decided", "in_force"]
    assert [one.role for one in app.policies.change(change.id).consents].count("finance") == 1
    assert len(app.policies.versions()) == 2


def test_another_process_sees_it_at_once_everywhere(fresh: Path, tmp_path: Path):
    home = Path(shutil.copytree(fresh, tmp_path / "home"))
    with opened(home) as one, opened(home) as other:
        services = other._parts.services
        before = services.policy.id
        change = one.policies.propose(text(CAREFUL), "lena", "slowly")
        one.policies.approve(change.id, "omar")
        assert services.policy.id == before
        one.policies.approve(change.id, "fiona")
        assert services.policy.id == other._parts.policy.id == other._parts.approvals._policy().id == change.policy
        run = delay(other)
        assert set(states(other, run).values()) <= {"waiting", "denied", "cancelled"}, "a person confirms every move"
        with other._parts.database.read() as session:
            said = [body for _, body in other._parts.ledger.entries(session, [EntryKind.DECISION]) if body]
        assert said and {body["policy"] for body in said} == {change.policy}


def test_inside_one_transaction_one_policy_judges_even_when_the_day_comes(app: Application):
    change = propose(app, HORIZON, start=NOW + DAY)
    app.policies.approve(change.id, "omar")
    with app._parts.database.write():
        first = app._parts.policy.id
        at(app, NOW + 2 * DAY)
        assert app._parts.policy.id == first != change.policy
    assert app._parts.policy.id == change.policy


def test_the_first_policy_of_a_folder_is_the_file_and_another_file_later_changes_nothing(tmp_path: Path):
    home, careful = tmp_path / "home", policy_file(tmp_path, CAREFUL)
    with opened(home, policy=careful) as app:
        first = app.policies.in_force
        assert first.autonomy.default == "approve" and app.policies.other_file is None
        assert entries(app, EntryKind.POLICY) == [
            ("operator", {"did": "began", "policy": first.id, "name": first.name, "version": 1, "before": None})
        ]
    lenient = policy_file(tmp_path)
    with opened(home, policy=lenient) as app:
        assert app.policies.in_force.id == first.id
        told = app.policies.other_file
        assert told is not None and told.in_force == first.id and "policy propose" in told.text
        assert len(app.policies.versions()) == 1
    with opened(home) as app:
        assert app.policies.in_force.id == first.id and app.policies.other_file is None


def test_a_first_policy_that_begins_later_is_refused(tmp_path: Path):
    path = tmp_path / "policy.yaml"
    path.write_text(text(start=NOW + 30 * DAY), encoding="utf-8")
    with pytest.raises(BadInput, match="in force at once"), opened(tmp_path / "home", policy=path):
        pass


def test_a_document_that_a_newer_release_reads_by_another_id_stays_the_policy(fresh: Path, tmp_path: Path):
    """As after an upgrade that knows more fields: the id is that of the content as it is read."""
    home, now = Path(shutil.copytree(fresh, tmp_path / "home")), parse(default_text()).id
    with sqlite3.connect(home / "quartermaster.db") as database:
        database.execute("PRAGMA foreign_keys=OFF")
        database.execute("UPDATE policies SET id = 'P-000000000000'")
        database.execute("UPDATE policy_activations SET policy = 'P-000000000000'")
    database.close()
    with opened(home) as app:
        assert app.policies.in_force.id == now and app.policies.document().id == now
        last = entries(app, EntryKind.POLICY)[-1][1]
        assert (last["did"], last["before"]) == ("read anew", "P-000000000000")


def test_a_document_that_a_newer_release_cannot_read_is_replaced_by_the_operators_file(fresh: Path, tmp_path: Path):
    home, file = Path(shutil.copytree(fresh, tmp_path / "home")), policy_file(tmp_path, CAREFUL)
    with sqlite3.connect(home / "quartermaster.db") as database:
        database.execute("UPDATE policies SET body = 'colour: red'")
    database.close()
    with pytest.raises(BadInput, match="is missing"), opened(home):
        pass
    with opened(home, policy=file) as app:
        assert app.policies.in_force.autonomy.default == "approve"
        assert "stands in" in entries(app, EntryKind.POLICY)[-1][1]["why"]
        assert [one.in_force for one in app.policies.versions()] == [True, False] and app.policies.versions()[1].note
    with opened(home) as app:
        assert app.policies.in_force.autonomy.default == "approve"


def test_a_diff_speaks_of_rules_and_fields(app: Application):
    other = parse(
        text(
            BUDGET,
            CAREFUL,
            ("    roles: [lead]\n", "    roles: [lead, finance]\n"),
            ("  - id: picked-units", "  - id: picked"),
        )
    )
    found = [one.text for one in app.policies.diff(app.policies.in_force.id, other)]
    assert "budget moves-per-actor: limit: 250 becomes 25" in found
    assert "autonomy: default: act becomes approve" in found
    assert "rule degraded-facts: roles: lead becomes lead, finance" in found
    assert any(one.startswith("rule picked-units is removed") for one in found)
    assert any(one.startswith("rule picked is added") for one in found)
    assert not app.policies.diff(other, other)


def test_evidence_is_kept_with_the_change_and_in_the_ledger(app: Application):
    evidence = {"agreement": "0.97", "moves": 41}
    change = app.policies.propose(text(HORIZON), "lena", "it agrees", evidence)
    assert change.evidence == '{"agreement":"0.97","moves":41}'
    assert entries(app, EntryKind.POLICY)[-1][1]["given"] == evidence
    assert app.verify().ok


@pytest.mark.parametrize("back", [False, True], ids=["gone", "gone-and-back"])
def test_the_approval_of_an_owner_who_is_gone_is_asked_for_anew(app: Application, back: bool):
    change = propose(app, BUDGET)
    app.policies.approve(change.id, "omar", "fine with me")
    at(app, app.now + timedelta(minutes=1))
    app.staff.deactivate("omar", "olga", "left")
    if back:
        app.staff.reactivate("omar", "olga", "back")
    at(app, app.now + timedelta(minutes=1))
    half = app.policies.approve(change.id, "fiona")
    assert (half.state, half.missing) == (ChangeState.PROPOSED, ("operations",))
    assert ("fiona", "approval ended", "omar") in [
        (actor, said.get("did"), said.get("of")) for actor, said in entries(app, EntryKind.POLICY)
    ]
    assert app.policies.approve(change.id, "olga").state is ChangeState.IN_FORCE
