"""The starter library is whole and true; one's own documents are read strictly; no bad one keeps a good one out."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import EventData
from guardrails.policy import default_policy
from knowledge.documents import LONGEST, START, Unusable, parse
from knowledge.shelf import LARGEST_FILE, read, shipped_folder
from tests.house.world_ids import built_in_ids
from tests.knowledge.shelves import FRONT, written

SYSTEMS = ("crm", "erp", "finance", "procurement", "tms", "wms")
TEXTS = {file.name: file.read_text(encoding="utf-8") for file in sorted(shipped_folder().glob("*.md"))}
EVENTS = {union.model_fields["kind"].default for union in get_args(get_args(EventData)[0])}
MORE = {"shortage", "aging_backorder", "promise_about_to_break", "projected_stock_out"}


def test_there_is_a_procedure_for_every_exception_and_a_playbook_for_every_system():
    shelf = read()
    assert shelf.faults == ()
    about = {kind: {one.about for one in shelf.documents if one.kind == kind} for kind in ("sop", "playbook")}
    assert len(EVENTS) == 9 and about["sop"] == EVENTS | MORE
    assert about["playbook"] == set(SYSTEMS)
    assert {one.kind for one in shelf.documents} == {"sop", "playbook", "contract", "policy"}
    for system in SYSTEMS:
        cited = shelf.playbook(system)
        assert cited is not None and cited.document == f"playbook-{system}"
    assert shelf.playbook("mes") is None


@pytest.mark.parametrize("name", TEXTS)
def test_a_document_is_substantial_and_owned_by_a_role_of_the_policy(name: str):
    document = parse(TEXTS[name])
    assert document.id == name.removesuffix(".md") and document.owner in default_policy().roles
    assert len(document.sections) >= 6 and 300 <= len(TEXTS[name].split()) <= 700
    assert document.sections[0].heading == START


def test_the_library_names_nothing_of_the_built_in_world():
    ids = built_in_ids()
    for name, text in TEXTS.items():
        assert not [key for key in ids if re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", text)], name


def test_every_command_in_the_library_is_one_the_program_has():
    from typer.main import get_command

    from api.cli.main import app

    known = get_command(app)
    shown = [line for text in TEXTS.values() for line in text.splitlines() if line.startswith("quartermaster ")]
    assert len(shown) > 15
    for line in shown:
        words = shlex.split(line)[1:]
        with known.make_context("quartermaster", [*words, "--help"], resilient_parsing=True) as context:
            assert words[0] in known.list_commands(context), line  # type: ignore[attr-defined]


def test_the_amounts_in_the_allocation_policy_are_those_of_the_policy_file():
    """Every amount of money the document names stands in a rule, a role or a budget of the shipped policy."""
    from guardrails.policy import default_text

    amounts = set(re.findall(r"(\d+) USD", default_text()))
    for name in ("allocation-policy.md", "sop-shortage.md", "sop-supplier-delay.md", "sop-projected-stock-out.md"):
        flowing = " ".join(TEXTS[name].split())
        assert set(re.findall(r"(\d+) USD", flowing)) <= amounts, name


def test_ones_own_document_stands_beside_ours_or_in_place_of_it(tmp_path: Path):
    written(tmp_path / "own", "our-way", "Call the night desk.", title="Night desk")
    written(tmp_path / "own", "playbook-wms", "about to change", kind="playbook", version="7")
    shelf = read(tmp_path / "own")
    listed = {one.document: one for one in shelf.listed}
    assert len(listed) == len(TEXTS) + 1 and shelf.faults == ()
    assert listed["our-way"].own and not listed["our-way"].replaces
    assert listed["playbook-wms"].replaces and listed["playbook-wms"].version == "7"
    assert shelf.id != read().id == read().id


@pytest.mark.parametrize(
    ("text", "line", "field", "says"),
    [
        ("no front matter", 1, "", "does not begin"),
        ("", 1, "", "does not begin"),
        ("---\nid: a\n", 1, "", "does not end"),
        ("---\n" + "\n" * 60 + "---\n", 1, "", "does not end"),
        ("---\nid: a\nid: b\n---\n", 3, "id", "twice"),
        ("---\nid: a\ncolour: red\n---\n", 3, "colour", "no field"),
        ("---\nid: a\ntitle: !!python/object/apply:os.system [ls]\n---\n", 4, "kind", "missing"),
        ("---\n<<: *base\n---\n", 2, "<<", "no field"),
        ("---\nid: a\n- list\n---\n", 3, "- list", "no field"),
        (FRONT.format(id="../../etc", title="T", kind="sop", version="1") + "x", 2, "id", ""),
        (FRONT.format(id="a", title="T", kind="spell", version="1") + "x", 4, "kind", ""),
        (FRONT.format(id="a", title="T", kind="sop", version="one two") + "x", 5, "version", ""),
        (FRONT.format(id="a", title="T" * 300, kind="sop", version="1") + "x", 3, "title", "longer"),
        (FRONT.format(id="a", title="T", kind="sop", version="1"), 8, "", "says nothing"),
        (FRONT.format(id="a", title="T", kind="sop", version="1") + "x\ny\x1b[2J", 9, "", "U+001B"),
        (FRONT.format(id="a", title="T", kind="sop", version="1") + "pay\u202ezero", 8, "", "U+202E"),
    ],
)
def test_a_bad_document_is_refused_with_line_field_and_fix(text: str, line: int, field: str, says: str):
    with pytest.raises(Unusable) as wrong:
        parse(text)
    fault = wrong.value.in_file("x.md")
    assert (fault.line, fault.field) == (line, field) and says in fault.message and fault.fix


def test_bad_files_are_reported_and_the_good_ones_are_used(tmp_path: Path):
    own = tmp_path / "own"
    written(own, "good", "Something true.")
    (own / "double.md").write_text(FRONT.format(id="good", title="T", kind="sop", version="2") + "x", encoding="utf-8")
    (own / "latin.md").write_bytes(b"---\nid: a\ntitle: \xe9\n---\n")
    (own / "large.md").write_text("a" * (LARGEST_FILE + 1), encoding="utf-8")
    (own / "folder.md").mkdir()
    (own / "notes.txt").write_text("not a document", encoding="utf-8")
    secret = tmp_path / "secret.md"
    secret.write_text(FRONT.format(id="secret", title="T", kind="sop", version="1") + "x", encoding="utf-8")
    (own / "link.md").symlink_to(secret)
    shelf = read(own)
    assert shelf.own == {"good"}
    assert {fault.file: fault.line for fault in shelf.faults} == {
        "good.md": 2, "latin.md": 3, "large.md": 0, "folder.md": 0, "link.md": 0,
    }  # fmt: skip
    assert all(fault.message and fault.fix for fault in shelf.faults)


def test_a_folder_that_is_not_there_is_said_and_the_starter_library_is_used(tmp_path: Path):
    shelf = read(tmp_path / "nowhere")
    assert len(shelf.documents) == len(TEXTS) and shelf.faults[0].field == "QUARTERMASTER_KNOWLEDGE"


WORDS = st.text(alphabet="abc #`\n.", max_size=300)


@given(WORDS, st.integers(0, 3))
def test_nothing_of_a_document_is_lost_in_its_sections(body: str, times: int):
    text = "word " + body + "\n\n" + "a long paragraph of text\n\n" * (LONGEST // 20 * times)
    document = parse(FRONT.format(id="a", title="T", kind="sop", version="1") + text)
    assert all(len(part.text) <= LONGEST for part in document.sections)
    kept = "".join(part.heading + part.text for part in document.sections)
    for letter in "abc":
        lost = text.count(letter) - kept.count(letter)
        headings = sum(line.count(letter) for line in text.splitlines() if line.startswith("#"))
        assert lost <= headings


def test_a_heading_in_a_fence_is_no_heading():
    document = parse(FRONT.format(id="a", title="T", kind="sop", version="1") + "```\n## not\n```\n## Yes\nhere\n")
    assert [part.heading for part in document.sections] == [START, "Yes"]
