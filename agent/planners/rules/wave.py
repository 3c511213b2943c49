"""A wave that will miss its cutoff: pick what is worth most first, and let the least valuable picks wait."""

from __future__ import annotations

from agent.planners.rules.notebook import Notebook
from domain.events import WaveAtRisk
from domain.facts import Facts
from domain.scoring import contract_for
from tools.score import LineScore, ScoreReport
from tools.waves import TaskRow, WaveRow, WavesReport

SHIFT_MINUTES = 480
"""Minutes in which a site picks its daily capacity; assumed, and said so wherever it is used."""


def wave_at_risk(book: Notebook, event: WaveAtRisk) -> frozenset[str]:
    """Re-sequences by score; the least valuable picks that do not fit wait; escalates when too few of them may."""
    wave = book.look(WavesReport, "waves", wave=event.wave).waves
    if not wave:
        book.say(f"{event.wave} is done; nothing is late any more.")
        return frozenset()
    row = wave[0]
    book.propose("resequence", wave=row.wave)
    late = _late_units(book.facts, row.site, event.minutes_late)
    held, units = _let_wait(book, row, late)
    if units < late:
        book.propose(
            "escalate",
            role="warehouse_manager",
            reason=(
                f"{row.wave} is {event.minutes_late} minutes late: about {late} units miss the cutoff at "
                f"{row.cutoff_at:%H:%M} UTC and only {units} can wait. {row.open_units} are still to be picked."
            ),
            lines=sorted({task.line for task in row.tasks if task.state == "open"} - set(held)),
        )
    book.say(
        f"{row.wave} at {row.site} is {event.minutes_late} minutes late, about {late} units at the site's pace "
        f"(daily capacity over {SHIFT_MINUTES} minutes, assumed). {len(held)} lines with {units} units can wait."
    )
    return frozenset()


def _late_units(facts: Facts, site: str, minutes: int) -> int:
    """Units not picked by the cutoff: minutes x daily capacity / minutes of a shift, rounded up."""
    return -(-minutes * facts.site(site).pick_capacity // SHIFT_MINUTES)


def _let_wait(book: Notebook, wave: WaveRow, late: int) -> tuple[list[str], int]:
    """Proposes holds, least score per unit first, until `late` units wait. Lines under a strict contract never do."""
    by_line: dict[str, list[TaskRow]] = {}
    for task in wave.tasks:
        if task.state == "open":
            by_line.setdefault(task.line, []).append(task)
    scores = book.look(ScoreReport, "score", lines=sorted(by_line), site=wave.site).lines if by_line else ()
    held: list[str] = []
    units = 0
    for score in sorted(scores, key=lambda item: (item.score, item.line)):
        if units >= late:
            break
        if not _may_wait(book, score):
            continue
        held.append(score.line)
        units += sum(task.quantity for task in by_line[score.line])
        why = f"Of the picks that may wait a unit is worth least here, {score.score}."
        book.propose("hold_wave", wave=wave.wave, line=score.line, misses_cutoff=True, why=why)
    return held, units


def _may_wait(book: Notebook, score: LineScore) -> bool:
    line = book.facts.line(score.line)
    contract = contract_for(book.facts, line)
    return not line.frozen and not (contract is not None and contract.strict)
