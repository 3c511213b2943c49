"""Questions as a state machine: whatever people and time do, only what the judge's own book allows happens."""

from __future__ import annotations

import ast
import tempfile
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from agent.runtime.approval_desk import ApprovalDesk
from domain.errors import AlreadyDecided, NotAllowed, QuartermasterError
from guardrails import approval_states
from guardrails.chain import EntryKind
from guardrails.delegating import Delegating
from guardrails.people import Grant, People, User, personas
from guardrails.policy import default_text, parse
from storage.records import ApprovalState
from tests.guardrails.house import house as build
from tests.guardrails.question_model import (
    FINAL,
    LONGEST_SNOOZE,
    Book,
    Handed,
    Person,
    Rows,
    check_change,
    check_executable,
    up,
)
from tests.guardrails.test_judge import CREDIT, buy, hurry
from tests.guardrails.world import reallocation

SMALL = Grant.model_validate({"role": "planner", "max_value_at_stake": "200 USD"})
NARROW = (
    User(id="gina", name="Gina", email="g@x", grants=(SMALL,)),
    User(id="stan", name="Stan", email="s@x", grants=(Grant(role="planner", sites=("WEST",)),)),
    User(id="robo", name="Robo", email="r@x", roles=("planner", "finance"), service=True),
)
NONE: tuple[int | None, int | None, tuple[str, ...]] = (None, None, ())
OWN: dict[str, dict[str, tuple[int | None, int | None, tuple[str, ...]]]] = {
    "paula": {"planner": NONE},
    "peter": {"planner": NONE},
    "lena": {"lead": NONE, "planner": NONE},
    "farid": {"finance": NONE},
    "fiona": {"finance": NONE},
    "wanda": {"warehouse_manager": NONE},
    "carla": {"commercial": NONE},
    "omar": {"operations": NONE},
    "olga": {"operations": NONE},
    "arthur": {"auditor": NONE},
    "gina": {"planner": (200, None, ())},
    "stan": {"planner": (None, None, ("WEST",))},
    "robo": {"planner": NONE, "finance": NONE},
}
LIMITS: dict[str, tuple[int | None, int | None]] = {"planner": (5000, 500), "lead": (50000, None)}
TIGHT = default_text().replace("max_value_at_stake: 5000 USD", "max_value_at_stake: 300 USD")
PLAN = {
    "C1/r1/m1": (reallocation(units=40), lambda units: (9 * units, units, ("EAST",)), 40),
    "C1/r1/m2": (reallocation("SO-STRAT/1", 20, key="C1/r1/m2"), lambda units: (9 * units, units, ("EAST",)), 20),
    "C1/r1/m3": (buy(5000).model_copy(update={"id": "C1/r1/m3"}), lambda _: (0, 0, ("EAST",)), 5000),
    "C1/r1/m4": (hurry("400.00").model_copy(update={"id": "C1/r1/m4"}), lambda _: (400, 0, ("EAST",)), 0),
    "C1/r1/m5": (CREDIT.model_copy(update={"id": "C1/r1/m5"}), lambda _: (0, 0, ()), 0),
}
"""Moves with their size as the judge knows it: value at stake, units, sites; and the units edited."""
EDITED = {"C1/r1/m1": "a2", "C1/r1/m2": "a2", "C1/r1/m3": "a1"}

WHO = st.sampled_from([*OWN, "nobody"])
WHICH = st.integers(0, 30)
ROLES = st.sampled_from(["planner", "planner", "finance", "finance", "lead", "commercial", "operations", "auditor"])


class Changing(People):
    """People of whom one may leave."""

    def leaves(self, user: str) -> None:
        People.__init__(
            self, [one.model_copy(update={"active": False}) if one.id == user else one for one in self.all()]
        )


