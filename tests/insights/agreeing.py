"""What the metrics of a story have to be, by the clerk's notebook and by the recount of the exported ledger."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from evals.metrics import recount
from evals.metrics.notebook import middle, minutes, nine_of_ten
from insights.metrics import Metrics
from tests.insights.house import Told


def agrees_with_the_recount(told: Told) -> None:
    print(told.name)
    metrics, lines = told.metrics, told.lines[:-1]  # the export itself is the last entry
    for key, counted in {**recount.decisions(lines), **recount.execution(lines)}.items():
        number = metrics.number(key)
        assert (number.value, number.count, number.entries) == tuple(counted), key
    refused, grounds = recount.denials(lines)
    denials = metrics.number("denials")
    assert (denials.value, denials.count, denials.entries) == tuple(refused)
    assert {part.label: part.count for part in denials.parts} == grounds
    runs = [run.id for run in told.app.runs()]
    plans = {run: plan for run in runs if (plan := told.app.report(run).plan) is not None}
    facts = {run: known for run in runs if (known := told.app.facts(run)) is not None}
    for key, value in recount.supply(lines, plans, facts, told.notebook.over.keys()).items():
        assert metrics.number(key).value == value, key


def agrees_with_the_notebook(told: Told) -> None:
    print(told.name)
    metrics, notebook = told.metrics, told.notebook
    questions = notebook.questions.values()
    how = Counter(one.how for one in questions)
    assert _sum(metrics, "approvals_asked") == len(questions)
    assert _sum(metrics, "approvals_granted") == how["approved"]
    assert _sum(metrics, "approvals_rejected") == how["rejected"]
    assert _sum(metrics, "approvals_expired") == how["expired"]
    assert _sum(metrics, "approvals_withdrawn") == how["superseded"] + how["cancelled"]
    answers = [
        (one.role, minutes(one.asked, one.ended))
        for one in questions
        if one.ended and one.how in ("approved", "rejected")
    ]
    _spread(metrics, "approval_latency", answers)
    against = sum(act.verb != "approve" for act in told.teller.acts)
    assert metrics.number("override_rate").count == len(told.teller.acts)
    assert metrics.number("override_rate").value == recount.share(against, len(told.teller.acts))
    opened = notebook.opened
    cycles = [("", minutes(opened[one.case], one.reserved)) for one in notebook.done.values() if one.reserved]
    _spread(metrics, "cycle_time", cycles)
    _spread(metrics, "resolution_time", [("", minutes(opened[case], at)) for case, at in notebook.resolved.items()])
    done = notebook.done.values()
    assert metrics.number("unattended_share").value == recount.share(sum(not one.attended for one in done), len(done))
    assert _sum(metrics, "units_off_confirmed") == sum(one.off_confirmed for one in done)
    assert _sum(metrics, "units_after_release") == sum(one.off_released for one in done)
    assert _sum(metrics, "reallocations_after_release") == sum(one.off_released > 0 for one in done)
    _stalls(told)


def _stalls(told: Told) -> None:
    over, standing = Counter[str](), Counter[str]()
    length: Counter[str] = Counter()
    for one in told.notebook.questions.values():
        if one.turn is not None and one.ended is not None:
            over[f"waits for {one.role}"] += 1
            length[f"waits for {one.role}"] += int(minutes(one.turn, one.ended))
        elif one.turn is not None:
            standing[f"waits for {one.role}"] += 1
    for stay in told.notebook.stays:
        assert "crm" in stay.note
        over["parked: crm"] += stay.ended is not None
        length["parked: crm"] += int(minutes(stay.began, stay.ended)) if stay.ended else 0
    parts = told.metrics.number("stalled").parts
    assert {part.label: part.count for part in parts} == {label: count for label, count in over.items() if count}
    assert {part.label: part.value for part in parts} == {label: length[label] for label in over if over[label]}
    assert {part.label: part.count for part in told.metrics.number("stalled_now").parts} == standing


def _sum(metrics: Metrics, key: str) -> Decimal:
    return metrics.number(key).value or Decimal(0)


def _spread(metrics: Metrics, key: str, measured: list[tuple[str, Decimal]]) -> None:
    times = [time for _, time in measured]
    for end, value in (("median", middle(times)), ("p90", nine_of_ten(times))):
        number = metrics.number(f"{key}_{end}")
        assert (number.value, number.count) == (value, len(times)), number.key
    if any(label for label, _ in measured):
        for part in metrics.number(f"{key}_median").parts:
            assert part.value == middle([time for label, time in measured if label == part.label])
