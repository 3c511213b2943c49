"""A night of triage on a world with labelled exceptions and near misses: what is found, what is done, what heals.

The program is reached through its front door; what it found is compared with the labels of `evals.injector`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.runtime.application import Application
from agent.runtime.clock import FixedClock
from agent.runtime.compose import open_application
from agent.runtime.world import embedded, load_world
from agent.settings import Settings
from agent.triage.report import TriageReport
from connectors import snapshot
from domain.facts import Facts
from evals.harness.show import FORMS, progress, show
from evals.injector import KINDS, Cure, Night, night

GOOD = 0.95
"""Least precision and recall of every kind."""
REPLAYED = 5
"""Runs whose plan is computed again; each must match byte for byte."""


@dataclass(frozen=True)
class Score:
    """How one kind was found, and what became of the exceptions that are real."""

    kind: str
    labelled: int
    near: int
    right: int
    wrong: int
    done: int
    queued: int
    escalated: int

    @property
    def precision(self) -> float:
        """Share of what was found that is real; 1 when nothing was found and nothing is there."""
        found = self.right + self.wrong
        return self.right / found if found else float(not self.labelled)

    @property
    def recall(self) -> float:
        """Share of what is real that was found."""
        return self.right / self.labelled if self.labelled else 1.0


@dataclass
class Outcome:
    """What came of a night. `faults` says everything that is not as it must be."""

    seed: int
    scores: tuple[Score, ...]
    report: TriageReport
    seconds: float
    healed: int = 0
    withdrawn: int = 0
    faults: list[str] = field(default_factory=list)


def sleep_on(dark: Night, home: Path) -> Outcome:
    """Evening sweep, the night's events, morning sweep, a second one, half of the causes cured, a last one."""
    load_world(home, dark.before)
    clock = FixedClock(dark.before.taken_at)
    app = open_application(Settings(home=home), clock=clock, connector=embedded(home))
    try:
        early = app.triage_report(app.triage_once())
        clock.advance(dark.after.taken_at - dark.before.taken_at)
        load_world(home, dark.after)
        began = time.perf_counter()
        for event in dark.events:
            app.take_event(event, settle=False)
        report = app.triage_report(app.triage_once())
        seconds = time.perf_counter() - began
        scores = tuple(_score(dark, report, kind) for kind in KINDS)
        outcome = Outcome(dark.seed, scores, report, seconds)
        outcome.faults += [f"in the evening {item.kind} {item.subject} was called wrong" for item in early.exceptions]
        outcome.faults += [*_below(scores), *_not_grouped(dark, report), *_not_idempotent(app), *_not_proven(app)]
        _cure_half(app, dark, home, report, outcome)
        return outcome
    finally:
        app.close()


def _score(dark: Night, report: TriageReport, kind: str) -> Score:
    real = {subject for name, subject in dark.of(near=False) if name == kind}
    rows = {item.subject: item.group for item in report.exceptions if item.kind == kind}
    done, queued, escalated = (
        {move.case for move in moves} for moves in (report.done, report.queued, report.escalated)
    )
    leads = [rows[subject] for subject in sorted(real & rows.keys())]
    return Score(
        kind=kind,
        labelled=len(real),
        near=sum(label.kind == kind for label in dark.labels if label.near),
        right=len(leads),
        wrong=len(rows.keys() - real),
        done=sum(lead in done for lead in leads),
        queued=sum(lead in queued for lead in leads),
        escalated=sum(lead in escalated for lead in leads),
    )


def _below(scores: tuple[Score, ...]) -> list[str]:
    return [
        f"{score.kind}: precision {score.precision:.2f}, recall {score.recall:.2f}, at least {GOOD} is wanted"
        for score in scores
        if min(score.precision, score.recall) < GOOD
    ]


def _not_grouped(dark: Night, report: TriageReport) -> list[str]:
    """What has one cause must be one group, and no group may have two causes."""
    cells = {(label.kind, label.subject): label.cell for label in dark.labels}
    rows = [(cells.get((item.kind, item.subject), ""), item.group) for item in report.exceptions]
    of_cell = Counter(cell for cell, _ in set(rows))
    of_group = Counter(group for _, group in set(rows))
    return [f"cause {cell} is in {count} groups" for cell, count in sorted(of_cell.items()) if count > 1] + [
        f"group {group} has {count} causes" for group, count in sorted(of_group.items()) if count > 1
    ]


def _not_idempotent(app: Application) -> list[str]:
    """The same facts again must open nothing and write nothing."""
    entries, count = app.head().count, len(app.cases())
    again = app.triage_report(app.triage_once())
    said = [f"a second sweep finds {item.kind} {item.subject} anew" for item in again.new]
    if app.head().count != entries or len(app.cases()) != count:
        said.append(f"a second sweep wrote {app.head().count - entries} ledger entries")
    return said


