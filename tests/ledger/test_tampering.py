"""Whatever somebody without the key does to a ledger is found and placed, and nothing is found in one left alone."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from evals.tampering.attacks import ATTACKS, Truth, retired_key_signs
from evals.tampering.material import Material
from guardrails.chain import Breach, Head, Tamper
from guardrails.ledger import verify_export
from tests.databases import migrated
from tests.ledger.sealed import weeks_old

SEED = random.SystemRandom().randrange(10**6)


def placed(truth: Truth, breach: Breach, spoilt: Material) -> bool:
    """Whether the place that is named is the true one."""
    if truth.checkpoint is not None:
        return breach.checkpoint == truth.checkpoint
    first, last = truth.places
    if truth.exact:
        return first <= breach.seq <= last
    since = breach.since or breach.seq
    anchors = [one["count"] for one in spoilt.checkpoints if type(one["count"]) is int and one["count"] < first]
    return since <= first and last <= breach.seq and since > max(anchors, default=0)


def judged(truth: Truth, spoilt: Material, publics: list[str]) -> None:
    heads = [Head(count=count, hash=hash_) for count, hash_ in spoilt.heads]
    known = verify_export(spoilt.lines(), heads, publics)
    assert known.breach is not None, f"{truth} was not found"
    assert placed(truth, known.breach, spoilt), f"{truth} was placed at {known.breach}"
    blind = verify_export(spoilt.lines(), (), publics)
    if blind.breach is None:
        assert truth.needs_head, f"{truth} was not found without a head"
        assert not blind.end_proven and blind.signed < truth.places[0], "what is not proven is not said to be"
    else:
        explained = truth.needs_head and blind.breach.what is Tamper.CONTENT_MISSING  # by a redaction that is cut off
        found = explained or placed(truth, blind.breach, spoilt)
        assert found, f"{truth} was placed at {blind.breach} without a head"


def tampered(folder: Path, count: int) -> Counter[str]:
    print(f"seed {SEED}")
    rng = random.Random(SEED)
    with migrated("sqlite", folder) as db:
        house, retired = weeks_old(db, folder)
        whole = Material.parse(house.lines(), house.heads)
        publics, secret = house.publics(), house.private(retired)
    untouched(whole, publics)
    met: Counter[str] = Counter()
    for number in range(count):
        spoilt = whole.copy()
        index = number % (len(ATTACKS) + 1)
        if index < len(ATTACKS):
            truth = ATTACKS[index](spoilt, rng)
        else:
            truth = retired_key_signs(spoilt, secret)
        judged(truth, spoilt, publics)
        met[truth.name] += 1
    return met


def untouched(whole: Material, publics: list[str]) -> None:
    """No false alarm: a ledger left alone is whole, with and without what was kept elsewhere, and so are its parts."""
    heads = [Head(count=count, hash=hash_) for count, hash_ in whole.heads]
    for kept in (heads, heads[:2], []):
        for held in (publics, publics[:1], publics[1:], []):
            found = verify_export(whole.lines(), kept, held)
            assert found.ok, found.breach
            assert (found.signed, found.checkpoints) == (whole.checkpoints[-1]["count"], 6)
            assert len(found.keys) == 2


def test_random_tamperings_are_all_found_in_their_place(tmp_path: Path):
    assert sum(tampered(tmp_path, 132).values()) == 132


@pytest.mark.nightly
def test_ten_thousand_random_tamperings_are_all_found_in_their_place(tmp_path: Path):
    met = tampered(tmp_path, 10_000)
    print(dict(met))
    assert sum(met.values()) == 10_000
