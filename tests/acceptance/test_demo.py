"""The demo: every screen, the same bytes wherever it is told, and what it says to ask next can be asked."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.acceptance.conftest import Elsewhere, Told
from tests.acceptance.door import quartermaster

pytestmark = pytest.mark.xdist_group("demo")

SCREENS = "facts grants shortages comparison moves unattended approvals card decisions outcome ledger next".split()


def test_the_demo_ends_well_and_shows_every_screen(told: Told):
    assert told.shown.code == 0, told.shown.err
    data = told.shown.data
    assert [screen for screen in SCREENS if screen not in data] == []
    for screen in SCREENS:
        assert data[screen]["items"] or data[screen]["notes"], screen
    assert {row["verdict"] for row in told.shown.rows("moves")} >= {"allow", "approval"}
    assert {row["policy"] for row in told.shown.rows("comparison")} >= {"optimal", "fcfs", "tiers"}
    assert "executed" in {row["state"] for row in told.shown.rows("outcome")}
    assert {row["state"] for row in told.shown.rows("outcome")} <= {"executed", "rejected", "cancelled", "superseded"}
    proof = " ".join(data["ledger"]["notes"])
    assert "whole" in proof and "byte for byte" in proof and "ANOTHER" not in proof
    assert "Traceback" not in told.shown.err


@pytest.mark.real
def test_another_process_folder_and_locale_tell_it_byte_for_byte(told: Told, elsewhere: Elsewhere):
    assert elsewhere.found["demo"] == told.shown.out
    assert told.ledger.code == 0
    assert elsewhere.found["ledger"] == told.ledger.out and len(told.ledger.out.splitlines()) > 100
    assert str(elsewhere.home) not in elsewhere.found["demo"] + elsewhere.found["ledger"]


@pytest.mark.nightly
def test_another_seed_is_another_story(told: Told, tmp_path: Path):
    other = quartermaster(tmp_path / "home", "demo", "--seed", 8, "--output", "json")
    assert other.code == 0 and other.out != told.shown.out


def test_what_the_demo_says_to_ask_next_can_be_asked(demo: Path, told: Told):
    commands = [shlex.split(line) for line in told.shown.data["next"]["notes"]]
    assert len([words for words in commands if words[1] == "ask"]) == 4
    for words in commands:
        assert words[0] == "quartermaster"
        said = quartermaster(demo, *words[1:], "--output", "json")
        assert said.code == 0, (words, said.err)
        if words[1] == "ask":
            answer = said.rows("answer")[0]
            assert answer["intent"] != "not_understood" and answer["evidence"], (words, answer)


def test_the_ledger_of_the_demo_names_no_folder_of_this_machine_and_verifies(told: Told):
    found = quartermaster(told.home, "ledger", "verify", "--head", told.home / "heads.txt", "--output", "json")
    assert found.code == 0 and found.rows("verification")[0]["end_proven"]
    for line in told.ledger.out.splitlines():
        assert str(told.home) not in line and json.loads(line)["entry"]["seq"]


def test_a_folder_that_is_not_a_demos_is_left_alone(waiting: Path):
    before = {path.name: path.stat().st_size for path in waiting.iterdir()}
    quartermaster(waiting, "demo").refused(4, "not a demo's")
    assert {path.name: path.stat().st_size for path in waiting.iterdir()} == before


@pytest.mark.nightly
@pytest.mark.parametrize("seed", [None, 0, 1, 42, -1, 2**40])
def test_the_demo_ends_well_with_every_seed_and_twice_in_one_folder(seed: int | None, tmp_path: Path):
    words = ("demo", *(() if seed is None else ("--seed", seed)), "--output", "json")
    first = quartermaster(tmp_path / "home", *words)
    again = quartermaster(tmp_path / "home", *words)
    assert (first.code, again.code) == (0, 0), first.err + again.err
    assert first.out == again.out
