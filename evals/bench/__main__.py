"""`python -m evals.bench [SEED ...]`: measure, print, judge nothing."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from api.cli.output import Format, Output
from api.cli.view import View, view
from evals.bench import allocation, judging, ledger, reserving, starting
from evals.bench.postgres import server
from evals.bench.timing import timed

PARTS = ("allocation", "ledger", "gate", "snapshot", "reservers", "start")
SIZES = (20, 60, 200, 400)


def main() -> int:
    """Run the parts that were asked for and show them."""
    asked = _arguments()
    output = Output(Format(asked.output))
    views: list[View] = []
    with tempfile.TemporaryDirectory() as name:
        for part, work in _parts(Path(name), tuple(asked.seeds), asked.quick):
            if part in asked.only:
                output.progress(f"Measuring: {part} ...")
                seconds, shown = timed(work)
                output.progress(f"  {seconds:.1f} s")
                views.append(shown)
    views.append(view("about", "About these numbers", notes=_about(asked.seeds)))
    output.show("bench", views)
    return 0


def _parts(folder: Path, seeds: tuple[int, ...], quick: bool) -> Iterator[tuple[str, Callable[[], View]]]:
    less = 5 if quick else 1
    sizes = SIZES[:2] if quick else SIZES
    yield "allocation", lambda: allocation.measure(seeds, sizes)
    yield (
        "ledger",
        lambda: _with_postgres("ledger", lambda url: ledger.measure(url, folder, 400 // less, 1 if quick else 4)),
    )
    yield "gate", lambda: judging.measure_gate(folder / "story", 100 // less)
    yield "snapshot", lambda: judging.measure_snapshot(folder, 40 // less)
    yield "reservers", lambda: _with_postgres("stock", lambda url: reserving.measure(url, folder, 400 // less))
    yield "start", lambda: starting.measure(folder, 5 // less)


def _with_postgres(name: str, work: Callable[[str], View]) -> View:
    with server(name) as url:
        return work(url)


def _about(seeds: list[int]) -> list[str]:
    python = sys.version.split()[0]
    return [
        f"One run, seeds {', '.join(map(str, seeds))}, Python {python} on {sys.platform}. Compare ratios inside one "
        "run; absolute times depend on the machine and on what else it does."
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evals.bench", description=__doc__)
    parser.add_argument("seeds", nargs="*", type=int, default=[7, 21, 42], help="seeds of the generated worlds")
    parser.add_argument("--output", "-o", choices=[form.value for form in Format], default="table")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--quick", action="store_true", help="fewer and smaller: to see that it works")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
