"""A higher level is a policy version with its evidence, a pilot is a list that does not move; texts keep comments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import yaml

from domain.errors import BadInput, NotAllowed
from guardrails.autonomy import level_at
from guardrails.demotions import Demotion
from guardrails.policy import AutonomyRule, default_text, parse
from guardrails.policy.autonomy import Pilot
from guardrails.policy.editing import with_level, with_pilot
from guardrails.promoting import check
from guardrails.top import pilot_of_top
from insights.agreement import Tally
from tests.guardrails import world

OBSERVING = default_text().replace("  default: act", "  default: observe")
ENTRY = AutonomyRule(level="act", case_kinds=("supplier_delay",), sku_classes=("C",), sites=("EAST",))
FLOW = OBSERVING.replace(
    "  narrower:\n    - {level: approve, case_kinds: [system_outage]}\n",
    "  narrower: [{level: approve, case_kinds: [system_outage]}]\n",
)
BLOCK = OBSERVING.replace(
    "    - {level: approve, case_kinds: [system_outage]}\n",
    "    - level: approve  # while a system is silent\n      case_kinds: [system_outage]\n  # the end\n",
)
EMPTY = FLOW.replace("[{level: approve, case_kinds: [system_outage]}]", "[]")
NONE = FLOW.replace("  narrower: [{level: approve, case_kinds: [system_outage]}]\n", "")
SHORT = (
    NONE[: NONE.index("autonomy:\n")] + "autonomy: {default: observe}\n\n" + NONE[NONE.index("# What may be written") :]
)
WEST = """--- # document: west.yaml
name: west
scope: {regions: [west]}
rules:
  - {id: free-stock, title: Not there, actions: [reserve], outcome: deny, reason: Not there.}
"""
FOLDER = f"{WEST}--- # document: company.yaml\n{OBSERVING}{WEST.replace('west', 'north')}"
FORMS = {
    "shipped": OBSERVING,
    "flow": FLOW,
    "block": BLOCK,
    "empty": EMPTY,
    "none": NONE,
    "short": SHORT,
    "folder": FOLDER,
}
EACH = [pytest.param(name, marks=() if name in ("shipped", "folder") else pytest.mark.nightly) for name in FORMS]
"""How a document may be written; to read one takes a quarter of a second."""


@pytest.mark.parametrize("form", EACH)
def test_a_level_is_added_and_nothing_else_changes(form: str):
    before, text = parse(FORMS[form]), with_level(FORMS[form], ENTRY)
    after = parse(text)
    assert level_at(after, ENTRY) == "act" and after.version == before.version + 1
    as_before = after.model_copy(update={"version": before.version, "autonomy": before.autonomy})
    assert as_before.model_dump() == before.model_dump()
    assert after.autonomy.narrower == (*before.autonomy.narrower, ENTRY)
    assert after.autonomy.default == "observe"
    kept = [line for line in FORMS[form].splitlines() if "#" in line]
    assert [line for line in kept if line not in text.splitlines()] == []


@pytest.mark.parametrize("form", EACH)
def test_an_entry_for_the_same_place_is_changed_and_the_default_too(form: str):
    once = with_level(FORMS[form], ENTRY)
    lower = ENTRY.model_copy(update={"level": "approve"})
    assert parse(with_level(once, lower)).autonomy.narrower[-1] == lower
    assert len(parse(with_level(once, lower)).autonomy.narrower) == len(parse(once).autonomy.narrower)
    assert parse(with_level(FORMS[form], AutonomyRule(level="approve"))).autonomy.default == "approve"


def test_names_are_read_back_as_they_are():
    entry = AutonomyRule(level="act", segments=("on", "12", "a#b", "null", "C-1:x"))
    assert parse(with_level(OBSERVING, entry)).autonomy.narrower[-1].segments == entry.segments


ENOUGH = Tally(cases=20, unit_agreement=Decimal("0.95"), money_agreement=Decimal("0.9"), errors=0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"cases": 19}, "19 cases were compared, 20 are asked for"),
        ({"unit_agreement": Decimal("0.8999")}, "90.0 % of units agree, 90 % is asked for"),
        ({"money_agreement": Decimal("0.5")}, "50.0 % of money agree"),
        ({"money_agreement": None}, "nothing was compared"),
        ({"errors": 1}, "1 moves would have been errors, at most 0"),
    ],
)
def test_a_promotion_asks_for_what_the_policy_asks_for(change, says: str):
    policy = parse(OBSERVING)
    check(ENTRY, policy, ENOUGH, ())
    with pytest.raises(NotAllowed, match=says):
        check(ENTRY, policy, ENOUGH.model_copy(update=change), ())


def test_a_promotion_is_a_raise_and_waits_for_demotions_to_be_lifted():
    fallen = Demotion(id="D-7", level="approve", cause="budget", why="x", since=world.NOW, sites=("EAST",))
    with pytest.raises(NotAllowed, match="D-7 has lowered it"):
        check(ENTRY, parse(OBSERVING), ENOUGH, (fallen,))
    check(ENTRY, parse(OBSERVING), ENOUGH, (fallen.model_copy(update={"sites": ("WEST",)}),))
    with pytest.raises(NotAllowed, match="the level there is act already"):
        check(ENTRY, parse(default_text()), ENOUGH, ())


def test_a_pilot_of_the_top_skus_is_a_list_that_does_not_move():
    pilot = pilot_of_top(world.facts(), 1, "revenue", ["WEST", "EAST"])
    assert (pilot.skus, pilot.sites) == (("WIDGET",), ("EAST", "WEST"))
    text = with_pilot(default_text(), pilot)
    policy = parse(text)
    assert policy.pilot == pilot and policy.version == 2
    assert policy.pilot.top_skus is not None and policy.pilot.top_skus.as_of == date(2026, 3, 2)
    assert [line for line in default_text().splitlines() if "#" in line and line not in text] == []
    many = Pilot(skus=tuple(f"SKU-{n}" for n in range(1000, 1060)), sites=("EAST",))
    assert parse(with_pilot(text, many)).pilot == many
    assert max(len(line) for line in with_pilot(text, many).splitlines()) < 160


def test_a_top_without_its_list_is_refused():
    data = yaml.safe_load(default_text())
    data["pilot"] = {"top_skus": {"by": "revenue", "count": 50, "as_of": "2026-03-02"}}
    with pytest.raises(BadInput, match="does not move by itself"):
        parse(yaml.safe_dump(data))


def test_the_measure_and_the_sites_of_a_pilot_are_known_ones():
    with pytest.raises(BadInput, match="no measure"):
        pilot_of_top(world.facts(), 1, "colour")
    with pytest.raises(BadInput, match="no site"):
        pilot_of_top(world.facts(), 1, "revenue", ["MOON"])
