"""`python -m evals [SEED ...]`: tell the story on generated worlds and judge it; exit 1 when anything is wrong.
With a word in front (`scenarios`, `retrieval`, ...) that is judged instead; `JUDGES` names the rooms."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from evals.accounting import Statement, statement
from evals.first_come import first_come
from evals.harness.show import FORMS, progress, show
from evals.harness.story import Story, play
from evals.worlds.generate import generate

COLUMNS = (
    "seed | moves | done | asked | rejected | findings | proofs | nothing | first come | ours | strict nothing | "
    "strict first | strict ours | verdict"
)
NOTES = (
    "nothing, first come, ours: money of what is reserved when nothing is done about the event, when it is shared out "
    "first come, first served, and when the story is over, by the judge's own books (evals/accounting/money.py), less "
    "the cost of confirmed units taken away. strict: units held for lines under a strict contract, which come before "
    "money.",
    "proofs: the ledger is whole, and every plan replays byte for byte.",
    "A world is right when the judge finds nothing, both proofs hold, and (when nobody rejected anything) ours serves "
    "more strict units than doing nothing does, or as many and is worth no less.",
)

JUDGES: Mapping[str, str] = {
    "night": "evals.harness.night",
    "retrieval": "evals.harness.retrieval",
    "scenarios": "evals.harness.scenarios",
    "understanding": "evals.harness.understood",
    "week": "evals.harness.week",
}
"""First word of the command line -> the room whose `main` judges that; without one, generated worlds are judged."""


def main() -> int:
    """Judge what was asked for, worlds when nothing else is named; 0 when all is right."""
    if sys.argv[1:2] and sys.argv[1] in JUDGES:
        judge: Callable[[list[str]], int] = import_module(JUDGES[sys.argv[1]]).main
        return judge(sys.argv[2:])
    asked = _arguments()
    rows, wrong = [], []
    for seed in asked.seeds:
        progress(f"World {seed} ...")
        row, faults = judged(seed, asked.reject)
        rows.append(row)
        wrong += [f"world {seed}: {fault}" for fault in faults]
    title = f"{len(rows)} generated worlds, {len(wrong)} faults"
    show(asked.output, "evals", title, COLUMNS, rows, (*NOTES, *wrong))
    return 1 if wrong else 0


def judged(seed: int, reject_percent: int) -> tuple[list[object], list[str]]:
    """One row, and everything that is wrong with it."""
    world = generate(seed)
    with tempfile.TemporaryDirectory() as home:
        story = play(world, Path(home), reject_percent=reject_percent)
    simple = statement(first_come(story.start, (world.hot,)), story.rates, before=story.start)
    faults = faults_of(story)
    proofs = "hold" if story.verified and story.replayed else "BROKEN"
    money = [story.before.value, simple.value, story.after.value]
    strict = [story.before.strict_units, simple.strict_units, story.after.strict_units]
    row: list[object] = [
        seed, story.moves, len(story.executed), story.approved + story.rejected, story.rejected,
        len(story.findings), proofs, *(f"{value:.2f}" for value in money), *strict, "wrong" if faults else "right",
    ]  # fmt: skip
    return row, faults


def faults_of(story: Story) -> list[str]:
    """What is wrong with a story, in sentences; empty when it is right."""
    faults = [str(finding) for finding in story.findings]
    if not story.verified:
        faults.append("the ledger is not what was written")
    if not story.replayed:
        faults.append("a plan does not replay")
    if not story.rejected and not _no_worse(story.before, story.after):
        faults.append(f"worth {story.after.value}, and doing nothing is worth {story.before.value}")
    return faults


def _no_worse(nothing: Statement, ours: Statement) -> bool:
    """Strict contracts come before money: their units, then those of them that are on time."""
    ranks = [(state.strict_units, state.strict_on_time) for state in (nothing, ours)]
    return ranks[1] > ranks[0] or (ranks[1] == ranks[0] and ours.value >= nothing.value)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evals", description=__doc__)
    parser.add_argument("seeds", nargs="*", type=int, default=[7, 21, 42, 101, 202], help="seeds of the worlds")
    parser.add_argument("--reject", type=int, default=0, metavar="PERCENT", help="how many questions people reject")
    parser.add_argument("--output", "-o", choices=FORMS, default="table")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
