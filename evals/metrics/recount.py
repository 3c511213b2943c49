"""The same numbers counted again from the lines of an exported ledger, by a clerk who knows nothing but those lines.

Questions are numbered in the order in which the ledger shows them to be asked, so their times need no other record.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple

from domain.facts import Facts
from domain.plans import Plan
from evals.metrics.notebook import middle, minutes, nine_of_ten


class Counted(NamedTuple):
    """A number, over how many it was taken, and the lines behind it."""

    value: Decimal | None
    over: int
    entries: tuple[int, ...]


@dataclass
class Line:
    """One line of the export."""

    seq: int
    kind: str
    at: datetime
    case: str
    run: str
    move: str
    actor: str
    body: dict[str, Any]


@dataclass
class _Asked:
    role: str
    at: datetime
    line: int


@dataclass
class _Clerk:
    """What has been read so far."""

    questions: list[_Asked] = field(default_factory=list)
    pending: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    waits: list[tuple[str, Decimal, int]] = field(default_factory=list)
    asked: list[tuple[str, int]] = field(default_factory=list)
    said: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_role: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def ask(self, line: Line, roles: Iterable[str]) -> None:
        for role in roles:
            self.questions.append(_Asked(role, line.at, line.seq))
            self.pending[line.move].append(len(self.questions))
            self.asked.append((role, line.seq))


def read(lines: Iterable[str]) -> list[Line]:
    """The lines of an export; a redacted content is an empty body."""
    found = []
    for text in lines:
        one = json.loads(text)
        row, body = one["entry"], one["content"] or {}
        at = datetime.fromisoformat(row["at"])
        names = (row["case"] or "", row["run"] or "", row["move"] or "", row["actor"])
        found.append(Line(row["seq"], row["kind"], at, *names, body))
    return found


def decisions(lines: list[Line]) -> dict[str, Counted]:
    """Questions asked and answered, how long that took, and how often a person went another way."""
    clerk = _Clerk()
    edits: set[tuple[str, str, datetime, str]] = set()
    verdicts: list[tuple[str, int]] = []
    for line in lines:
        if line.kind == "decision" and line.body["state"] == "waiting":
            clerk.ask(line, line.body["roles"])
        elif line.kind == "override" and "shown_after" in line.body:
            edits.add((line.move, line.actor, line.at, line.body["shown_after"]))
            verdicts.append(("edited", line.seq))
            wanted, open_ = line.body["verdict"]["roles"], clerk.pending[line.move]
            for place, role in zip(open_, wanted, strict=False):
                clerk.questions[place - 1].role = role
            clerk.pending[line.move] = open_[: len(wanted)]
            clerk.ask(line, wanted[len(open_) :])
        elif line.kind == "approval":
            _answered(clerk, line, edits, verdicts)
        elif line.kind == "expiry":
            _lapsed(clerk, line)
    return _sums(clerk, verdicts)


def _answered(
    clerk: _Clerk, line: Line, edits: set[tuple[str, str, datetime, str]], verdicts: list[tuple[str, int]]
) -> None:
    number = int(line.body["approval"].split("-")[1])
    question = clerk.questions[number - 1]
    clerk.waits.append((question.role, minutes(question.at, line.at), line.seq))
    answer = line.body["decision"]
    clerk.said[answer].append(line.seq)
    if answer == "rejected":
        for move in (line.move, *line.body["cancelled"]):
            clerk.pending[move] = []
    else:
        clerk.pending[line.move].remove(number)
    if (line.move, line.actor, line.at, line.body["shown"]) not in edits:
        verdicts.append((answer, line.seq))


def _lapsed(clerk: _Clerk, line: Line) -> None:
    for move in (line.move, *line.body.get("cancelled", ())):
        clerk.pending[move] = []
    if line.body["what"] == "approval":
        clerk.said["expired"] += [line.seq] * len(line.body["approvals"])
        if "escalated_to" in line.body:
            clerk.said["escalated"] += [line.seq] * len(line.body["approvals"])
            clerk.ask(line, line.body["escalated_to"])


def _sums(clerk: _Clerk, verdicts: list[tuple[str, int]]) -> dict[str, Counted]:
    times = [wait for _, wait, _ in clerk.waits]
    answered = _seqs(seq for *_, seq in clerk.waits)
    against = sum(verdict != "approved" for verdict, _ in verdicts)
    ended = len(clerk.said["approved"]) + len(clerk.said["rejected"]) + len(clerk.said["expired"])
    found = {
        "approval_latency_median": Counted(middle(times), len(times), answered),
        "approval_latency_p90": Counted(nine_of_ten(times), len(times), answered),
        "override_rate": Counted(share(against, len(verdicts)), len(verdicts), _seqs(seq for _, seq in verdicts)),
        "approvals_asked": Counted(
            Decimal(len(clerk.asked)) if clerk.asked else None, len(clerk.asked), _seqs(seq for _, seq in clerk.asked)
        ),
    }
    for key, name in (("granted", "approved"), ("rejected", "rejected"), ("expired", "expired")):
        value = Decimal(len(clerk.said[name])) if ended else None
        found[f"approvals_{key}"] = Counted(value, ended, _seqs(clerk.said[name]))
    late = len(clerk.said["expired"])
    value = Decimal(len(clerk.said["escalated"])) if late else None
    found["approvals_escalated"] = Counted(value, late, _seqs(clerk.said["escalated"]))
    return found


def execution(lines: list[Line]) -> dict[str, Counted]:
    """How long until units were reserved and cases were over, and what nobody was asked about."""
    opened = {line.case: line for line in lines if line.kind == "case" and line.body.get("did") == "opened"}
    reserved: dict[str, Line] = {}
    admitted: dict[str, Line] = {}
    cycles: list[tuple[Decimal, tuple[int, ...]]] = []
    over: list[tuple[Decimal, tuple[int, ...]]] = []
    alone: list[bool] = []
    done: list[int] = []
    for line in lines:
        body = line.body
        if line.kind == "admission":
            admitted[line.move] = line
        done_in_erp = (body.get("operation"), body.get("state")) == ("erp.reserve", "done")
        if line.kind == "outcome" and done_in_erp and not body["key"].endswith(":undo"):
            reserved[line.move] = line
        if line.kind == "outcome" and body.get("ended") == "executed":
            alone.append(not admitted[line.move].body["attended"])
            done += [admitted[line.move].seq, line.seq]
            if (last := reserved.get(line.move)) is not None:
                began = opened[line.case]
                cycles.append((minutes(began.at, last.at), (began.seq, last.seq, line.seq)))
        if line.kind == "case" and body.get("state") in ("done", "closed"):
            began = opened[line.case]
            over.append((minutes(began.at, line.at), (began.seq, line.seq)))
    found = {"unattended_share": Counted(share(sum(alone), len(alone)), len(alone), _seqs(done))}
    for name, measured in (("cycle_time", cycles), ("resolution_time", over)):
        times, seqs = [time for time, _ in measured], _seqs(seq for _, some in measured for seq in some)
        found[f"{name}_median"] = Counted(middle(times), len(times), seqs)
        found[f"{name}_p90"] = Counted(nine_of_ten(times), len(times), seqs)
    return found


def denials(lines: list[Line]) -> tuple[Counted, dict[str, int]]:
    """Refusals, and how many by each rule or other ground; one entry may name several rules."""
    refused = [line for line in lines if line.kind == "denial"]
    judged = sum(line.kind in ("decision", "admission", "denial") for line in lines)
    grounds: Counter[str] = Counter()
    for line in refused:
        said = line.body.get("verdict", line.body) if "refused" in line.body else line.body
        rules = {r["rule"] for r in said.get("reasons", ()) if isinstance(r, dict) and r["outcome"] == "deny"}
        if "attempt" in line.body:
            grounds[f"at the door: {line.body['code']}"] += 1
        elif line.body.get("refused") in ("stale", "stopped"):
            grounds[{"stale": "facts have changed", "stopped": "kill switch"}[line.body["refused"]]] += 1
        elif rules:
            grounds.update(rules)
        else:
            grounds["budget" if "refused" in line.body else "units or needs"] += 1
    value = Decimal(len(refused)) if judged else None
    return Counted(value, judged, _seqs(line.seq for line in refused)), dict(grounds)


def supply(
    lines: list[Line], plans: Mapping[str, Plan], facts: Mapping[str, Facts], over: Collection[str]
) -> dict[str, Decimal | None]:
    """Fill rates of the runs that are over, and what plans are worth against first come, first served, in percent."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    worth: list[int] = [0, 0, 0]
    gain: Counter[str] = Counter()
    intents = {line.body["key"]: line.body["body"] for line in lines if line.kind == "intent"}
    for line in lines:
        if line.kind != "plan" or not plans[line.run].allocations:
            continue
        plan = plans[line.run]
        for allocation in plan.allocations:
            value = {kpis.policy: kpis.value for kpis in allocation.kpis}
            for place, one in enumerate((allocation.value, value["fcfs"], allocation.bound)):
                worth[place] += one
            if plan.revision == 1:
                gain["first"] += allocation.value - value["fcfs"]
        if line.run in over:
            last = max(one.seq for one in lines if one.run == line.run and "attempt" not in one.body)
            span = [one for one in lines if line.seq < one.seq <= last]
            _fill(sums, plan, facts[line.run], span, intents)
    found = {key: share(part, whole) for key, (part, whole) in sums.items()}
    found["value_against_fcfs"] = share(worth[0], worth[1])
    found["value_of_bound"] = share(worth[0], worth[2])
    first = [line for line in lines if line.kind == "plan" and line.body["revision"] == 1]
    found["value_over_fcfs"] = Decimal(gain["first"]) / 100 if first else None
    return found


