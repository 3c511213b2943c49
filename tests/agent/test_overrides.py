"""An edit of a planned move: its cost against the optimum on the decision, in the ledger and in metrics."""

from __future__ import annotations

from pathlib import Path

from domain.allocation.build import build
from domain.allocation.pool import supply_id
from evals.given_up import given_up
from tests.agent.house import careful_policy, opened, who


def test_an_edit_says_what_it_gives_up_and_a_recount_agrees(careful: Path):
    with opened(careful, policy=careful_policy(careful)) as application:
        report = application.report("R-1")
        assert report.plan is not None and report.run.facts is not None
        cards = [card for card in application.approvals() if not card.before and "from free units" in card.title]
        card = next(card for card in cards if len(card.quantities) == 1 and card.quantities[0].units > 1)
        quantity = card.quantities[0]
        action = next(m for m in report.moves if m.move.id == card.move).move.actions[0]
        assert action.kind == "reserve" and action.id == quantity.action
        half = quantity.units // 2
        made = application.edit(
            card.approval, who(card), {quantity.action: half}, card.digest, reason_code="customer-agreed"
        )
        override = application.overrides.cost(card.move)
        assert override is not None and override.kinds == ("recommendation",)
        assert (override.by, override.reason_code) == (who(card), "customer-agreed")
        facts = application.facts("R-1")
        assert facts is not None
        problem = build(facts, report.plan.allocations[0].skus, report.run.request)
        key = (action.line, supply_id(action.sku, action.site, action.inbound))
        best = sum(g.quantity for g in report.plan.allocations[0].grants if (g.line, g.supply) == key)
        truth = given_up(problem, {key: best - (quantity.units - half)})
        assert override.cost is not None and override.optimum is not None
        assert int(override.cost * 100) == truth.cost and int(override.optimum * 100) == truth.optimum
        assert f"It gives up {override.cost} USD" in made.text
        assert application.metrics().number("override_cost_by_person").parts[0].label == who(card)
        assert [one.seq for one in application.overrides.listed()] == [override.seq]
        assert application.overrides.listed(since=application.now.replace(year=2100)) == ()
