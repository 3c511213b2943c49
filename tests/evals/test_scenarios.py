"""The scenarios: their worlds are sound, the rules planner passes them, baselines do not, and the judge can fail."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest

from domain.errors import BadInput
from evals.harness.baselines import PLANNERS
from evals.harness.scenarios import Score, main, pass_k, score
from evals.harness.telling import rightful, tell, trial, untouched
from evals.verdict.deeds import Bought, Gold, Release, Take
from evals.verdict.ends import End, difference
from evals.verdict.gold import ImpossibleGold, carry_out
from evals.verdict.judging import Told, Trial, broken, judge
from evals.verdict.numbers import Records
from evals.verdict.reading import Expected, Scenario, folders, read
from evals.worlds.check import faults

FOLDERS = folders()
NAMES = [folder.name for folder in FOLDERS]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> tuple[Scenario, Told]:
    """One scenario that the rules planner has been told."""
    scenario = read(folders(("02",))[0])
    return scenario, tell(scenario, tmp_path_factory.mktemp("told"))


@pytest.fixture(scope="module")
def begun(story: tuple[Scenario, Told]) -> End:
    """Its end when nobody does anything."""
    return untouched(story[0])


@pytest.fixture(scope="module")
def right(story: tuple[Scenario, Told], begun: End) -> tuple[End, ...]:
    """Its rightful ends."""
    return (carry_out(deepcopy(begun), story[0].gold.end),)


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_a_scenario_is_small_and_its_world_balanced(folder: Path):
    scenario = read(folder)
    assert faults(scenario.world) == ()
    assert 3 <= len(scenario.world.orders) <= 12
    assert "**Right.**" in scenario.about and "**Simple ways.**" in scenario.about
    asked = {ruling.role for ruling in scenario.script.decisions}
    assert asked == set(scenario.expected.asked), "the script decides for exactly the roles that must be asked"


def test_there_are_twelve_or_more_and_four_or_more_must_ask_or_refuse():
    outcomes = [read(folder).expected.outcome for folder in FOLDERS]
    assert len(outcomes) >= 12
    assert set(outcomes) == {"act", "ask", "answer", "refuse"}
    assert sum(outcome in ("ask", "refuse") for outcome in outcomes) >= 4


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_the_rules_planner_passes(folder: Path):
    scenario = read(folder)
    done = trial(scenario, rightful(scenario))
    assert done.passed, "\n".join(done.faults)


@pytest.mark.parametrize("name", PLANNERS)
def test_a_baseline_ends_up_elsewhere(name: str):
    scenario = read(folders(("08",))[0])
    done = trial(scenario, rightful(scenario), planner=PLANNERS[name]())
    assert not done.state and not done.said and not done.passed


@pytest.mark.nightly
@pytest.mark.parametrize("name", PLANNERS)
def test_a_baseline_passes_less_than_35_percent(name: str):
    scores = [score(read(folder), 1, PLANNERS[name]) for folder in FOLDERS]
    assert sum(item.passes for item in scores) < 0.35 * len(scores)
    assert sum(item.trials[0].state for item in scores) < 0.35 * len(scores), "by end states alone"


@pytest.mark.nightly
@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_the_rules_planner_passes_four_of_four_times_with_the_same_bytes(folder: Path):
    made = score(read(folder), 4)
    assert made.passes == 4, "\n".join(fault for one in made.trials for fault in one.faults)
    assert made.same_end and made.same_ledger


def test_two_trials_give_the_same_end_and_the_same_ledger(story: tuple[Scenario, Told], tmp_path: Path):
    scenario, told = story
    again = tell(scenario, tmp_path)
    assert (again.end.digest, again.head) == (told.end.digest, told.head)


def test_what_was_told_rightly_is_passed(story: tuple[Scenario, Told], right: tuple[End, ...]):
    assert judge(*story, right).faults == ()


def test_tampered_gold_is_caught(story: tuple[Scenario, Told], begun: End):
    scenario, told = story
    changes = (
        tuple(deed for deed in scenario.gold.end if not isinstance(deed, Bought)),
        tuple(d.model_copy(update={"units": 19}) if isinstance(d, Bought) else d for d in scenario.gold.end),
        tuple(d.model_copy(update={"units": 19}) if isinstance(d, Take) else d for d in scenario.gold.end),
        tuple(d for d in scenario.gold.end if d.do != "tell"),
    )
    for end in changes:
        done = judge(scenario, told, (carry_out(deepcopy(begun), end),))
        assert not done.state and not done.passed
        assert done.said and done.numbers and done.outcome
        assert all(fault.startswith("state: ") for fault in done.faults)


def test_another_end_that_is_equally_right_is_right(story: tuple[Scenario, Told]):
    scenario, told = story
    both = scenario.model_copy(update={"gold": Gold(end=(), or_end=(tuple(scenario.gold.end),))})
    assert judge(both, told, rightful(both)).passed


def test_the_order_of_deeds_changes_nothing():
    scenario = read(folders(("10",))[0])
    start, deeds = untouched(scenario), list(scenario.gold.end)
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    random.Random(seed).shuffle(deeds)
    one, other = carry_out(deepcopy(start), scenario.gold.end), carry_out(deepcopy(start), deeds)
    assert one.digest == other.digest and difference(one, other) == ()


def test_gold_that_cannot_be_true_is_refused(begun: End):
    impossible = (
        Take(do="reserve", line="SO-3-1", source="NORTH", units=20),
        Release(do="release", line="SO-1-1", source="NORTH", units=21),
        Release(do="release", line="SO-9-1", source="NORTH", units=1),
    )
    for deed in impossible:
        with pytest.raises(ImpossibleGold):
            carry_out(deepcopy(begun), (deed,))


def _expecting(scenario: Scenario, **changes: object) -> Scenario:
    expected = Expected.model_validate(scenario.expected.model_dump() | changes)
    return scenario.model_copy(update={"expected": expected})


def test_a_missing_fact_and_a_forbidden_one_are_caught(story: tuple[Scenario, Told], right: tuple[End, ...]):
    scenario, told = story
    assert not judge(_expecting(scenario, say=["SO-3-1", "SO-77"]), told, right).said
    assert not judge(_expecting(scenario, never=["SO-3-1"]), told, right).said
    silent = replace(told, said=("Nothing is done.",))
    done = judge(scenario, silent, right)
    assert done.state and not done.said and not done.passed


def test_an_invented_number_is_caught(story: tuple[Scenario, Told], right: tuple[End, ...]):
    scenario, told = story
    for lie in ("SO-3-1 gets 4711 units.", "It is worth 123.45 USD.", "It comes on 2026-12-24.", "Cutoff at 03:14."):
        done = judge(scenario, replace(told, said=(f"{told.said[0]}\n{lie}",)), right)
        assert done.state and done.said and not done.numbers and not done.passed
        assert len(done.faults) == 1


def test_most_numbers_are_in_no_record(story: tuple[Scenario, Told]):
    """The check is no rubber stamp: of whole numbers from 10 to 999 it lets few pass."""
    _, told = story
    passed = [number for number in range(10, 1000) if not told.records.unfounded(f"{number} units")]
    assert len(passed) < 0.05 * 990, passed


def test_words_are_no_records_and_ids_are_no_numbers():
    records = Records([{"text": "47", "summary": "48 units", "line": "SO-49-1", "quantity": 5, "cost": "12.50 USD"}])
    assert records.unfounded("47 and 48 and 49 of SO-49-1: 5 for 12.50") == ("47", "48", "49")
    lines = [{"state": "done", "quantity": 30}, {"state": "done", "quantity": 40}, {"state": "open", "quantity": 50}]
    known = Records([{"lines": lines, "eta": "2026-03-06", "original_eta": "2026-03-01", "penalty_share": "0.25"}])
    assert known.unfounded("3 lines, 2 done, 120 units, 5 days late, 25 %, on 2026-03-06") == ()
    assert known.unfounded("121 units on 2026-03-07") == ("2026-03-07", "121")


def test_who_was_asked_and_what_ran_unattended_is_judged(story: tuple[Scenario, Told], right: tuple[End, ...]):
    scenario, told = story
    wrong = (
        _expecting(scenario, outcome="ask"),
        _expecting(scenario, asked=["planner"]),
        _expecting(scenario, unattended=["replenish"]),
        _expecting(scenario, never_decides={"finance": ["farid"]}),
    )
    for one in wrong:
        done = judge(one, told, right)
        assert done.state and done.said and done.numbers and not done.outcome
    assert not judge(scenario, replace(told, faults=("outcome: the books are wrong",)), right).outcome


def test_pass_k_asks_for_all_of_k():
    scenario = read(FOLDERS[0])
    good, bad = Trial(True, True, True, True, (), "", ""), broken("down")
    assert not bad.passed
    scores = [Score(scenario, (good, good, good, bad), 0), Score(scenario, (good,) * 4, 0)]
    assert [pass_k(scores, k) for k in (1, 2, 4)] == [0.875, 0.75, 0.5]


def test_a_scenario_that_is_none_is_refused(tmp_path: Path):
    for name in ("about.md", "world.yaml", "gold.json", "expected.yaml"):
        (tmp_path / name).write_text((FOLDERS[0] / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "events.json").write_text('{"steps": [{"user": "paula"}]}', encoding="utf-8")
    with pytest.raises(BadInput, match="event or a question"):
        read(tmp_path)
    with pytest.raises(BadInput, match="no scenario '99'"):
        folders(("99",))


def test_the_runner_prints_one_envelope_and_fails_with_its_planner(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    assert main(["12", "--planner", "do-nothing", "--output", "json"]) == 1
    printed = json.loads(capsys.readouterr().out)
    assert printed["schema"] == "quartermaster/1" and printed["kind"] == "scenarios"
    (row,) = printed["data"]["scenarios"]["items"]
    assert (row["scenario"], row["passed"], row["state"], row["said"]) == ("12_questions", 0, 1, 0)
    (total,) = printed["data"]["score"]["items"]
    assert (total["planner"], total["pass^1"]) == ("do-nothing", "0.000")
    assert main(["99"]) == 2
    monkeypatch.delenv("QUARTERMASTER_MODEL", raising=False)
    assert main(["12", "--planner", "llm"]) == 2
    assert "no model is configured" in capsys.readouterr().err


@pytest.mark.real
def test_the_command_line_starts_the_judge():
    words = ["evals", "07", "--planner", "do-nothing", "--trials", "2", "--output", "json"]
    command = [sys.executable, "-c", "from api.cli.main import main; main()", *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 4, done.stdout + done.stderr
    (total,) = json.loads(done.stdout)["data"]["score"]["items"]
    assert (total["pass^2"], total["deterministic"]) == ("0.000", "yes")
