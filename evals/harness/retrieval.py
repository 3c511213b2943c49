"""Ask the program the judged questions, and print its figures beside BM25 alone: `python -m evals retrieval`."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from agent.runtime.library import open_library
from agent.settings import Settings
from evals.harness.show import FORMS, progress, show
from evals.retrieval.measure import DEPTH, Ranked, Score, score
from evals.retrieval.plain import Plain, sections
from evals.retrieval.questions import Half, Question, judged

COLUMNS = "half | search | questions | nDCG@10 | nDCG@10 served | not there: said so | there: refused | found is right"
NOTES = (
    "nDCG@10: of the ranking, over questions with an answer. served: the same, 0 where the answer was refused.",
    "Thresholds were fitted on the tune half only, of both searches. The held half is the figure.",
    "BM25 alone: evals/retrieval/plain.py, the judge's own reading and ranking of the same documents.",
)
LEAST_NDCG = 0.5
"""The floor on the held half: a fall below it is a fault."""


def main(arguments: Sequence[str]) -> int:
    """Print the figures; 1 when the program ranks worse than BM25 alone or below the floor."""
    parser = argparse.ArgumentParser(prog="python -m evals retrieval", description=__doc__)
    parser.add_argument("--output", "-o", choices=FORMS, default="table")
    asked = parser.parse_args(arguments)
    rows: list[list[object]] = []
    faults: list[str] = []
    plain = Plain(sections())
    plain.fit(judged("tune"))
    with tempfile.TemporaryDirectory() as home:
        ours, timing = answers(Path(home))
    halves: tuple[Half, ...] = ("tune", "held")
    for half in halves:
        mine = score([(question, said) for question, said in ours if question.half == half])
        simple = score([(question, plain.ask(question.ask)) for question in judged(half)])
        rows += [row(half, "BM25 alone", simple), row(half, "quartermaster", mine)]
        if half == "held" and mine.ndcg < max(simple.ndcg, LEAST_NDCG):
            faults.append(f"held half: nDCG@10 {mine.ndcg:.3f}, BM25 alone {simple.ndcg:.3f}, floor {LEAST_NDCG}")
    show(asked.output, "retrieval", "Search in the starter library", COLUMNS, rows, (*NOTES, timing, *faults))
    return 1 if faults else 0


def answers(home: Path) -> tuple[list[tuple[Question, Ranked]], str]:
    """What the program says to every judged question, and how long it took."""
    library = open_library(Settings(home=home))
    try:
        progress("Building the index ...")
        start = time.perf_counter()
        library.search("warm up")
        built = time.perf_counter() - start
        found = []
        start = time.perf_counter()
        for question in judged():
            said = library.search(question.ask, DEPTH)
            places = tuple((passage.document, passage.section) for passage in said.passages)
            found.append((question, Ranked(said.found, places)))
        each = (time.perf_counter() - start) / len(found)
    finally:
        library.close()
    return found, f"Imports, index and first question {built:.2f} s; then {each * 1000:.1f} ms a question."


def row(half: str, name: str, figures: Score) -> list[object]:
    """Figures as a row."""
    return [
        half, name, f"{figures.answerable} + {figures.unanswerable}", f"{figures.ndcg:.3f}", f"{figures.served:.3f}",
        f"{figures.absent:.0%}", f"{figures.refused:.0%}", f"{figures.accuracy:.0%}",
    ]  # fmt: skip