def _not_proven(app: Application) -> list[str]:
    said = [] if app.verify().ok else ["the ledger is not what was written"]
    planned = [run for run in app.runs() if run.facts is not None]
    step = max(1, len(planned) // REPLAYED)
    said += [f"{run.id} does not replay" for run in planned[::step] if not app.replay(run.id).same]
    return said + [f"{run.id} failed: {run.failure}" for run in app.runs() if run.state.value == "failed"]


def _cure_half(app: Application, dark: Night, home: Path, report: TriageReport, outcome: Outcome) -> None:
    """Every second cause goes away; the sweep must close its cases and leave all others alone. Facts do not show a wave
    that is late only because somebody said so, so its case ends when they say otherwise: those are not cured."""
    cells = {(label.kind, label.subject): label.cell for label in dark.labels}
    leads = {cells.get((item.kind, item.subject), ""): item.group for item in report.exceptions}
    asked = {card.approval: card.case for card in app.approvals()}
    acted = {move.case for move in report.done}
    only_told = {label.cell for label in dark.labels if label.told and label.kind == "wave_at_risk"}
    cured = [cure for cure in dark.cures[::2] if cure.cell in leads and cure.cell not in only_told]
    now = snapshot.take(embedded(home).reads, app.now)
    for cure in cured:
        now = _cured(now, cure)
    load_world(home, now)
    last = app.triage_report(app.triage_once())
    left = {card.case for card in app.approvals()}
    fresh = {leads[cure.cell] for cure in cured}
    outcome.healed, outcome.withdrawn = len(last.healed), sum(gone.withdrawn for gone in last.healed)
    outcome.faults += [f"after the cure {item.kind} {item.subject} is called wrong" for item in last.new]
    outcome.faults += [f"{case} is cured and still asks" for case in sorted((left & fresh) - acted)]
    outcome.faults += [
        f"{case} is not cured and lost its questions" for case in sorted(set(asked.values()) - fresh - left)
    ]


def _cured(facts: Facts, cure: Cure) -> Facts:
    """The world with everything of one cause put in order."""
    sku, buyer, depot = f"ITEM-{cure.cell}", f"C-{cure.cell}", f"D-{cure.cell}"
    orders = {order.id for order in facts.orders if order.customer == buyer}
    mine: dict[str, Callable[[Any], bool]] = {
        "skus": lambda item: item.id == sku,
        "customers": lambda item: item.id == buyer,
        "sites": lambda item: item.id == depot,
        "lanes": lambda item: item.origin == depot,
        "orders": lambda item: item.id in orders,
        "shipments": lambda item: item.order in orders,
        "waves": lambda item: item.site == depot,
        **{
            name: lambda item: item.sku == sku
            for name in ("positions", "warehouse_positions", "inbound", "purchases", "reservations", "demand")
        },
    }
    return facts.replace(
        **{
            name: (*(item for item in getattr(facts, name) if not own(item)), *getattr(cure.facts, name))
            for name, own in mine.items()
        },
        claims=(),
    )


COLUMNS = "kind | labelled | near misses | right | wrong | precision | recall | done | queued | escalated"
NOTES = (
    "right, wrong: exceptions found that are labelled, and that are not. done: something was carried out with nobody "
    "asked; queued: something waits for a person with a plan ready; escalated: somebody was asked to look. A case may "
    "be all three; one that needs nothing is none.",
)


def main(arguments: Sequence[str]) -> int:
    """`python -m evals night`: 0 when every kind is found well enough and nothing else is wrong."""
    parser = argparse.ArgumentParser(prog="python -m evals night", description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--exceptions", type=int, default=100)
    parser.add_argument("--near-misses", type=int, default=50)
    parser.add_argument("--output", "-o", choices=FORMS, default="table")
    asked = parser.parse_args(arguments)
    progress(f"A night on world {asked.seed}: {asked.exceptions} exceptions, {asked.near_misses} near misses ...")
    with tempfile.TemporaryDirectory() as home:
        outcome = sleep_on(night(asked.seed, asked.exceptions, asked.near_misses), Path(home))
    report = outcome.report
    rows = [
        (s.kind, s.labelled, s.near, s.right, s.wrong, f"{s.precision:.2f}", f"{s.recall:.2f}", s.done, s.queued,
         s.escalated)
        for s in outcome.scores
    ]  # fmt: skip
    said = (
        f"Moves: {len(report.done)} done unattended ({report.value_done} {report.currency}), {len(report.queued)} "
        f"queued, {len(report.escalated)} escalated, {len(report.refused)} refused or cancelled; "
        f"{len(report.groups)} groups of more than one exception. The sweep took {outcome.seconds:.1f} s. After half "
        f"of the causes went away {outcome.healed} exceptions healed and {outcome.withdrawn} moves were withdrawn."
    )
    title = f"Night of world {asked.seed}: {len(outcome.faults)} faults"
    show(asked.output, "night", title, COLUMNS, rows, (*NOTES, said, *outcome.faults))
    return 1 if outcome.faults else 0
