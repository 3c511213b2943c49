"""`python -m evals scenarios`: every scenario, some trials each, one planner; exit 1 when a trial fails."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import comb

from agent.planners.interface import Planner
from agent.settings import Settings, load_settings
from api.cli.output import Format, Output
from api.cli.view import View, view
from domain.errors import BadInput, QuartermasterError
from evals.harness.baselines import PLANNERS
from evals.harness.show import FORMS
from evals.harness.telling import rightful, trial
from evals.verdict.judging import Trial
from evals.verdict.reading import Scenario, folders, read

NAMES = ("rules", "llm", *PLANNERS)
"""Planners by name: the two of the product, and the baselines."""
USAGE = 2
COLUMNS = (
    "scenario | right outcome | trials | passed | state | said | numbers | outcome | same end | same ledger | seconds"
)
NOTES = (
    "A trial is passed when all four are right: state, the hash of the end state is the hash after the gold deeds on a "
    "fresh world, whatever way led there; said, the required facts; numbers, every number said stands in a record or "
    "follows from records; outcome, who was asked, what ran unattended, what was refused.",
    "same end, same ledger: all trials gave equal hashes. pass^k: the mean over scenarios of the chance that k trials "
    "drawn from those made all pass.",
)


@dataclass(frozen=True)
class Score:
    """The trials of one scenario, and how long they took together."""

    scenario: Scenario
    trials: tuple[Trial, ...]
    seconds: float

    @property
    def passes(self) -> int:
        """How many trials passed."""
        return sum(one.passed for one in self.trials)

    @property
    def same_end(self) -> bool:
        """Whether all trials gave the same end state."""
        return len({one.end for one in self.trials}) == 1

    @property
    def same_ledger(self) -> bool:
        """Whether all trials gave the same ledger, byte for byte."""
        return len({one.head for one in self.trials}) == 1


def main(arguments: Sequence[str]) -> int:
    """Judge what was asked for and print it; 0 when every trial passed, 1 when one failed, 2 for unusable words."""
    asked = _parser().parse_args(arguments)
    output = Output(Format(asked.output))
    try:
        make, settings = _planner(asked.planner)
        found = folders(tuple(asked.names))
        scores = tuple(score(read(folder), asked.trials, make, settings, output.progress) for folder in found)
    except QuartermasterError as error:
        output.progress(str(error))
        return USAGE
    output.show("scenarios", views(asked.planner, scores))
    return 0 if all(item.passes == len(item.trials) for item in scores) else 1


def score(
    scenario: Scenario,
    trials: int,
    make: Callable[[], Planner | None] = lambda: None,
    settings: Settings | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Score:
    """So many trials of one scenario; `make` gives the planner to hand in, None for the configured one."""
    begun = time.perf_counter()
    progress(f"{scenario.name} ...")
    right = rightful(scenario)
    done = tuple(trial(scenario, right, settings, make()) for _ in range(trials))
    return Score(scenario, done, time.perf_counter() - begun)


def pass_k(scores: Iterable[Score], k: int) -> float:
    """pass^k: mean over scenarios of C(passed, k) / C(trials, k)."""
    shares = [comb(item.passes, k) / comb(len(item.trials), k) for item in scores]
    return sum(shares) / len(shares) if shares else 0.0


def views(planner: str, scores: Sequence[Score]) -> list[View]:
    """One table of scenarios, one line for all of them, and every fault in words."""
    rows = [_row(item) for item in scores]
    most = min((len(item.trials) for item in scores), default=0)
    passed = sum(item.passes == len(item.trials) for item in scores)
    ends = sum(all(one.state for one in item.trials) for item in scores)
    summary: dict[str, object] = {
        "planner": planner,
        "scenarios": len(scores),
        "passed": passed,
        "end states right": ends,
        **{f"pass^{k}": f"{pass_k(scores, k):.3f}" for k in range(1, most + 1)},
        "deterministic": _yes(all(item.same_end and item.same_ledger for item in scores)),
        "seconds": f"{sum(item.seconds for item in scores):.1f}",
    }
    title = f"{planner}: {passed} of {len(scores)} scenarios passed in every trial"
    return [
        view("scenarios", f"Scenarios, planner {planner}", COLUMNS, rows, [*NOTES, *_faults(scores)]),
        view("score", title, " | ".join(summary), [tuple(summary.values())]),
    ]


def _row(item: Score) -> tuple[object, ...]:
    made = item.trials
    parts = [sum(getattr(one, name) for one in made) for name in ("state", "said", "numbers", "outcome")]
    same = (_yes(item.same_end), _yes(item.same_ledger))
    right = item.scenario.expected.outcome
    return (item.scenario.name, right, len(made), item.passes, *parts, *same, f"{item.seconds:.1f}")


def _faults(scores: Sequence[Score]) -> list[str]:
    found = [f"{item.scenario.name}: {fault}" for item in scores for one in item.trials for fault in one.faults]
    return list(dict.fromkeys(found))


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _planner(name: str) -> tuple[Callable[[], Planner | None], Settings | None]:
    """How to make the planner to hand in, and the settings of a configured one."""
    if name in PLANNERS:
        return PLANNERS[name], None
    if name == "rules":
        return lambda: None, None
    settings = load_settings().model_copy(update={"planner": "llm"})
    if not settings.model:
        raise BadInput(
            "no model is configured",
            field="QUARTERMASTER_MODEL",
            fix="name a model, and OPENAI_BASE_URL if it is yours",
        )
    return lambda: None, settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals scenarios", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="SCENARIO", help="only scenarios whose names begin like this")
    parser.add_argument("--planner", choices=NAMES, default="rules")
    parser.add_argument("--trials", type=_count, default=1, metavar="K", help="how often each is told (default 1)")
    parser.add_argument("--output", "-o", choices=FORMS, default="table")
    return parser


def _count(word: str) -> int:
    if not word.isdecimal() or not 1 <= int(word) <= 100:
        raise argparse.ArgumentTypeError("give a number from 1 to 100")
    return int(word)
