"""Bad input at the door: one clear error with a fix, a documented exit code, and nothing lost or half done."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from guardrails.policy import default_text
from storage.records import MoveState
from tests.acceptance.conftest import AT
from tests.acceptance.door import EVENTS, Said, ended, process, quartermaster
from tests.agent.house import opened, states, who

DELAY: dict[str, Any] = json.loads((EVENTS / "supplier_delay.json").read_text(encoding="utf-8"))
USAGE, FAILED = 2, 4


def delay(key: str = "EV-7", sequence: int = 7, **data: object) -> dict[str, Any]:
    return {**DELAY, "id": key, "sequence": sequence, "data": {**DELAY["data"], **data}}


def sent(home: Path, event: object, *more: str) -> Said:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    return quartermaster(home, *AT, "event", "-", *more, stdin=body)


def untouched(home: Path, act: Callable[[], object], denials: int = 0) -> None:
    """Whatever is done, no run was admitted, every question is as it was, and the ledger tells of denials only."""

    tables = ("runs", "approvals", "moves", "effects")

    def here() -> tuple[int, list[list[tuple[object, ...]]]]:
        with closing(sqlite3.connect(home / "quartermaster.db")) as database:
            (count,) = database.execute("SELECT count(*) FROM ledger").fetchone()
            return count, [database.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables]

    count, rows = here()
    assert all(rows)
    act()
    assert here() == (count + denials, rows)


UNUSABLE: dict[str, tuple[object, str]] = {
    "a negative quantity": (delay(new_quantity=-5), "new_quantity"),
    "a fraction": (delay(new_quantity=1.5), "new_quantity"),
    "more units than anybody has": (delay(new_quantity=10**12), "new_quantity"),
    "a date that is none": (delay(new_eta="2026-02-30"), "new_eta"),
    "a time without zone": ({**delay(), "at": "2026-03-02T08:00:00"}, "at"),
    "a negative sequence": (delay(sequence=-1), "sequence"),
    "an unknown kind": ({**DELAY, "data": {"kind": "rain"}}, "data"),
    "an unknown field": (delay(colour="red"), "colour"),
    "a missing field": ({**DELAY, "data": {"kind": "supplier_delay"}}, "inbound"),
    "an id with control characters": (delay("EV\x1b[2J"), "id"),
    "a number": (3, "event 1"),
    "nothing": (None, "event 1"),
    "a list of one good and one bad": ([delay(), {}], "event 2"),
    "a list of 0 events": ([], "holds no event"),
    "an empty file": (b"", "not JSON"),
    "half a file": (b'{"id": "EV-7", ', "not JSON"),
    "a binary file": (bytes(range(256)), "not UTF-8"),
    "nested beyond reason": (b"[" * 100_000, "JSON"),
    "a number of 5000 digits": (b"1" * 5000, "JSON"),
    "half a character": (b'"\\ud800"', "event 1"),
    "a huge file": (b"[" + b" " * 5_000_000 + b"]", "larger than"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_event_that_cannot_be_used_is_refused_whole(name: str, waiting: Path):
    event, word = UNUSABLE[name]
    untouched(waiting, lambda: sent(waiting, event).refused(USAGE, word))


@pytest.mark.parametrize("file", ["/dev/zero", ".", "no such file.json"])
def test_what_is_no_event_file_is_refused_without_reading_for_ever(file: str, waiting: Path):
    quartermaster(waiting, *AT, "event", file).refused(USAGE, "FILE")


SPIKE = {"kind": "demand_spike", "site": "DC-MEMPHIS", "extra_units": 5, "until": "2026-03-20"}


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({**SPIKE, "sku": "SKU-9999"}, "SKU-9999"),
        ({"kind": "supplier_delay", "inbound": "PO-0000", "new_eta": "2026-03-20"}, "PO-0000"),
        ({"kind": "credit_hold", "customer": "C-NOBODY", "reason": "late"}, "C-NOBODY"),
    ],
)  # fmt: skip
def test_an_event_about_what_no_system_knows_names_it_and_is_kept_as_dead(
    data: dict[str, Any], named: str, waiting: Path
):
    event = {**DELAY, "id": "EV-7", "sequence": 7, "data": data}
    untouched(waiting, lambda: sent(waiting, event).refused(USAGE, named))
    again = sent(waiting, event, "--output", "json")
    assert again.code == 0 and "dead" in again.rows("events")[0]["note"]


def test_the_same_event_again_is_said_and_another_body_under_its_id_is_a_conflict(waiting: Path):
    def both() -> None:
        same = sent(waiting, DELAY, "--output", "json")
        assert same.code == 0
        row = same.rows("events")[0]
        assert row["arrived"] == "duplicate" and "nothing was done again" in row["note"]
        sent(waiting, delay(DELAY["id"], DELAY["sequence"], new_quantity=300)).refused(FAILED, "new_quantity")

    untouched(waiting, both)


def test_an_event_that_comes_after_a_later_one_is_recorded_and_not_applied(waiting: Path):
    assert sent(waiting, delay("EV-8", 5, new_eta="2026-03-27")).code == 0

    def late() -> None:
        said = sent(waiting, delay("EV-9", 3), "--output", "json")
        row = said.rows("events")[0]
        assert said.code == 0 and row["arrived"] == "stale" and "out of order" in row["note"]

    untouched(waiting, late)


def test_of_several_events_those_that_can_be_used_are_taken_and_the_worst_is_the_exit_code(waiting: Path):
    unknown = delay("EV-11", 8, inbound="PO-0000")
    said = sent(waiting, [unknown, delay("EV-12", 9, new_eta="2026-03-26")], "--output", "json")
    assert said.code == USAGE and "PO-0000" in said.err
    assert [row["arrived"] for row in said.rows("events")] == ["failed", "accepted"]


def test_the_wrong_role_is_told_who_may_and_the_question_stays_open(waiting: Path):
    with opened(waiting) as app:
        card = next(c for c in app.approvals() if c.role == "lead" and not c.before)
    words = ("approvals", "approve", card.approval, "--as")
    quartermaster(waiting, *AT, *words, "wanda").refused(FAILED, "lead")
    quartermaster(waiting, *AT, *words, "arthur").refused(FAILED, "lead")
    with opened(waiting) as app:
        assert card.approval in {c.approval for c in app.approvals()} and not app.show(card.approval).decided_by
        assert states(app, "R-1")[card.move] is MoveState.WAITING
    assert quartermaster(waiting, *AT, *words, "lena").code == 0


def test_an_expired_approval_is_refused_and_nothing_of_it_is_done(waiting: Path):
    with opened(waiting) as app:
        card = next(c for c in app.approvals() if not c.before)
    late = ("--now", "2026-06-01T09:00Z")
    quartermaster(waiting, *late, "approvals", "approve", card.approval, "--as", who(card)).refused(FAILED, "expired")
    with opened(waiting) as app:
        item = next(item for item in app.report("R-1").moves if item.move.id == card.move)
        assert item.state is not MoveState.EXECUTED and not item.effects


NOBODY = {
    "ask": ("ask", "who holds SKU-1042?"),
    "triage": ("triage", "--once"),
    "event": ("event", str(EVENTS / "short_stock.json")),
    "approve": ("approvals", "approve", "A-1"),
    "reject": ("approvals", "reject", "A-1"),
    "edit": ("approvals", "edit", "A-1", "--set", "a1=1"),
    "stop": ("stop",),
}


@pytest.mark.parametrize("verb", NOBODY)
def test_a_user_nobody_knows_does_nothing(verb: str, waiting: Path):
    words, on_record = (*NOBODY[verb], "--as", "mallory"), int(verb in ("approve", "reject", "edit", "stop"))
    untouched(waiting, lambda: quartermaster(waiting, *AT, *words).refused(FAILED, "mallory"), denials=on_record)


@pytest.mark.parametrize("verb", NOBODY)
def test_in_live_mode_nobody_chooses_who_they_are(verb: str, waiting: Path):
    live = {"QUARTERMASTER_MODE": "live", "QUARTERMASTER_USERS": "somebody_else=lena"}

    def try_it() -> None:
        quartermaster(waiting, *AT, *NOBODY[verb], "--as", "lena", **live).refused(FAILED, "--as")
        quartermaster(waiting, *AT, *NOBODY[verb], **live).refused(FAILED, "QUARTERMASTER_USERS")

    untouched(waiting, try_it)


UNKNOWN = {
    "an approval": (("approvals", "approve", "A-999", "--as", "lena"), USAGE),
    "a card": (("approvals", "show", "A-999"), USAGE),
    "a run": (("runs", "R-999"), USAGE),
    "a replay": (("replay", "R-999"), USAGE),
    "a system": (("stop", "sap", "--as", "lena"), USAGE),
    "a change": (("approvals", "edit", "A-1", "--set", "a1=-4", "--as", "lena"), USAGE),
    "an action": (("approvals", "edit", "A-1", "--set", "a999=4", "--as", "lena"), USAGE),
    "a reason to fail": (("triage", "--once", "--fail-on", "rain"), USAGE),
    "triage for ever": (("triage",), USAGE),
    "an empty question": (("ask", " "), USAGE),
    "a question without end": (("ask", "why " * 5000), USAGE),
    "a question that is no text": (("ask", "who holds \udcff?"), USAGE),
    "a ledger that is none": (("ledger", "verify", "--export", "/dev/null/ledger"), USAGE),
    "a file that cannot be written": (("ledger", "export", "/dev/null/ledger"), USAGE),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_a_command_cannot_use_is_named(name: str, waiting: Path):
    words, code = UNKNOWN[name]
    quartermaster(waiting, *AT, *words).refused(code)


SETTINGS = {
    "an unknown planner": ({"QUARTERMASTER_PLANNER": "magic"}, "QUARTERMASTER_PLANNER"),
    "an unknown mode": ({"QUARTERMASTER_MODE": "party"}, "QUARTERMASTER_MODE"),
    "a policy that is not there": ({"QUARTERMASTER_POLICY": "/nowhere/policy.yaml"}, "/nowhere/policy.yaml"),
    "a database of another kind": ({"QUARTERMASTER_DATABASE_URL": "mysql://u@h/x"}, "QUARTERMASTER_DATABASE_URL"),
    "a port that is no number": ({"QUARTERMASTER_DATABASE_URL": "postgresql://u@h:x/y"}, "QUARTERMASTER_DATABASE_URL"),
    "no URL": ({"QUARTERMASTER_DATABASE_URL": "database"}, "QUARTERMASTER_DATABASE_URL"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_that_cannot_be_used_is_named_by_its_variable(name: str, waiting: Path):
    given, word = SETTINGS[name]
    untouched(waiting, lambda: quartermaster(waiting, *AT, "triage", "--once", **given).refused(USAGE, word))


POLICIES = {
    "cut off": (b"roles: [", "line 1"),
    "empty": (b"", "empty"),
    "binary": (b"\xff\xfe\x00\x01", "UTF-8"),
    "a tab": (b"roles:\n\t- lead\n", "line 2"),
    "a list": (b"- a\n- b\n", "line 1"),
    "an unknown field": (default_text().encode() + b"\ncolour: red\n", "colour"),
    "a level nobody has": (default_text().replace("default: act", "default: dance").encode(), "autonomy.default"),
    "nested beyond reason": (b"[" * 20_000, "nested"),
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_that_cannot_be_read_names_the_line_and_stops_everything(name: str, waiting: Path, tmp_path: Path):
    body, word = POLICIES[name]
    (tmp_path / "policy.yaml").write_bytes(body)
    given = {"QUARTERMASTER_POLICY": str(tmp_path / "policy.yaml")}
    untouched(waiting, lambda: quartermaster(waiting, *AT, "triage", "--once", **given).refused(USAGE, word))


def test_in_a_folder_where_nothing_was_done_there_is_nothing_to_show_and_none_is_made(tmp_path: Path):
    home = tmp_path / "nothing here"
    for words in (("runs",), ("approvals", "list"), ("ledger", "verify"), ("replay", "R-1")):
        quartermaster(home, *words).refused(5, "has not been set up")
    assert not home.exists()


@pytest.mark.parametrize("words", [("ledger", "export"), ("runs",)], ids=" ".join)
def test_who_has_read_enough_ends_the_command_in_peace(words: tuple[str, ...], waiting: Path):
    """The reader is gone before the first line is written, as `| head` may be."""
    running = process(waiting, *AT, *words)
    assert running.stdout is not None
    running.stdout.close()
    running.stdout = None
    said = ended(running)
    assert (said.code, said.err) == (0, "")
