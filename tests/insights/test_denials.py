"""Every way in which the ledger tells of a refusal is counted once, under the rule or ground it names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.embedded.world import BUILT_IN_NOW
from evals.metrics import recount
from guardrails.chain import EntryKind
from guardrails.ledger import Ledger
from insights.metrics import gather
from tests.databases import migrated

pytestmark = pytest.mark.xdist_group("insights")

RULES = ("credit-hold", "picked-units", "contract-floor")


def _reasons(rules: tuple[str, ...]) -> list[dict[str, str]]:
    allowed = {"rule": "free-stock", "outcome": "allow", "text": ""}
    return [allowed, *({"rule": rule, "outcome": "deny", "text": ""} for rule in rules)]


def _judged(rules: tuple[str, ...]) -> dict[str, Any]:
    return {"outcome": "deny", "state": "denied" if rules else "cancelled", "reasons": _reasons(rules)}


def _at_the_gate(word: str, rules: tuple[str, ...]) -> dict[str, Any]:
    return {"refused": word, "verdict": {"reasons": _reasons(rules)}, "reasons": ["in words"]}


some_rules = st.lists(st.sampled_from(RULES), max_size=2, unique=True).map(tuple)
refusals = st.one_of(
    some_rules.map(_judged),
    st.builds(_at_the_gate, st.sampled_from(("denied", "stale")), some_rules),
    st.just({"refused": "stopped", "reasons": ["the kill switch is on"]}),
    st.sampled_from(("not_allowed", "conflict")).map(
        lambda code: {"attempt": "approve", "approval": "A-1", "code": code}
    ),
)


@settings(max_examples=12)
@given(bodies=st.lists(refusals, max_size=8), cut=st.integers(0, 8))
def test_refusals_are_counted_by_rule_as_the_recount_counts_them(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[dict[str, Any]], cut: int
):
    with migrated("sqlite", tmp_path_factory.mktemp("refused")) as database:
        ledger = Ledger(database, lambda: BUILT_IN_NOW)
        with database.write() as session:
            for minute, body in enumerate(bodies):
                at, move = BUILT_IN_NOW + timedelta(minutes=minute), f"C-1/r1/m{minute}"
                ledger.append(session, EntryKind.DENIAL, "copilot", at, body, case="C-1", run="R-1", move=move)
        middle = BUILT_IN_NOW + timedelta(minutes=cut)
        with database.read() as session:
            lines = recount.read(ledger.export(session))
            whole = gather(session, BUILT_IN_NOW).number("denials")
            before = gather(session, BUILT_IN_NOW, until=middle).number("denials")
            after = gather(session, BUILT_IN_NOW, since=middle).number("denials")
    counted, grounds = recount.denials(lines)
    assert (whole.value, whole.count, whole.entries) == tuple(counted)
    assert {part.label: part.count for part in whole.parts} == grounds
    assert before.count + after.count == whole.count and before.entries + after.entries == whole.entries
