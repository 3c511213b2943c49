"""Whatever anybody tries, in whatever order: no version is in force that its owners did not agree to, on its day."""

from __future__ import annotations

import json
import random
import secrets
import shutil
from pathlib import Path

import pytest

from tests.agent.house import opened
from tests.agent.policy_walk import Auditor, Walk
from tests.databases import migrated_url


def walked(home: Path, seed: int, steps: int, database_url: str | None = None) -> Walk:
    print(f"walk of {steps} steps, seed {seed}")
    with opened(home, database_url=database_url) as app:
        walk = Walk(app, random.Random(seed))
        for _ in range(steps):
            walk.step()
        lines = [json.loads(line) for line in app.export("arthur")]
        assert app.verify().ok
    auditor, place = Auditor(), 0
    for seen, moment, policy in walk.seen:
        while place < seen:
            entry = lines[place]["entry"]
            auditor.read(entry["kind"], entry["actor"], lines[place]["content"])
            place += 1
        assert auditor.in_force(moment) == policy, (seen, moment)
    denied = sum(one["entry"]["kind"] == "denial" for one in lines)
    assert denied == walk.steps - walk.let_through, "every refused attempt is recorded, once"
    return walk


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("walk")
    with opened(home):
        return home


@pytest.mark.real
def test_no_version_is_in_force_that_its_owners_did_not_agree_to(fresh: Path, tmp_path: Path):
    walk = walked(Path(shutil.copytree(fresh, tmp_path / "home")), secrets.randbelow(10**6), 60)
    assert walk.let_through and walk.let_through < walk.steps


@pytest.mark.nightly
@pytest.mark.parametrize("place", range(8), ids=str)
def test_the_same_on_long_walks(fresh: Path, tmp_path: Path, place: int):
    walk = walked(Path(shutil.copytree(fresh, tmp_path / "home")), secrets.randbelow(10**6), 400)
    assert len({policy for _, _, policy in walk.seen}) > 3


@pytest.mark.nightly
def test_the_same_on_postgresql(tmp_path: Path):
    url = migrated_url("postgresql", tmp_path)
    walk = walked(tmp_path, secrets.randbelow(10**6), 150, database_url=url)
    assert walk.let_through
