"""The gate's judgement without I/O, and a snapshot of the built-in distributor."""

from __future__ import annotations

from itertools import cycle, islice
from pathlib import Path

from agent.runtime.compose import open_application
from agent.settings import Settings
from api.cli.view import View, view
from connectors import snapshot
from connectors.embedded.connector import EmbeddedDistributor
from connectors.embedded.load import create
from connectors.embedded.world import BUILT_IN_NOW, built_in, built_in_event
from evals.bench.timing import ms, percentile, timed
from guardrails.judge import judge
from guardrails.policy import Policy, default_policy
from guardrails.subject import describe

RULES = (30, 200)


def measure_gate(folder: Path, rounds: int) -> View:
    """Describe and judge every move of the built-in story, again and again, under policies of so many rules."""
    app = open_application(Settings(home=folder), now=BUILT_IN_NOW)
    try:
        run = app.take_event(built_in_event()).run
        assert run is not None
        plan, facts, (case,) = app.report(run).plan, app.facts(run), app.cases()
    finally:
        app.close()
    assert plan is not None and facts is not None
    rows = []
    for size in RULES:
        policy = _with_rules(size)
        took = [timed(lambda: judge(describe(move, facts, case), policy))[0] for move in plan.moves * rounds]  # noqa: B023
        rows.append([size, len(took), ms(percentile(took, 50)), ms(percentile(took, 99)), ms(max(took))])
    return view(
        "gate",
        "Judging a move, without I/O",
        "rules | judgements | p50 | p99 | longest",
        rows,
        [f"Facts from the snapshot, then every rule; {len(plan.moves)} moves of the built-in story."],
    )


def _with_rules(size: int) -> Policy:
    """The shipped policy with its rules repeated under other names until there are so many."""
    policy = default_policy()
    rules = islice(cycle(policy.rules), size)
    named = tuple(rule.model_copy(update={"id": f"{rule.id}-{n}"}) for n, rule in enumerate(rules))
    return policy.model_copy(update={"rules": named})


def measure_snapshot(folder: Path, rounds: int) -> View:
    """Read the built-in distributor whole, and only what bears on the delayed SKU."""
    url = f"sqlite:///{folder / 'read.db'}"
    create(url, built_in())
    outside = EmbeddedDistributor(url)
    sku = next(s.sku for s in built_in().inbound if s.id == built_in_event().subject.partition(":")[2])
    rows = []
    for what, skus in (("everything", None), ("one SKU and what touches it", {sku})):
        runs = [timed(lambda: snapshot.take(outside.reads, BUILT_IN_NOW, skus)) for _ in range(rounds)]  # noqa: B023
        took, facts = [seconds for seconds, _ in runs], runs[-1][1]
        lines = sum(len(order.lines) for order in facts.orders)
        rows.append([what, len(facts.skus), lines, len(facts.reservations), ms(percentile(took, 50)), ms(max(took))])
    outside.close()
    return view(
        "snapshot",
        "A snapshot of the built-in distributor (SQLite)",
        "what | SKUs | lines | reservations | p50 | longest",
        rows,
    )
