"""The auditor of the ledger: an honest export is in order, and each planted fault is found and named."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from evals.auditor import audit_ledger
from evals.harness.story import demo_house, play
from evals.worlds.generate import generate

pytestmark = pytest.mark.xdist_group("auditor")

Entries = list[dict[str, Any]]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Entries:
    """An export of a whole story in which people approved, rejected and moves were carried out."""
    story = play(generate(204), tmp_path_factory.mktemp("told"), reject_percent=20)
    return [json.loads(line) for line in story.ledger]


def laws(entries: Entries) -> set[str]:
    """The laws that a changed export breaks, beside the chain it has lost."""
    found = audit_ledger((json.dumps(one) for one in entries), demo_house())
    return {finding.law for finding in found} - {"chain"}


def of(entries: Entries, kind: str, **said: object) -> list[int]:
    """Where entries of a kind stand that say this."""
    return [
        place
        for place, one in enumerate(entries)
        if one["entry"]["kind"] == kind and all(one["content"].get(name) == value for name, value in said.items())
    ]


def needing_people(entries: Entries) -> int:
    """Where a move was admitted that people had to approve."""
    return next(at for at in of(entries, "admission") if entries[at]["content"]["verdict"]["roles"])


def of_move(entries: Entries, at: int, kind: str, **said: object) -> list[int]:
    """Where entries of a kind stand that are about the same move as the one at `at`."""
    move = entries[at]["entry"]["move"]
    return [place for place in of(entries, kind, **said) if entries[place]["entry"]["move"] == move]


def without_admission(entries: Entries) -> None:
    del entries[of(entries, "admission")[0]]


def another_quantity(entries: Entries) -> None:
    place = next(at for at in of(entries, "intent") if "quantity" in entries[at]["content"]["body"])
    entries[place]["content"]["body"]["quantity"] += 1


def denied_by_policy(entries: Entries) -> None:
    entries[of(entries, "admission")[0]]["content"]["verdict"]["outcome"] = "deny"


def done_twice(entries: Entries) -> None:
    place = of(entries, "outcome", state="done")[0]
    entries.insert(place, copy.deepcopy(entries[place]))


def half_done(entries: Entries) -> None:
    ended = of(entries, "outcome", ended="executed")[0]
    entries[of_move(entries, ended, "outcome", state="done")[0]]["content"]["state"] = "refused"


def never_approved(entries: Entries) -> None:
    for place in reversed(of_move(entries, needing_people(entries), "approval")):
        del entries[place]


def by_a_stranger(entries: Entries) -> None:
    place = of_move(entries, needing_people(entries), "approval", decision="approved")[0]
    entries[place]["entry"]["actor"] = "arthur"


def of_another_card(entries: Entries) -> None:
    for place in of_move(entries, needing_people(entries), "approval", decision="approved"):
        entries[place]["content"]["shown"] = "0" * 64


def beyond_a_budget(entries: Entries) -> None:
    charge = entries[of(entries, "admission")[-1]]["content"]["charges"][0]
    charge["amount"] = charge["limit"] + 1


def during_a_stop(entries: Entries) -> None:
    place = of(entries, "intent")[0]
    stop = copy.deepcopy(entries[place])
    stop["entry"] |= {"kind": "autonomy", "actor": "omar", "move": None, "action": None}
    stop["content"] = {"kill_switch": "stopped", "system": "*", "why": ""}
    entries.insert(place, stop)


def _gone(entries: Entries, place: int, user: str) -> None:
    """Somebody's powers end right before the entry at `place`; every entry from there on moves up by one."""
    turn = copy.deepcopy(entries[place])
    turn["entry"] |= {"kind": "identity", "actor": "olga", "case": None, "run": None, "move": None, "action": None}
    turn["content"] = {"did": "deactivated", "user": user, "why": "left"}
    for one in entries[place:]:
        one["entry"]["seq"] += 1
    entries.insert(place, turn)


def by_somebody_gone(entries: Entries) -> None:
    place = of_move(entries, needing_people(entries), "approval", decision="approved")[0]
    _gone(entries, place, entries[place]["entry"]["actor"])


def whose_powers_ended_meanwhile(entries: Entries) -> None:
    admitted = needing_people(entries)
    approved = of_move(entries, admitted, "approval", decision="approved")
    for actor in sorted({entries[at]["entry"]["actor"] for at in approved}):
        _gone(entries, needing_people(entries), actor)


FAULTS: tuple[tuple[Callable[[Entries], None], str], ...] = (
    (without_admission, "effect"),
    (another_quantity, "effect"),
    (denied_by_policy, "effect"),
    (done_twice, "once"),
    (half_done, "half"),
    (never_approved, "authority"),
    (by_a_stranger, "authority"),
    (of_another_card, "authority"),
    (by_somebody_gone, "authority"),
    (whose_powers_ended_meanwhile, "authority"),
    (beyond_a_budget, "budget"),
    (during_a_stop, "stop"),
)


def test_an_honest_export_is_in_order(honest: Entries):
    assert audit_ledger((json.dumps(one) for one in honest), demo_house()) == ()


@pytest.mark.parametrize(("fault", "law"), FAULTS, ids=[fault.__name__ for fault, _ in FAULTS])
def test_a_planted_fault_is_found(honest: Entries, fault: Callable[[Entries], None], law: str):
    entries = copy.deepcopy(honest)
    fault(entries)
    assert law in laws(entries)


def test_a_changed_line_breaks_the_chain(honest: Entries):
    entries = copy.deepcopy(honest)
    entries[3]["content"]["why"] = "something else"
    found = audit_ledger((json.dumps(one) for one in entries), demo_house())
    assert [finding.law for finding in found] == ["chain"]
