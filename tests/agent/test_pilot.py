"""The pilot's desk on the whole application: what was only planned is compared, promoted with evidence, and demoted."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from agent.runtime.application import Application
from domain.errors import NotAllowed
from guardrails.chain import Head
from insights.agreement import Scope
from storage import observations
from storage.policy_changes import ChangeState, PolicyChange
from storage.records import MoveState
from tests.acceptance.door import quartermaster
from tests.agent.house import NOW, admitted, another_delay, approve_fully, opened, states
from tests.agent.test_parked import break_down

LATER = NOW + timedelta(hours=25)
EASY = (
    "promotion: {min_cases: 20, min_agreement: 90 %, max_errors: 0}",
    "promotion: {min_cases: 1, min_agreement: 0 %}",
)


def agreed(application: Application, change: PolicyChange) -> None:
    for owner in ("omar", "farid"):
        change = application.policies.approve(change.id, owner)
    assert change.state is ChangeState.IN_FORCE


def replaced(application: Application, old: str, new: str) -> None:
    text = application.policies.document().text
    assert old in text
    agreed(application, application.policies.propose(text.replace(old, new), "lena", "it is better so"))


def test_what_people_did_is_looked_at_when_its_time_has_come_and_once(careful: Path):
    with opened(careful, now=NOW + timedelta(hours=20)) as application:
        early = application.pilot.report()
        assert (early.total.cases, early.waiting) == (0, 1)
    with opened(careful, now=LATER) as application:
        report = application.pilot.report()
        count = application.head().count
        assert application.pilot.report() == report and application.head().count == count
    assert (report.total.cases, report.waiting) == (1, 0)
    assert report.total.unit_agreement == 0, "nobody has done anything"
    assert report.total.plan_value > 0 and report.total.people_value == 0
    assert report.total.either_money > 0
    assert [part.label for part in report.by_kind] == ["supplier_delay"]
    told = quartermaster(careful, "autonomy", "report", "--output", "json")
    assert told.code == 0 and told.rows("agreement")[0]["digest"] == report.digest


def test_a_promotion_is_proposed_with_the_report_as_evidence_and_refused_without(careful: Path):
    with opened(careful, now=LATER) as application:
        with pytest.raises(NotAllowed, match="1 cases were compared, 20 are asked for"):
            application.pilot.promote("act", "paula", "it agrees", Scope(kind="supplier_delay"))
        assert application.policies.changes() == ()
        replaced(application, *EASY)
        place = Scope(kind="supplier_delay", site="DC-MEMPHIS")
        change = application.pilot.promote("act", "paula", "it agrees", place)
        entry = application.policies.version(change.policy).autonomy.narrower[-1]
        assert (entry.level, entry.case_kinds, entry.sites) == ("act", ("supplier_delay",), ("DC-MEMPHIS",))
        assert (change.by, change.why, change.needed) == ("paula", "it agrees", ("operations", "finance"))
        evidence, report = json.loads(change.evidence), application.pilot.report(scope=place)
        assert evidence["level_before"] == "approve" and evidence["report"]["digest"] == report.digest
        assert Decimal(evidence["report"]["total"]["plan_value"]) == report.total.plan_value
        assert application.pilot.levels()[0].level == "approve", "nothing is in force before the owners approve"
        with pytest.raises(NotAllowed, match="the level there is approve already"):
            application.pilot.promote("recommend", "paula", "less")
        agreed(application, change)
        assert [one.level for one in application.pilot.levels() if one.sites == ("DC-MEMPHIS",)] == ["act"]


def test_a_ledger_that_is_not_what_was_written_lowers_every_level_once(delayed: Path):
    with opened(delayed) as application:
        assert application.verify().ok and application.pilot.demotions() == ()
        wrong = Head(count=1, hash="0" * 64)
        assert not application.verify([wrong]).ok
        assert not application.verify([wrong]).ok
        (found,) = application.pilot.demotions()
        assert (found.cause, found.level, found.case_kinds, found.sites) == ("verify", "observe", (), ())
        assert {view.level for view in application.pilot.levels()} == {"observe"}
    with opened(delayed) as application:
        assert application.pilot.lift_demotion(found.id, "omar", "the head file was old").state == "asked"
        assert application.pilot.lift_demotion(found.id, "olga", "the head file was old").state == "lifted"
        assert application.pilot.demotions() == () and len(application.pilot.demotions(everything=True)) == 1


@pytest.mark.real
def test_what_a_person_takes_back_is_not_taken_for_a_plan_of_the_copilot(careful: Path):
    with opened(careful) as application:
        (run,) = [one.id for one in application.runs()]
        move = next(key for key, state in states(application, run).items() if state is MoveState.WAITING)
        approve_fully(application, move)
    with opened(careful, now=LATER) as application:
        assert application.pilot.look() == 1
        undone = application.overrides.undo(move, "lena", "mistake")
        assert undone.run != run and application.report(undone.run).moves
        with application._parts.database.read() as session:
            watched = {one.run for one in observations.due(session, LATER + timedelta(days=9))}
        assert undone.run not in watched


@pytest.mark.real
def test_a_plan_on_stale_facts_lowers_the_level_at_once(careful: Path):
    with opened(careful) as application:
        replaced(application, "stale: approve, stale_after: 24 hours", "stale: observe, stale_after: 1 hours")
        run = admitted(application, another_delay(new_eta="2026-03-27"))
    break_down(careful, system="tms", reads_down=True)
    with opened(careful, now=NOW + timedelta(hours=2)) as application:
        application.settle()
        (found,) = application.pilot.demotions()
        assert (found.cause, found.level, found.sites) == ("stale", "observe", ())
        fresh = [one for one in application.report(run).moves if one.verdict is not None]
        assert fresh and {one.state.value for one in fresh} <= {"denied", "cancelled"}


def test_who_holds_the_stock_is_told_at_the_door(careful: Path):
    told = quartermaster(careful, "--now", NOW.isoformat(), "claims", "--sku", "SKU-1042", "--output", "json")
    held = {one["how"] for one in told.rows("claims")}
    assert told.code == 0 and held == {"claim", "reservation"}