def _fill(sums: dict[str, list[int]], plan: Plan, facts: Facts, span: list[Line], intents: Mapping[str, Any]) -> None:
    wanted: Counter[str] = Counter()
    planned: Counter[str] = Counter()
    for allocation in plan.allocations:
        for grant in allocation.grants:
            wanted[grant.line] += grant.quantity
            planned[grant.line] += grant.quantity
        for short in allocation.shortages:
            wanted[short.line] += short.units
    held: Counter[str] = Counter()
    for reservation in facts.reservations:
        held[reservation.line or ""] += reservation.quantity
    for line in span:
        if line.kind == "outcome" and line.body.get("state") == "done" and line.body["key"] in intents:
            action = intents[line.body["key"]]
            back = -1 if "undo" in action else 1
            action = action.get("undo", action)
            way = {"reserve": 1, "substitute": 1, "release_reservation": -1}.get(action.get("kind"), 0)
            held[action.get("line", "")] += back * way * action.get("quantity", 0)
    stopped = {one.id for one in facts.customers if one.on_credit_hold}
    for order in facts.orders:
        if order.holds or order.customer in stopped:
            for mine in order.lines:
                planned[mine.id] = held[mine.id] = 0
    for name, got in (("planned", planned), ("reserved", held)):
        for order in facts.orders:
            asked = [line.id for line in order.lines if wanted[line.id]]
            full = [min(got[line], wanted[line]) == wanted[line] for line in asked]
            for key, part, whole in (
                ("units", sum(min(got[line], wanted[line]) for line in asked), sum(wanted[line] for line in asked)),
                ("lines", sum(full), len(full)),
                ("orders", int(bool(full) and all(full)), int(bool(full))),
            ):
                sums[f"fill_{key}_{name}"][0] += part
                sums[f"fill_{key}_{name}"][1] += whole


