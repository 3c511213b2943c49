"""Policies of many documents: the narrower one wins, what is final stands, the most cautious place counts, and every
reason names document and line. Held against a reference that shares no code with the guard."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from domain.errors import BadInput
from domain.orders import Channel
from domain.verdicts import Outcome, Reason, Verdict
from guardrails.judge import judge
from guardrails.places import places
from guardrails.policy import Place, default_policy, default_text, load, parse, read_text
from guardrails.subject import Subject, describe
from tests.guardrails import reference
from tests.guardrails.policies import policies, subjects, typed
from tests.guardrails.world import case, facts, move, reallocation, reserve

HOUSE = {"default", "autonomy", "authority"}


def answered(found: Verdict) -> tuple[str, tuple[str, ...], bool, list[tuple[str, str]]]:
    spoke = [(reason.document, reason.rule) for reason in found.reasons if reason.rule not in HOUSE]
    return found.outcome.value, found.roles, found.four_eyes, spoke


def asked(data: dict[str, Any], subject: Subject, entity: str = "main") -> Any:
    spots = [{**asdict(place), "entity": entity} for place in subject.places]
    return reference.answer(data, subject.facts, spots)


def must_agree(data: dict[str, Any], subject: Subject) -> None:
    """The judge says what the reference says; what is final speaks; the most cautious place counts."""
    policy = typed(data)
    found = judge(subject, policy)
    assert answered(found) == asked(data, subject)
    assert answered(judge(subject, policy.within("other"))) == asked(data, subject, "other")
    for rule in data["rules"]:
        if rule.get("final") and reference.speaks(rule, subject.facts):
            assert ("Company", rule["id"]) in [(reason.document, reason.rule) for reason in found.reasons]
            assert found.outcome is not Outcome.ALLOW or rule["outcome"] == "allow"
    order = ["allow", "approval", "deny"]
    alone = [asked(data, replace(subject, places=(place,)))[0] for place in subject.places]
    assert found.outcome.value == max(alone, key=order.index)


@given(data=policies(), subject=subjects())
@settings(max_examples=40, deadline=None)
def test_the_judge_says_what_the_plain_reference_says(data: dict[str, Any], subject: Subject):
    must_agree(data, subject)


@pytest.mark.nightly
@given(data=policies(), subject=subjects())
@settings(max_examples=2000, deadline=None)
def test_the_judge_says_what_the_plain_reference_says_all_night(data: dict[str, Any], subject: Subject):
    must_agree(data, subject)


WEST = """\
name: Western region
scope: {regions: [west]}

rules:
  - id: reallocate-small
    title: Nothing moves by itself in the west
    actions: [reserve, release_reservation]
    when: {all: [{fact: units_from_confirmed, operator: ">", value: 0 units}]}
    outcome: approval
    roles: [lead]
    reason: The west is looked at.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "regions").mkdir()
    (tmp_path / "company.yaml").write_text(default_text())
    (tmp_path / "regions" / "west.yaml").write_text(WEST)
    return tmp_path


def in_region(region: str, *orders: str) -> Any:
    world = facts()
    moved = tuple(
        order.model_copy(update={"region": region}) if not orders or order.id in orders else order
        for order in world.orders
    )
    return facts(orders=moved)


def test_a_folder_is_one_policy_with_one_id(folder: Path):
    policy = load(folder)
    assert policy.name == "Example distributor policy"
    assert [document.name for document in policy.documents] == ["Western region"]
    assert policy.id not in ("", default_policy().id)
    assert parse(read_text(folder), "kept").id == policy.id, "what is kept as one text says the same"
    (folder / "regions" / "west.yaml").rename(folder / "regions" / "wild-west.yaml")
    (folder / "company.yaml").write_text("# a comment\n" + default_text())
    assert load(folder).id == policy.id, "names of files and comments do not count"
    (folder / "regions" / "wild-west.yaml").write_text(WEST.replace("0 units", "1 units"))
    assert load(folder).id != policy.id


def test_the_narrower_rule_replaces_the_broader_one_where_its_scope_fits(folder: Path):
    policy = load(folder)
    here, there = (
        judge(describe(reallocation(), world, case()), policy) for world in (in_region("west"), in_region("north"))
    )
    assert (here.outcome, here.roles) == (Outcome.APPROVAL, ("lead",))
    assert there.outcome is Outcome.ALLOW


def test_a_move_over_a_border_gets_the_more_cautious_answer(folder: Path):
    policy = load(folder)
    border = in_region("west", "SO-STD2")
    found = judge(describe(reallocation(), border, case()), policy)
    assert found.roles == ("lead",)
    spoke = [reason.document for reason in found.reasons if reason.rule == "reallocate-small"]
    assert spoke == ["Example distributor policy", "Western region"]


def test_a_reason_names_document_and_line(folder: Path):
    found = judge(describe(reallocation(), in_region("west"), case()), load(folder))
    reason = next(reason for reason in found.reasons if reason.outcome is Outcome.APPROVAL)
    assert reason.place == "Western region, line 5"
    promise = next(reason for reason in found.reasons if reason.rule == "promise")
    lines = default_text().splitlines()
    assert promise.document == "Example distributor policy"
    assert lines[promise.line - 1].strip() == "- id: promise"


def test_a_record_of_before_still_loads():
    old = {"rule": "reallocate", "outcome": "approval", "text": "A confirmed order loses units.", "facts": []}
    assert Reason.model_validate(old).place == ""


