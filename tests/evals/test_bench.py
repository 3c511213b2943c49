"""The bench runs, lays its baselines beside ours, and reports as data."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from evals.bench.problems import problem
from evals.bench.timing import percentile, together

PARTS = ["allocation", "gate", "snapshot"]


@pytest.mark.real
def test_a_quick_run_measures_and_prints_one_envelope():
    command = [sys.executable, "-m", "evals.bench", "7", "--quick", "--output", "json", "--only", *PARTS]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=True)
    data = json.loads(done.stdout)["data"]
    assert set(data) == {*PARTS, "about"}
    for row in data["allocation"]["items"]:
        assert row["value of HiGHS"] == "equal" and row["of bound"].startswith("100.00 %")
        assert float(row["fcfs"].split()[0]) > 0
    assert [row["rules"] for row in data["gate"]["items"]] == [30, 200]


def test_the_problems_are_seeded_and_as_large_as_asked():
    assert problem(3, 40) == problem(3, 40) != problem(4, 40)
    assert len(problem(3, 40).demand) == 40


def test_percentiles_are_by_nearest_rank():
    values = [float(n) for n in range(1, 101)]
    assert (percentile(values, 50), percentile(values, 99), percentile([7.0], 99)) == (50.0, 99.0, 7.0)


def test_threads_start_together_and_their_trouble_comes_out():
    seconds, answers = together([lambda n=n: n for n in range(4)])  # type: ignore[misc]
    assert seconds >= 0 and answers == [0, 1, 2, 3]
