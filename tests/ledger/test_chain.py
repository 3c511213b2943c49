"""Whatever is done to a chain is found, and the place is named. Generated chains and generated attacks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.canonical import canonical_json
from guardrails.chain import (
    GENESIS,
    VERSIONS,
    Breach,
    Entry,
    EntryKind,
    Head,
    KeySpan,
    Tamper,
    Verification,
    chain,
    row_hash,
)
from guardrails.proof import verify

Rows = list[dict[str, Any]]
Contents = dict[int, str | None]

BODIES = st.dictionaries(
    st.text(max_size=4),
    st.one_of(st.integers(), st.text(max_size=6), st.booleans(), st.none(), st.lists(st.integers(), max_size=3)),
    max_size=3,
)
PROVEN_OTHERWISE = {EntryKind.REDACTION, EntryKind.KEY, EntryKind.CHECKPOINT}
CHAINS = st.lists(st.tuples(st.sampled_from(sorted(set(EntryKind) - PROVEN_OTHERWISE)), BODIES), min_size=3, max_size=8)


RUBBISH = st.one_of(
    st.none(),
    st.integers(),
    st.text(max_size=3),
    st.floats(),
    st.binary(max_size=2),
    st.lists(st.integers(), max_size=2),
)


def build(said: list[tuple[EntryKind, dict[str, Any]]], version: int | None = None) -> tuple[Rows, Contents]:
    """A chain of these entries (of the version written now), as rows and contents."""
    rows: Rows = []
    contents: Contents = {}
    head = Head(count=0, hash=GENESIS)
    for kind, body in said:
        fields = {
            "kind": kind.value,
            "version": version or VERSIONS[kind],
            "at": "2026-01-05T08:00:00+00:00",
            "actor": "ann",
            "case": "C-1" if body else None,
        }
        entry = chain(head, fields, body)
        rows.append(entry.model_dump())
        contents[entry.seq] = canonical_json(body)
        head = Head(count=entry.seq, hash=entry.hash)
    return rows, contents


def head_of(rows: Rows) -> Head:
    return Head(count=len(rows), hash=rows[-1]["hash"])


def found(result: Verification) -> tuple[int, Tamper]:
    assert not result.ok
    assert result.breach is not None
    return result.breach.seq, result.breach.what


@given(CHAINS)
def test_what_was_written_verifies(said: list[tuple[EntryKind, dict[str, Any]]]):
    rows, contents = build(said)
    result = verify(rows, contents, head_of(rows))
    assert result.ok and result.breach is None
    assert (result.count, result.head, result.end_proven) == (len(rows), rows[-1]["hash"], True)
    assert not verify(rows, contents).end_proven


def test_an_empty_chain_verifies():
    assert verify([], {}).ok
    assert verify([], {}).head == GENESIS


def test_the_same_entries_give_the_same_chain_for_ever():
    """The bytes of the format: a change here breaks every ledger ever written, and needs a new tag and version."""
    rows, _ = build([(EntryKind.DECISION, {"n": 1})], version=1)
    assert GENESIS == "1190637f3c4fca1e09e3239a2d01cdb95c9316285a39c8316e72f15fa183da44"
    assert rows[0]["hash"] == row_hash(rows[0])
    assert rows[0]["hash"] == "8c616e09de3a2bfed81e7a905a9c0bec30a818f2bacec65e5390610d2311366a"


@given(CHAINS, st.data())
def test_an_edit_of_any_field_is_found_in_its_place(said: list[tuple[EntryKind, dict[str, Any]]], data: st.DataObject):
    rows, contents = build(said)
    place = data.draw(st.integers(1, len(rows)))
    field = data.draw(st.sampled_from(sorted(set(Entry.model_fields))))
    before = rows[place - 1][field]
    after = data.draw(st.one_of(st.text(max_size=3), st.integers(-1, 20), st.none(), st.booleans()))
    if json.dumps(after) == json.dumps(before):
        after = "another"
    rows[place - 1][field] = after
    seq, what = found(verify(rows, contents))
    assert (seq, what) == (place, Tamper.EDITED)


@given(CHAINS, st.data())
def test_an_edit_with_its_hash_made_anew_is_found_in_its_place(
    said: list[tuple[EntryKind, dict[str, Any]]], data: st.DataObject
):
    rows, contents = build(said)
    head = head_of(rows)
    place = data.draw(st.integers(1, len(rows)))
    row = rows[place - 1]
    row["actor"] = "mallory"
    row["hash"] = row_hash(row)
    assert found(verify(rows, contents, head)) == (place, Tamper.EDITED)
    assert verify(rows, contents).ok is (place == len(rows)), "only a head proves the last row"


@given(CHAINS, st.data())
def test_a_chain_written_anew_from_some_place_on_is_found_by_a_head(
    said: list[tuple[EntryKind, dict[str, Any]]], data: st.DataObject
):
    rows, _ = build(said)
    place = data.draw(st.integers(1, len(rows)))
    forged = [*said[: place - 1], (EntryKind.OVERRIDE, {"forged": True}), *said[place:]]
    if canonical_json(said[place - 1]) == canonical_json(forged[place - 1]):
        forged[place - 1] = (EntryKind.OVERRIDE, {"forged": 2})
    rewritten, new_contents = build(forged)
    assert verify(rewritten, new_contents).ok
    assert found(verify(rewritten, new_contents, head_of(rows))) == (len(rows), Tamper.EDITED)


@given(CHAINS, st.data())
def test_a_removed_row_is_found_in_its_place(said: list[tuple[EntryKind, dict[str, Any]]], data: st.DataObject):
    rows, contents = build(said)
    place = data.draw(st.integers(1, len(rows) - 1))
    del rows[place - 1]
    assert found(verify(rows, contents)) == (place, Tamper.REMOVED)


@given(CHAINS, st.data())
def test_a_removed_row_is_found_when_the_rest_is_numbered_anew(
    said: list[tuple[EntryKind, dict[str, Any]]], data: st.DataObject
):
    rows, contents = build(said)
    place = data.draw(st.integers(1, len(rows) - 1))
    del rows[place - 1]
    left = [text for seq, text in contents.items() if seq != place]
    for seq, row in enumerate(rows, 1):
        row["seq"] = seq
    assert found(verify(rows, dict(enumerate(left, 1)))) == (place, Tamper.REMOVED)


@given(CHAINS, st.data())
def test_removed_last_rows_are_found_with_a_head_and_only_then(
    said: list[tuple[EntryKind, dict[str, Any]]], data: st.DataObject
):
    rows, contents = build(said)
    heads = [Head(count=seq, hash=rows[seq - 1]["hash"]) for seq in range(1, len(rows) + 1)]
    left = data.draw(st.integers(0, len(rows) - 1))
    kept = {seq: text for seq, text in contents.items() if seq <= left}
    blind = verify(rows[:left], kept)
    assert blind.ok and not blind.end_proven
    assert found(verify(rows[:left], kept, heads[-1])) == (left + 1, Tamper.TRUNCATED)
    assert found(verify(rows[:left], kept, heads)) == (left + 1, Tamper.TRUNCATED)
    assert found(verify(rows[:left], contents)) == (left + 1, Tamper.REMOVED), "their contents tell"


@given(CHAINS, st.data())
def test_swapped_rows_are_found_in_their_place(said: list[tuple[EntryKind, dict[str, Any]]], data: st.DataObject):
    rows, contents = build(said)
    first = data.draw(st.integers(0, len(rows) - 2))
    second = data.draw(st.integers(first + 1, len(rows) - 1))
    rows[first], rows[second] = rows[second], rows[first]
    assert found(verify(rows, contents)) == (first + 1, Tamper.SWAPPED)
    rows[first]["seq"], rows[second]["seq"] = first + 1, second + 1
    assert found(verify(rows, contents)) == (first + 1, Tamper.SWAPPED)


@given(CHAINS, st.data())
def test_a_copied_row_is_found_where_it_was_put(said: list[tuple[EntryKind, dict[str, Any]]], data: st.DataObject):
    rows, contents = build(said)
    source = data.draw(st.integers(0, len(rows) - 1))
    place = data.draw(st.integers(source + 1, len(rows)))
    rows.insert(place, dict(rows[source]))
    seq, what = found(verify(rows, contents))
    assert what is Tamper.INSERTED
    assert seq in {place, place + 1}


@given(CHAINS, st.data())
def test_a_forged_row_in_the_middle_is_found(said: list[tuple[EntryKind, dict[str, Any]]], data: st.DataObject):
    """The forger links the row well and numbers the rest anew; two rows then follow the same one."""
    rows, contents = build(said)
    place = data.draw(st.integers(1, len(rows)))
    previous = rows[place - 2]["hash"] if place > 1 else GENESIS
    forged = chain(
        Head(count=place - 1, hash=previous),
        {"kind": "approval", "version": 1, "at": "2026-01-05T08:00:00+00:00", "actor": "mallory"},
        {"forged": True},
    )
    rows.insert(place - 1, forged.model_dump())
    texts = list(contents.values())
    texts.insert(place - 1, '{"forged":true}')
    for seq, row in enumerate(rows, 1):
        row["seq"] = seq
    assert found(verify(rows, dict(enumerate(texts, 1)))) == (place, Tamper.INSERTED)


@given(CHAINS, st.data())
def test_an_edited_or_missing_content_is_found_in_its_place(
    said: list[tuple[EntryKind, dict[str, Any]]], data: st.DataObject
):
    rows, contents = build(said)
    place = data.draw(st.integers(1, len(rows)))
    original = contents[place]
    assert original is not None
    for text in ('{"other":1}', original.replace("{", "{ ", 1), "not json", '{"x":1.5}', "[" * 100_000):
        contents[place] = text
        assert found(verify(rows, contents)) == (place, Tamper.CONTENT_EDITED)
    contents[place] = None
    assert found(verify(rows, contents)) == (place, Tamper.CONTENT_MISSING)
    del contents[place]
    assert found(verify(rows, contents)) == (place, Tamper.CONTENT_MISSING)


@given(CHAINS, st.data())
def test_a_redaction_explains_the_content_it_names_and_no_other(
    said: list[tuple[EntryKind, dict[str, Any]]], data: st.DataObject
):
    place = data.draw(st.integers(1, len(said)))
    rows, contents = build(said)
    body = {"seq": place, "content_hash": rows[place - 1]["content_hash"], "why": "privacy"}
    rows, contents = build([*said, (EntryKind.REDACTION, body)])
    assert verify(rows, contents).redacted == ()
    contents[place] = None
    result = verify(rows, contents)
    assert result.ok and result.redacted == (place,)
    other = data.draw(st.integers(1, len(said)).filter(lambda seq: seq != place))
    contents[other] = None
    assert found(verify(rows, contents)) == (other, Tamper.CONTENT_MISSING)


@given(st.lists(st.dictionaries(st.sampled_from([*Entry.model_fields, "x"]), RUBBISH), min_size=1, max_size=4))
def test_rubbish_never_verifies_and_never_crashes(rows: list[dict[str, Any]]):
    assert found(verify(rows, {}))[0] == 1


@pytest.mark.parametrize(
    ("seq", "since", "checkpoint", "told"),
    [
        (7, 0, None, "entry 7 (content edited): it says something else"),
        (7, 7, None, "entry 7 (content edited): it says something else"),
        (7, 8, None, "entry 7 (content edited): it says something else"),
        (7, 1, None, "entries 1 to 7 (content edited): it says something else"),
        (7, 6, 2, "entries 6 to 7, checkpoint 2 (content edited): it says something else"),
        (7, 0, 0, "entry 7, checkpoint 0 (content edited): it says something else"),
    ],
)
def test_a_breach_tells_the_place_or_the_span_and_the_checkpoint(
    seq: int, since: int, checkpoint: int | None, told: str
):
    breach = Breach(
        seq=seq, what=Tamper.CONTENT_EDITED, detail="it says something else", since=since, checkpoint=checkpoint
    )
    assert str(breach) == told


@pytest.mark.parametrize(("count", "held"), [(4, False), (5, True), (8, True), (9, False), (10, False)])
def test_a_key_signs_from_its_own_entry_to_before_the_one_that_retires_it(count: int, held: bool):
    key = KeySpan(id="K-1", public="-", since=5, until=9, at="2026-01-05T08:00:00+00:00")
    assert key.holds(count) is held
    assert key.model_copy(update={"until": None}).holds(count) is (count >= 5)