def test_a_final_rule_stands_beside_the_narrower_one(folder: Path):
    text = default_text().replace("  - id: contract-floor\n", "  - id: contract-floor\n    final: true\n")
    soft = WEST.replace("reallocate-small", "contract-floor").replace(
        "outcome: approval\n    roles: [lead]", "outcome: allow"
    )
    (folder / "regions" / "west.yaml").write_text(soft)
    broken = describe(reallocation("SO-SLA/1", 11), in_region("west"), case())
    assert judge(broken, load(folder)).outcome is Outcome.APPROVAL, "what is not final may be replaced"
    (folder / "company.yaml").write_text(text)
    assert judge(broken, load(folder)).outcome is Outcome.DENY


def test_of_two_scopes_the_one_further_down_the_hierarchy_is_narrower():
    def says(name: str, scope: str, role: str) -> str:
        return (
            f"--- \nname: {name}\nscope: {scope}\nrules:\n  - {{id: reallocate-small, title: t, actions: [reserve, "
            f"release_reservation], outcome: approval, roles: [{role}], reason: r}}\n"
        )

    region = says("Region", "{regions: [west], channels: [portal], segments: [retail]}", "finance")
    customer = says("Customer", "{customers: [STD1, STD2]}", "commercial")
    other = says("Other", "{customers: [STD1]}", "lead")
    subject = describe(reallocation(), in_region("west"), case())
    assert judge(subject, parse(default_text() + region + customer)).roles == ("commercial",)
    assert judge(subject, parse(default_text() + region)).roles == ("finance",)
    assert judge(subject, parse(default_text() + customer + other)).roles == ("commercial", "lead"), "equally narrow"


def test_documents_of_a_legal_entity_count_for_its_moves_only():
    emea = (
        "---\nname: Emea\nscope: {entities: [emea]}\nrules:\n  - {id: look, title: t, actions: any, outcome: approval, "
    )
    policy = parse(default_text() + emea + "roles: [finance], reason: r}\n")
    subject = describe(reallocation(), facts(), case())
    assert judge(subject, policy).outcome is Outcome.ALLOW
    assert judge(subject, policy.within("emea")).roles == ("finance",)
    assert policy.within("emea").id == policy.id


@pytest.mark.parametrize(
    ("old", "new", "where", "message"),
    [
        ("actions: [reserve,", "actions: [reserv,", "regions/west.yaml, line 7, rules[0].actions", "no action kind"),
        ("roles: [lead]", "roles: [boss]", "regions/west.yaml, line 10, rules[0].roles[0]", "no role 'boss'"),
        ("regions: [west]", "planets: [mars]", "regions/west.yaml, line 2, scope", "'planets' is not known here"),
        ("{regions: [west]}", "{}", "regions/west.yaml, line 2, scope", "says where|names where"),
        ("{regions: [west]}", "{channels: [fax]}", "regions/west.yaml, line 2, scope.channels", "no channel 'fax'"),
        ("name: Western region", "name: West\ncurrency: EUR", "regions/west.yaml, line 2", "'currency' is not"),
        ("name: Western region", "name: Example distributor policy", "regions/west.yaml, line 1, name", "named"),
        ("scope: {regions: [west]}\n", "", "regions/west.yaml, line 1", "no scope either"),
        ("rules:", "rules: {", "regions/west.yaml, line ", "expected"),
    ],
)  # fmt: skip
def test_a_fault_in_a_narrower_document_is_named_with_file_and_line(
    folder: Path, old: str, new: str, where: str, message: str
):
    assert old in WEST
    (folder / "regions" / "west.yaml").write_text(WEST.replace(old, new, 1))
    with pytest.raises(BadInput, match=message) as caught:
        load(folder)
    assert (caught.value.field or "").startswith(where)


def test_a_folder_without_a_company_document_is_refused(folder: Path, tmp_path: Path):
    (folder / "company.yaml").unlink()
    with pytest.raises(BadInput, match="all have a scope"):
        load(folder)
    (folder / "regions" / "west.yaml").unlink()
    with pytest.raises(BadInput, match="no policy document"):
        load(folder)


def test_an_id_does_not_change_when_the_schema_learns_a_field():
    """The id counts what a document says, so a field nobody wrote counts for nothing; and a recorded id stays."""
    policy = default_policy()
    assert policy.model_copy(update={"pilot": policy.pilot}).id == policy.id
    spelled = parse(default_text() + "\ndocuments: []\n")
    assert spelled.id != policy.id and spelled.documents == policy.documents
    old = policy.known_as("P-0123456789ab")
    assert (old.id, old.within("emea").id) == ("P-0123456789ab",) * 2
    assert old.model_copy(update={"version": 2}).id == parse(default_text().replace("version: 1", "version: 2")).id


def test_a_copy_of_a_policy_keeps_nothing_computed_from_the_old_one():
    policy = default_policy()
    judge(describe(reallocation(), facts(), case()), policy)
    assert policy.id
    stricter = policy.model_copy(update={"rules": policy.rules[:4]})
    assert stricter.id != policy.id
    found = judge(describe(reallocation(), facts(), case()), stricter)
    assert [reason.rule for reason in found.reasons] == ["default"]


def test_the_places_of_a_move_are_its_lines_with_customer_channel_and_class():
    world = facts(orders=tuple(o.model_copy(update={"channel": Channel.EDI}) for o in facts().orders))
    spots = places(reallocation(), world)
    assert spots == (
        Place("domestic", "edi", "retail", "STD1", "A"),
        Place("domestic", "edi", "retail", "STD2", "A"),
    )
    assert places(move(), world) == (Place(),)
    assert places(move(reserve("a1", "SO-NONE/1", 5)), world) == (Place(),)
