"""The pilot's desk on the whole application: what was only planned is compared, promoted with evidence, and demoted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agent.runtime.pilot_desk import PilotDesk
from domain.errors import NotAllowed
from guardrails.chain import Head
from guardrails.policy import parse
from insights.agreement import Scope
from tests.acceptance.door import quartermaster
from tests.agent.house import CAREFUL, NOW, admitted, another_delay, opened, policy_file
from tests.agent.test_parked import break_down

LATER = NOW + timedelta(hours=25)
EASY = (
    "promotion: {min_cases: 20, min_agreement: 90 %, max_errors: 0}",
    "promotion: {min_cases: 1, min_agreement: 0 %}",
)


class Recorder:
    """Stands in for the desk of policy versions."""

    def __init__(self) -> None:
        self.proposed: list[tuple[str, str, str, dict[str, Any]]] = []

    def propose(self, text: str, user: str, why: str, evidence: Mapping[str, Any] | None = None) -> str:
        self.proposed.append((text, user, why, dict(evidence or {})))
        return "change"


def test_what_people_did_is_looked_at_when_its_time_has_come_and_once(careful: Path):
    policy = policy_file(careful, CAREFUL)
    with opened(careful, policy=policy, now=NOW + timedelta(hours=20)) as application:
        early = application.pilot.report()
        assert (early.total.cases, early.waiting) == (0, 1)
    with opened(careful, policy=policy, now=LATER) as application:
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
    with opened(careful, policy=policy_file(careful, CAREFUL), now=LATER) as application:
        desk = PilotDesk(application._parts, Recorder())
        with pytest.raises(NotAllowed, match="1 cases were compared, 20 are asked for"):
            desk.promote("act", "paula", "it agrees", Scope(kind="supplier_delay"))
    with opened(careful, policy=policy_file(careful, CAREFUL, EASY), now=LATER) as application:
        recorder = Recorder()
        desk = PilotDesk(application._parts, recorder)
        assert desk.promote("act", "paula", "it agrees", Scope(kind="supplier_delay", site="DC-MEMPHIS")) == "change"
        ((text, user, why, evidence),) = recorder.proposed
        assert (user, why) == ("paula", "it agrees")
        entry = parse(text).autonomy.narrower[-1]
        assert (entry.level, entry.case_kinds, entry.sites) == ("act", ("supplier_delay",), ("DC-MEMPHIS",))
        report = application.pilot.report(scope=Scope(kind="supplier_delay", site="DC-MEMPHIS"))
        assert evidence["level_before"] == "approve" and evidence["report"]["digest"] == report.digest
        assert Decimal(evidence["report"]["total"]["plan_value"]) == report.total.plan_value
        assert application.pilot.levels()[0].level == "approve", "nothing is in force before the owners approve"
        with pytest.raises(NotAllowed, match="the level there is approve already"):
            desk.promote("recommend", "paula", "less")


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


def test_a_plan_on_stale_facts_lowers_the_level_at_once(careful: Path):
    policy = policy_file(
        careful, CAREFUL, ("stale: approve, stale_after: 24 hours", "stale: observe, stale_after: 1 hours")
    )
    with opened(careful, policy=policy) as application:
        run = admitted(application, another_delay(new_eta="2026-03-27"))
    break_down(careful, system="tms", reads_down=True)
    with opened(careful, policy=policy, now=NOW + timedelta(hours=2)) as application:
        application.settle()
        (found,) = application.pilot.demotions()
        assert (found.cause, found.level, found.sites) == ("stale", "observe", ())
        fresh = [one for one in application.report(run).moves if one.verdict is not None]
        assert fresh and {one.state.value for one in fresh} <= {"denied", "cancelled"}


def test_who_holds_the_stock_is_told_at_the_door(careful: Path):
    told = quartermaster(careful, "--now", NOW.isoformat(), "claims", "--sku", "SKU-1042", "--output", "json")
    held = {one["how"] for one in told.rows("claims")}
    assert told.code == 0 and held == {"claim", "reservation"}