def share(part: int, whole: int) -> Decimal | None:
    """Percent, one place."""
    if not whole:
        return None
    return (Decimal(part) * 100 / whole).quantize(Decimal("0.1"), ROUND_HALF_EVEN)


def _seqs(found: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(found)))


STEPS = {
    "plan": "planned",
    "override": "edited",
    "admission": "admitted",
    "denial": "refused",
    "redaction": "redacted",
}
"""Kinds of lines that are one step, whatever they say."""


def step(line: Line) -> str:
    """What a line is a step of a case as; "" when it is none."""
    body = line.body
    if line.kind == "case":
        return f"case {body.get('did') or body.get('state', '')}".strip()
    if line.kind == "decision":
        return "asked" if body["state"] == "waiting" else "allowed"
    if line.kind == "approval":
        return str(body["decision"])
    if line.kind == "expiry":
        return "withdrawn" if body["what"] != "approval" else "escalated" if "escalated_to" in body else "expired"
    if line.kind == "outcome":
        return str(body.get("ended", "")).replace("executed", "carried out")
    return STEPS.get(line.kind, "")


def flow(lines: list[Line]) -> dict[tuple[str, str], tuple[int, Decimal | None, tuple[int, ...]]]:
    """Which step directly follows which in a case: how often, after how many minutes in the middle, at which lines."""
    last: dict[str, tuple[str, datetime]] = {}
    waits: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    seqs: dict[tuple[str, str], list[int]] = defaultdict(list)
    for line in lines:
        name = step(line)
        if not name or not line.case:
            continue
        if line.case in last:
            before, at = last[line.case]
            waits[before, name].append(minutes(at, line.at))
            seqs[before, name].append(line.seq)
        last[line.case] = (name, line.at)
    return {edge: (len(found), middle(found), tuple(seqs[edge])) for edge, found in waits.items()}