class Questions(RuleBasedStateMachine):
    """The real service beside the judge's book."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()

    @initialize(asked_by=st.sampled_from(["intake", "paula", "farid"]), raised_by=st.sampled_from(["intake", "fiona"]))
    def begin(self, asked_by: str, raised_by: str) -> None:
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        people = Changing((*personas().all(), *NARROW))
        self.house = self.stack.enter_context(build(folder, asked_by=asked_by, raised_by=raised_by, people=people))
        self.people, self.raised_by = people, raised_by
        self.rows = Rows(folder)
        self.stack.callback(self.rows.close)
        self.book = Book({name: Person(dict(roles), service=name == "robo") for name, roles in OWN.items()}, LIMITS)
        house = self.house
        self.delegating = Delegating(house.database, house.ledger, lambda: house.policy, people, house.now)
        parts = SimpleNamespace(
            database=house.database,
            ledger=house.ledger,
            people=people,
            policy=house.policy,
            clock=SimpleNamespace(now=house.now),
            approvals=house.approvals,
        )
        self.desk = ApprovalDesk(parts, lambda made: None, lambda: None)  # type: ignore[arg-type]
        self.units = {move: units for move, (_, _, units) in PLAN.items()}
        self.old: list[tuple[str, str]] = []
        self.hidden: dict[tuple[str, str], datetime] = {}
        self.seen: dict[str, dict] = {}
        for subject, _, _ in PLAN.values():
            house.propose(subject)
        self.look("propose")
        for giver, to, role in (("farid", "paula", "finance"), ("paula", "wanda", "planner")):
            self.delegate(giver, to, role, 0, 40)

    def teardown(self) -> None:
        self.stack.close()

    def entries(self) -> dict[str, int]:
        kinds = self.house.kinds()
        return {kind: kinds.count(kind) for kind in (EntryKind.APPROVAL, EntryKind.DENIAL, EntryKind.OVERRIDE)}

    def look(self, verb: str) -> None:
        """Compare the rows with those before, and remember them."""
        now = self.rows.questions()
        check_change(self.seen, now, verb)
        self.old += [(key, row["shown"]) for key, row in now.items() if row["state"] == "pending"]
        self.seen = now

    def pick(self, which: int) -> dict:
        """A question; those that wait twice as often."""
        waiting = [row for row in self.seen.values() if row["state"] == "pending"]
        some = [*waiting, *waiting, *self.seen.values()]
        return some[which % len(some)]

    def open(self, row: dict) -> bool:
        alive = self.rows.moves()[row["move"]] == "waiting"
        return row["state"] == "pending" and self.house.time < row["expires_at"] and alive

    def turn(self, row: dict) -> bool:
        others = [one for one in self.seen.values() if one["move"] == row["move"] and one["state"] == "pending"]
        return all(one["position"] >= row["position"] for one in others)

    def size(self, row: dict) -> tuple:
        return PLAN[row["move"]][1](self.units[row["move"]])

    def names(self, user: str, row: dict) -> list[str | None]:
        return self.book.may_decide(user, row, self.size(row), self.raised_by, self.house.time)

    def tried(self, act, good: bool, verb: str) -> bool:
        """Do it; it must go exactly when the judge says so, and leave its line in the ledger."""
        before = self.entries()
        try:
            act()
            went = True
        except QuartermasterError as refused:
            went = False
            assert not good, f"{verb} was refused: {refused}"
            assert self.entries()[EntryKind.DENIAL] == before[EntryKind.DENIAL] + 1, "a refusal has its line"
        else:
            assert good, f"{verb} went, and the judge says no"
        self.look(verb)
        return went

    @rule(which=WHICH, user=WHO, bound=st.sampled_from(["as shown", "open", "old"]), yes=st.booleans())
    def decide(self, which: int, user: str, bound: str, yes: bool) -> None:
        row = self.pick(which)
        digest = {"as shown": row["shown"], "open": None, "old": self.old[which % len(self.old)][1]}[bound]
        names = self.names(user, row)
        good = self.open(row) and bool(names) and (digest in (None, row["shown"])) and (not yes or self.turn(row))
        before = self.entries()[EntryKind.APPROVAL]
        if yes:
            went = self.tried(lambda: self.house.approvals.approve(row["id"], user, digest), good, "approve")
        else:
            went = self.tried(lambda: self.house.approvals.reject(row["id"], user, "no", digest), good, "reject")
        if went:
            assert self.entries()[EntryKind.APPROVAL] == before + 1, "a decision has its line"
            entry = self.house.entries(EntryKind.APPROVAL)[-1]
            assert entry.get("for_whom") == names[0] == self.seen[row["id"]]["decided_for"]
            assert self.seen[row["id"]]["decided_by"] == user

    @rule(which=WHICH, chosen=WHICH, yes=st.sampled_from([True, True, False]))
    def somebody_entitled_decides(self, which: int, chosen: int, yes: bool) -> None:
        """As above by one of those who may, whoever decides in another's name first."""
        row = self.pick(which)
        able = sorted((user for user in OWN if self.names(user, row)), key=lambda user: self.names(user, row) == [None])
        if able and self.open(row):
            self.decide(which, able[chosen % 2 * chosen % len(able)], "as shown", yes)

    @rule(which=WHICH)
    def somebody_decides_in_anothers_name(self, which: int) -> None:
        self.somebody_entitled_decides(which, 0, True)

    @rule(which=WHICH, user=st.sampled_from(["paula", "peter", "farid", "carla", "lena", "arthur"]))
    def answer_again(self, which: int, user: str) -> None:
        decided = [row for row in self.seen.values() if row["state"] in ("approved", "rejected")]
        if decided and self.book.people[user].active:
            with pytest.raises(AlreadyDecided):
                self.house.approvals.approve(decided[which % len(decided)]["id"], user)
            self.look("answer again")

    @rule(which=WHICH, user=WHO, units=st.integers(1, 45))
    def edit(self, which: int, user: str, units: int) -> None:
        row = self.pick(which)
        move = row["move"]
        roles = {role for role, _, _ in self.book.powers(user, self.house.time)}
        able = self.open(row) and bool(roles & ({"planner"} | up(row["role"])))
        try:
            action = EDITED.get(move, "a1")
            self.house.approvals.edit(row["id"], user, {action: units}, reason="counted again")
        except QuartermasterError:
            self.look("refused edit")
            return
        assert able, f"{user} edited {row['id']}"
        self.units[move] = units
        before = self.seen
        self.look("edit")
        for key, one in self.seen.items():
            if one["state"] == "approved" and before.get(key, {"state": ""})["state"] != "approved":
                assert one["decided_by"] == user and self.names(user, one), f"the edit approved {key} for {user}"

    @rule(which=WHICH, user=WHO, hours=st.sampled_from([-1, 1, 5, 9, 30]))
    def snooze(self, which: int, user: str, hours: int) -> None:
        row, now = self.pick(which), self.house.time
        until = now + timedelta(hours=hours)
        mine = {role for role, _, _ in self.book.powers(user, now)} & set(row["role"].split("/"))
        good = self.open(row) and bool(mine) and now < until <= min(row["expires_at"], now + LONGEST_SNOOZE)
        if self.tried(lambda: self.desk.snooze(row["id"], user, until), good, "snooze"):
            self.hidden[row["id"], user] = until

    @rule(which=WHICH, user=WHO, to=WHO)
    def reassign(self, which: int, user: str, to: str) -> None:
        row, now = self.pick(which), self.house.time
        able = [one for one in OWN if self.names(one, row)]
        if which % 2 and able:
            user, to = able[which % len(able)], able[-1]
        parties = {row["asked_by"], self.raised_by, *ast.literal_eval(row["edited_by"])}
        above = {role for role, _, _ in self.book.powers(user, now)} & up(row["role"])
        sender = bool(self.names(user, row)) or (bool(above) and not (row["four_eyes"] and user in parties))
        good = self.open(row) and sender and bool(self.names(to, row)) and not self.book.is_away(to, now)
        if self.tried(lambda: self.desk.reassign(row["id"], user, to, "wrong-person"), good, "reassign"):
            assert self.seen[row["id"]]["assigned_to"] == to

    @rule(which=WHICH, user=WHO)
    def comment(self, which: int, user: str) -> None:
        person = self.book.people.get(user)
        good = person is not None and person.active and not person.service
        self.tried(lambda: self.desk.comment(self.pick(which)["id"], user, "look at this"), good, "comment")

    @rule(giver=WHO, to=WHO, role=ROLES, start=st.sampled_from([-2, 0, 4]), length=st.sampled_from([0, 6, 40, 40]))
    def delegate(self, giver: str, to: str, role: str, start: int, length: int) -> None:
        now, people = self.house.time, self.book.people
        if length == 40:
            role = next(iter(people[giver].roles)) if giver in people else role
        since = now + timedelta(hours=start)
        until = since + timedelta(hours=length)
        here = all(name in people and people[name].active and not people[name].service for name in (giver, to))
        good = here and role in people[giver].roles and role != "auditor" and giver != to and to != "arthur"
        good = good and until > since and until > now
        same = [one for one in self.book.handed.values() if (one.giver, one.taker, one.role) == (giver, to, role)]
        good = good and not any(one.ended is None and one.since < until and since < one.until for one in same)
        made: list = []
        if self.tried(lambda: made.append(self.desk.delegate(giver, to, role, since, until)), good, "delegate"):
            self.book.handed[made[0].id] = Handed(giver, to, role, since, until)

    @rule(which=WHICH, user=WHO)
    def end_delegation(self, which: int, user: str) -> None:
        if not self.book.handed:
            return
        key = sorted(self.book.handed)[which % len(self.book.handed)]
        one, now = self.book.handed[key], self.house.time
        user = user if which % 3 == 0 else (one.giver, one.taker)[which % 2]
        person = self.book.people.get(user)
        good = person is not None and person.active and user in (one.giver, one.taker)
        good = good and one.ended is None and now < one.until
        if self.tried(lambda: self.desk.end_delegation(key, user), good, "end"):
            one.ended = now

    @rule(user=WHO, hours=st.sampled_from([1, 30]))
    def leave(self, user: str, hours: int) -> None:
        now = self.house.time
        good = user in self.book.people and self.book.people[user].active
        if self.tried(lambda: self.desk.away(user, now, now + timedelta(hours=hours)), good, "away"):
            self.book.away[user] = (now, now + timedelta(hours=hours))

    @rule(user=WHO)
    def back(self, user: str) -> None:
        there = user in self.book.people and self.book.people[user].active
        if self.tried(lambda: self.desk.back(user), there and self.book.is_away(user, self.house.time), "back"):
            del self.book.away[user]

    @rule(user=WHO, yes=st.booleans(), which=st.lists(WHICH, min_size=1, max_size=3))
    def batch(self, user: str, yes: bool, which: list[int]) -> None:
        named = [self.pick(one) for one in which]
        told = self.desk.decide_many([(row["id"], row["shown"]) for row in named], user, yes, reason="many")
        assert [one.approval for one in told] == [row["id"] for row in named]
        before = self.seen
        self.look("batch")
        changed = {k for k, row in self.seen.items() if row["state"] != before[k]["state"] and row["decided_by"]}
        assert changed == {one.approval for one in told if one.decision is not None}
        for key in changed:
            assert self.names(user, before[key]) and self.open(before[key] | {"state": "pending"}) is not None

    @rule(hours=st.sampled_from([0.25, 0.5, 1, 1, 2, 3, 5, 13, 25]), sweeps=st.booleans())
    def wait(self, hours: float, sweeps: bool) -> None:
        self.house.later(hours=hours)
        if sweeps:
            self.sweep()

    @rule()
    def sweep(self) -> None:
        self.house.approvals.remind()
        self.look("remind")
        assert self.house.approvals.remind() == (), "a second sweep finds nothing to do"
        self.house.approvals.expire()
        self.look("expire")
        late = [row for row in self.seen.values() if row["state"] == "pending" and row["expires_at"] <= self.house.time]
        assert not late

    @rule(user=st.sampled_from(["paula", "farid", "carla", "gina", "lena"]))
    def leaves_the_house(self, user: str) -> None:
        self.people.leaves(user)
        self.book.people[user].active = False

    @rule()
    def tighten(self) -> None:
        self.house.policy = parse(TIGHT)
        self.book.limits = {**LIMITS, "planner": (300, 500)}

    @rule(which=st.sampled_from(sorted(PLAN)))
    def admit(self, which: str) -> None:
        """What the gate lets through has, for every role asked, an answer that the judge accepts as things stand."""
        before = self.rows.moves()[which]
        try:
            self.house.gate.admit(which)
        except QuartermasterError:
            self.seen = self.rows.questions()
            return
        self.seen = self.rows.questions()
        assert before in ("approved", "ready", "executing")
        if before != "approved":
            return
        entry = self.house.entries(EntryKind.ADMISSION)[-1]
        given = [row for row in self.seen.values() if row["move"] == which and row["state"] == "approved"]
        for role in entry["verdict"]["roles"]:
            sound = [
                row
                for row in given
                if set(row["role"].split("/")) & up(role)
                and self.book.people[row["decided_by"]].active
                and self.book.may_decide(row["decided_by"], row, self.size(row), self.raised_by, row["decided_at"])
            ]
            assert sound, f"{which} was let through without {role}"

    @invariant()
    def nothing_goes_without_its_answers(self) -> None:
        check_executable(self.seen, self.rows.moves(), PLAN)

    @invariant()
    def lists_hold_only_what_is_theirs(self) -> None:
        for user in ("paula", "lena", "fiona"):
            if not self.book.people[user].active:
                continue
            mine = {role for role, _, _ in self.book.powers(user, self.house.time)}
            for card in self.house.approvals.waiting(user):
                row = self.seen[card.approval]
                assert row["state"] == "pending" and mine & set(row["role"].split("/"))
                assert self.hidden.get((card.approval, user), self.house.time) <= self.house.time

    @invariant()
    def reminders_come_once(self) -> None:
        told = [step for step in self.rows.steps() if step["what"] == "reminded"]
        for step in told:
            row = self.seen[step["approval"]]
            waited = step["at"] - row["created_at"]
            assert waited >= timedelta(hours=4) or row["expires_at"] - step["at"] <= timedelta(hours=2)
        edits = sum(1 for step in self.rows.steps() if step["what"] == "edited")
        assert len(told) <= 2 * (len(self.seen) + edits * 2)


