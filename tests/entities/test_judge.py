"""The judge of isolation sees a leak, and worlds keep their sense when everything in them is marked."""

from __future__ import annotations

import secrets

import pytest

from evals.isolation import leaks, marked, marks
from evals.worlds.generate import generate

SEED = secrets.randbelow(10**6)


@pytest.mark.parametrize("seed", [SEED], ids=["drawn"])
def test_every_id_and_name_of_a_marked_world_carries_its_mark_and_nothing_else_changes(seed: int):
    print("seed", seed)
    (mark,) = marks(seed, 1)
    plain, made = generate(seed), marked(seed, mark)
    assert {one.id for one in made.facts.skus} == {f"{mark}-{one.id}" for one in plain.facts.skus}
    assert {one.name for one in made.facts.customers} == {f"{mark}-{one.name}" for one in plain.facts.customers}
    assert made.model_dump_json().replace(f"{mark}-", "") == plain.model_dump_json() or sorted(
        made.model_dump_json().replace(f"{mark}-", "")
    ) == sorted(plain.model_dump_json())


def test_a_mark_is_found_wherever_and_however_it_is_written():
    mine, theirs = marks(SEED, 2)
    said = f"<a href='/orders/{theirs}-SO-7'>{mine}-SO-1</a> {theirs.lower()} {mine}".encode()
    assert len(leaks(said, [theirs])) == 2 and len(leaks(said, [mine])) == 2
    assert not leaks(b"nothing of anybody", [mine, theirs])
    assert leaks(b"\xff\xfe" + theirs.encode() + b"\xff", [theirs])


def test_marks_differ_and_no_generated_world_holds_one():
    found = marks(SEED, 50)
    assert len(set(found)) == 50
    assert not leaks(generate(SEED).model_dump_json().encode(), found)
