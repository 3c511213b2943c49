"""`python -m tests.mutation [ROOM ...]`: change the rooms piece by piece, and count which changes the tests notice.

Each room is mutated by mutmut in a folder of its own under `mutants/` and judged by its own tests (`rooms.py`), on
SQLite and with few generated examples. What was judged stands until `--again`, so a run that was broken off goes on.
A mutant that ran out of time counts as not noticed: on a busy machine that says nothing of the tests."""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.mutation.rooms import ROOMS, Room

HERE = Path(__file__).resolve().parents[2]
FOLDER = HERE / "mutants"
BROUGHT = ("agent", "api", "connectors", "domain", "evals", "insights", "knowledge", "storage", "tools", "tests")
KEPT = "killed.json"
KILLED, SURVIVED, TIMEOUT, UNTESTED, WAITING = "killed", "survived", "timeout", "untested", "not judged"
_OF_CODE: Mapping[int | None, str] = {
    **dict.fromkeys((1, 3), KILLED),
    0: SURVIVED,
    None: WAITING,
    **dict.fromkeys((24, -24, 36, 152, 255), TIMEOUT),
}
"""What mutmut's exit codes mean (its `stats.py`); every other one is a mutant that no test was run against."""


def prepared(name: str, room: Room) -> Path:
    """A folder with the sources (links) and a configuration for this room alone."""
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    for source in ("guardrails", *BROUGHT):
        link = folder / source
        if not link.exists():
            link.symlink_to(HERE / source)
    here = (HERE / "pyproject.toml").read_text(encoding="utf-8")
    assert "mutmut" not in tomllib.loads(here)["tool"], "the rooms are configured here"
    settings: dict[str, object] = {
        "source_paths": ["guardrails"],
        "only_mutate": [f"guardrails/{file}" for file in room.files],
        "also_copy": [source for source in BROUGHT if source != "tests"],
        "pytest_add_cli_args": [
            "-q",
            "-p",
            "no:cacheprovider",
            "-k",
            "not postgresql and not processes",
            "-m",
            "not nightly",
        ],
        "pytest_add_cli_args_test_selection": [test for test in room.tests if (HERE / test).exists()],
        "timeout_constant": 20.0,
        "track_dependencies": False,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    (folder / "pyproject.toml").write_text(f"{here}\n[tool.mutmut]\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return folder


def judged(folder: Path) -> Iterator[tuple[str, str, str]]:
    """File, mutant and what became of it; what was noticed once stays so while only tests are added."""
    kept = folder / KEPT
    before = set(json.loads(kept.read_text(encoding="utf-8"))) if kept.exists() else set()
    for meta in sorted(folder.glob("mutants/guardrails/**/*.meta")):
        file = str(meta.relative_to(folder / "mutants" / "guardrails")).removesuffix(".meta")
        for mutant, code in json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"].items():
            yield file, mutant, KILLED if mutant in before else _OF_CODE.get(code, UNTESTED)


def drawn(folder: Path, count: int) -> list[str]:
    """So many mutants of each file that were not judged yet; mutmut makes them first, and finds none of this name."""
    subprocess.run(
        [sys.executable, "-m", "mutmut", "run", "none of them"], cwd=folder, check=False, capture_output=True
    )
    waiting: dict[str, list[str]] = {}
    for file, mutant, status in judged(folder):
        if status == WAITING:
            waiting.setdefault(file, []).append(mutant)
    return [name for names in waiting.values() for name in random.sample(names, min(count, len(names)))]


def scored(name: str) -> Iterator[str]:
    """A line per file of a room, and one for all of them when there are several."""
    found = list(judged(FOLDER / name))
    files = sorted({file for file, _, _ in found})
    for file, of in [
        *((file, (file,)) for file in files),
        *([(f"{name} in all", tuple(files))] if len(files) > 1 else []),
    ]:
        counts = Counter(status for where, _, status in found if where in of)
        share = 100 * counts[KILLED] / max(1, counts.total() - counts[WAITING])
        told = " | ".join(str(counts[status]) for status in (KILLED, SURVIVED, TIMEOUT, UNTESTED, WAITING))
        yield f"{file} | {counts.total()} | {told} | {share:.1f}"


def main() -> int:
    """Run the rooms asked for (all when none is named) and print the score of each file; 1 when a run failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("rooms", nargs="*", help=f"of {', '.join(ROOMS)}; all when none is named")
    parser.add_argument("--again", action="store_true", help="forget what was judged before")
    parser.add_argument("--only", default="", help="judge the mutants whose name fits, as `*admission*`")
    parser.add_argument("--sample", type=int, default=0, help="judge so many of each file, drawn at random")
    parser.add_argument("--missed", action="store_true", help="judge again those that were not noticed")
    parser.add_argument("--show", action="store_true", help="run nothing: print the score and what was not noticed")
    parser.add_argument("--children", type=int, default=os.cpu_count() or 2, help="mutants judged at a time")
    asked = parser.parse_args()
    names, failed = asked.rooms or list(ROOMS), 0
    for name in [] if asked.show else names:
        if asked.again:
            shutil.rmtree(FOLDER / name, ignore_errors=True)
        command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(asked.children)]
        if asked.missed:
            found = list(judged(FOLDER / name))
            killed = [mutant for _, mutant, status in found if status == KILLED]
            (FOLDER / name / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
            (FOLDER / name / KEPT).write_text(json.dumps(killed), encoding="utf-8")
            command += [mutant for _, mutant, status in found if status != KILLED]
        elif asked.sample:
            command += drawn(prepared(name, ROOMS[name]), asked.sample)
        elif asked.only:
            command.append(asked.only)
        environment = os.environ | {"HYPOTHESIS_PROFILE": "mutants"}
        failed |= subprocess.run(command, cwd=prepared(name, ROOMS[name]), env=environment, check=False).returncode
    print("file | mutants | killed | survived | timeouts | untested | not judged | % of those judged")
    for name in names:
        print(*scored(name), sep="\n")
    if asked.show:
        left = [(mutant, status) for name in names for _, mutant, status in judged(FOLDER / name) if status != KILLED]
        print(*(f"{status}: {mutant}" for mutant, status in left), sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
