"""`python -m evals understanding [--seed S ...]`: plays the hold-out on worlds and prints how much is understood."""

from __future__ import annotations

import argparse
import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evals.harness.show import FORMS, progress, show
from evals.harness.talk import play
from evals.understanding.message import FILE, read
from evals.understanding.score import Judged, Verdict, summary

COLUMNS = "world | messages | left out | right % | asks back % | wrong % | towards a write | verdict"
LEAST_RIGHT, MOST_ASKED, MOST_WRONG = 88, 10, 2
"""Targets in percent: at least, at most, at most; and nothing wrong may lead towards a write."""
NOTES = (
    "Every message is said through the front door (say, settle, report) by a planner on the world, filled with its "
    "ids and names. left out: the world has nobody for a part of it.",
    "right: intent, entities, day, quantity and asking back are as labelled. asks back: it asked where it should have "
    "answered. towards a write: an offer or a yes that nobody meant (counted among the wrong ones).",
    f"Target: at least {LEAST_RIGHT} % right, at most {MOST_ASKED} % asked back, at most {MOST_WRONG} % wrong, none "
    "towards a write.",
)


def main(arguments: Sequence[str]) -> int:
    """0 when the targets are met on every world."""
    asked = _arguments(arguments)
    seeds = asked.seed or ["built-in", *(str(secrets.randbelow(10_000)) for _ in range(asked.drawn))]
    messages = read(asked.messages)
    rows, told, met = [], [], True
    for seed in seeds:
        progress(f"World {seed} ...")
        with tempfile.TemporaryDirectory() as home:
            results, left_out = play(messages, Path(home), None if seed == "built-in" else int(seed))
        row, good = row_of(seed, results, len(left_out))
        rows.append(row)
        met = met and good
        if asked.failures:
            told += [_told(seed, item) for item in results if item.verdict is not Verdict.RIGHT]
    show(
        asked.output, "understanding", f"{len(messages)} messages on {len(rows)} worlds", COLUMNS, rows, (*NOTES, *told)
    )
    return 0 if met else 1


def row_of(world: str, results: Sequence[Judged], left_out: int) -> tuple[list[object], bool]:
    """The figures of one world, and whether they meet the targets."""
    right, asks, wrong, writes = summary(results)
    share = [100 * part / len(results) for part in (right, asks, wrong)]
    good = share[0] >= LEAST_RIGHT and share[1] <= MOST_ASKED and share[2] <= MOST_WRONG and not writes
    figures = [f"{part:.1f}" for part in share]
    return [world, len(results), left_out, *figures, writes, "meets" if good else "falls short"], good


def _told(seed: str, item: Judged) -> str:
    return f"{seed} #{item.number} {item.verdict.value}: {item.said!r}: {item.why}"


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evals understanding", description=__doc__)
    parser.add_argument("--seed", action="append", help="a world: a number, or built-in; may be given again")
    parser.add_argument("--drawn", type=int, default=3, help="without --seed: how many worlds are drawn")
    parser.add_argument("--messages", type=Path, default=FILE, help="another file of labelled messages")
    parser.add_argument("--failures", action="store_true", help="name what was not right (do not tune on the hold-out)")
    parser.add_argument("--output", "-o", choices=FORMS, default="table")
    return parser.parse_args(arguments)
