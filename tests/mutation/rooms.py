"""Which rooms are mutated, and which tests have to notice: the narrowest that are about the room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Room(NamedTuple):
    """Files under `guardrails/` that are mutated together, and the tests that are run against each mutant."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


_JUDGING = (
    "tests/guardrails/test_judge.py",
    "tests/guardrails/test_verdicts.py",
    "tests/guardrails/test_hierarchy.py",
    "tests/guardrails/test_overrides.py",
)
_DECIDING = (
    "tests/guardrails/test_approvals.py",
    "tests/guardrails/test_answers.py",
    "tests/guardrails/test_waiting.py",
    "tests/guardrails/test_powers.py",
    "tests/guardrails/test_approval_states.py",
)
_PASSING = (
    "tests/guardrails/test_passage.py",
    "tests/guardrails/test_gate.py",
    "tests/guardrails/test_last_look.py",
    "tests/guardrails/test_limits.py",
    "tests/entities/test_endings.py",
)

ROOMS: Mapping[str, Room] = {
    "chain": Room(
        ("chain.py",), ("tests/ledger/test_chain.py", "tests/ledger/test_keys.py", "tests/ledger/test_ledger.py")
    ),
    "verdict": Room(("judge.py", "verdict.py", "policy/compiled.py"), _JUDGING),
    "approvals": Room(("approvals.py",), _DECIDING[:3]),
    "admission": Room(("gate/admission.py", "gate/authority.py"), _PASSING),
    "execution": Room(("gate/because.py", "gate/sending.py", "gate/shaft.py"), _PASSING[:3]),
    "dispatch": Room(("gate/dispatch.py",), ("tests/guardrails/test_dispatch.py",)),
    "authority": Room(("entitlement.py", "powers.py"), ("tests/guardrails/test_powers.py", *_DECIDING[:2])),
    "deciding": Room(("deciding.py",), _DECIDING[:3]),
}