def walk(examples: int, steps: int) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    given = settings(max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=checks)
    run_state_machine_as_test(Questions, settings=given)


def test_questions_change_only_as_the_judge_allows():
    walk(examples=3, steps=20)


@pytest.mark.nightly
def test_questions_change_only_as_the_judge_allows_on_many_ways():
    walk(examples=120, steps=45)


def test_the_table_says_for_every_state_what_may_happen():
    assert {state.value for state in approval_states.FINAL} == FINAL
    for state in ApprovalState:
        verbs = {line.verb for line in approval_states.TABLE if line.state is state}
        assert verbs == {"comment"} if state in approval_states.FINAL else len(verbs) == 11
    pairs = [(line.state, line.verb) for line in approval_states.TABLE]
    assert len(pairs) == len(set(pairs)), "one line for a verb in a state"


def test_questions_change_in_no_other_file():
    """Only the table's own functions reach the statements that change a question."""
    writers = {"ask", "decide", "rebind", "amend", "close"}
    root = Path(__file__).parents[2]
    found = set()
    for folder in ("agent", "api", "guardrails", "tools", "insights"):
        for file in (root / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Attribute)
                    and node.attr in writers
                    and isinstance(node.value, ast.Name)
                    and node.value.id == "approvals"
                ):
                    found.add(file.relative_to(root).as_posix())
    assert found == {"guardrails/approval_states.py"}


def test_nobody_hands_on_what_was_handed_to_them(tmp_path: Path):
    with build(tmp_path) as house:
        given = Delegating(house.database, house.ledger, lambda: house.policy, house.people, house.now)
        given.delegate("farid", "paula", "finance", house.time, house.time + timedelta(days=1))
        with pytest.raises(NotAllowed, match="hands over only that"):
            given.delegate("paula", "peter", "finance", house.time, house.time + timedelta(days=1))
