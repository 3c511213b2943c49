"""What another policy would have changed, against a clerk who counts it from the exported ledger and the snapshots."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from agent.runtime.application import Application
from agent.runtime.dry_run import CHANGES, DryRun
from domain.errors import BadInput
from domain.facts import Facts
from domain.plans import Plan
from evals.metrics import recount, rejudged
from evals.metrics.rejudged import Count
from guardrails.policy import default_text
from storage.snapshots import SnapshotRow
from storage.statements import compare_and_set
from tests.agent.house import CAREFUL, delay, opened, policy_file
from tests.insights.house import Told

pytestmark = pytest.mark.xdist_group("insights")

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
NONE = Count((), 0, Decimal(0), Decimal(0))


def with_rule(outcome: str, when: str, role: str = "") -> str:
    asked = f"    roles: [{role}]\n" if role else ""
    return (
        f"{default_text()}\n  - id: what-if\n    title: What if\n    actions: any\n    when: {{all: [{when}]}}\n"
        f"    outcome: {outcome}\n{asked}    reason: What if.\n"
    )


def denied_above(units: int) -> str:
    return with_rule("deny", f'{{fact: units_moved, operator: ">", value: {units} units}}')


def asked_above(value: Decimal) -> str:
    return with_rule("approval", f'{{fact: value_moved, operator: ">", value: {value} USD}}', "operations")


def the_clerks(app: Application) -> list[rejudged.Judged]:
    plans: dict[str, Plan] = {}
    facts: dict[str, Facts] = {}
    for run in app.runs():
        plan, snapshot = app.report(run.id).plan, app.facts(run.id)
        if plan is not None and snapshot is not None:
            plans[run.id], facts[plan.facts] = plan, snapshot
    return rejudged.judged(recount.read(app.export("arthur")), plans, facts)


def agree(found: DryRun, counted: dict[rejudged.Group, Count]) -> None:
    assert not found.unclear
    for group in found.groups:
        clerk = counted.get(group.change, NONE)
        assert tuple(one.move for one in found.of(group.change)) == clerk.moves, group.change
        ours = group.units, group.value_moved, group.value_at_stake
        assert ours == (clerk.units, clerk.value_moved, clerk.value_at_stake), group.change
    assert sum(group.moves for group in found.groups) == sum(len(one.moves) for one in counted.values())


def compare(told: Told) -> dict[str, int]:
    """Every kind of change that the clerk can count, with thresholds from the middle of what happened."""
    print(told.name)
    clerk = the_clerks(told.app)
    assert clerk
    units = sorted(one.size.units for one in clerk)[len(clerk) // 2]
    value = sorted(one.size.value_moved for one in clerk)[len(clerk) // 2]
    tried = {
        denied_above(units): rejudged.denied_above(units),
        asked_above(value): rejudged.asked_above(value, "operations"),
        asked_above(Decimal(0)): rejudged.asked_above(Decimal(0), "operations"),
        default_text(): lambda one: (one.outcome, one.roles),
    }
    seen = dict.fromkeys(CHANGES, 0)
    for text, what_if in tried.items():
        found = told.app.policies.dry_run(text, BEGINNING)
        agree(found, rejudged.count(clerk, what_if))
        for group in found.groups:
            seen[group.change] += group.moves
    return {str(change): moves for change, moves in seen.items()}


def test_what_another_policy_would_have_changed_is_what_the_clerk_counts(nine: Told):
    seen = compare(nine)
    assert seen["denied"] and seen["other_roles"] and seen["same"]


def test_clerk_and_dry_run_agree_on_worlds_drawn_now(drawn: Told):
    compare(drawn)


def test_a_dry_run_says_both_reasons_and_changes_nothing(nine: Told):
    before = nine.app.head()
    found = nine.app.policies.dry_run(denied_above(1), BEGINNING)
    one = found.of("denied")[0]
    assert any(why.startswith("what-if: ") for why in one.why_after)
    assert one.why_before and not any("what-if" in why for why in one.why_before)
    assert nine.app.head() == before


def test_only_what_was_judged_since_is_judged_again(nine: Told):
    everything = nine.app.policies.dry_run(default_text(), BEGINNING)
    last = datetime.fromisoformat(everything.moves[-1].at)
    since = nine.app.policies.dry_run(default_text(), last)
    assert 0 < len(since.moves) <= len(everything.moves)
    assert all(datetime.fromisoformat(one.at) >= last for one in since.moves)
    assert not nine.app.policies.dry_run(default_text(), last + timedelta(seconds=1)).moves


def test_a_policy_that_is_wrong_is_not_tried_out(nine: Told):
    with pytest.raises(BadInput, match="there is no role"):
        nine.app.policies.dry_run(default_text().replace("roles: [lead]", "roles: [nobody]"), BEGINNING)


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in world under a policy that confirms everything and lets nothing of more than ten units go."""
    home = tmp_path_factory.mktemp("careful")
    strict = denied_above(10).replace(*CAREFUL)
    path = policy_file(home)
    path.write_text(strict, encoding="utf-8")
    with opened(home, policy=path) as app:
        delay(app)
    return home


def test_what_was_confirmed_or_denied_before_would_go_by_itself(careful: Path):
    with opened(careful) as app:
        clerk = the_clerks(app)
        found = app.policies.dry_run(denied_above(10), BEGINNING)
        agree(found, rejudged.count(clerk, rejudged.without_confirmation()))
        assert found.of("asked_less")
        assert app.policies.dry_run(default_text().replace(*CAREFUL), BEGINNING).of("no_longer_denied")


def test_a_judgement_whose_facts_are_gone_is_counted_as_unclear(careful: Path, tmp_path: Path):
    home = Path(shutil.copytree(careful, tmp_path / "home"))
    with opened(home) as app:
        clerk = the_clerks(app)
        before = app.policies.dry_run(default_text(), BEGINNING)
        first = before.moves[0]
        with app._parts.database.write() as session:
            facts = next(run.facts for run in app.runs() if run.id == first.run)
            compare_and_set(session, SnapshotRow, (SnapshotRow.id == facts,), {"body": b"gone"})
            app._parts.ledger.redact(session, before.moves[-1].entry, "arthur", None, "personal data")
        after = app.policies.dry_run(default_text(), BEGINNING)
        assert len(after.moves) + len(after.unclear) == len(before.moves) == len(clerk)
        assert {one.entry for one in after.unclear} >= {first.entry, before.moves[-1].entry}
        assert any("redacted" in one.why for one in after.unclear)
