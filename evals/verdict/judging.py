"""The verdict on one telling of a scenario: end state, what was said, its numbers, who was asked. All must be right.

The method is tau-bench's: the hash of the end state must be the hash after the gold deeds on a fresh world, whatever
path led there, times the required facts said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from evals.verdict.ends import End, difference
from evals.verdict.numbers import Records
from evals.verdict.reading import Scenario, Step


@dataclass(frozen=True)
class Told:
    """What was seen while a scenario was told.

    `said` is all text per step; `asked` the roles of every question, in order; `refused` (role, person) who may not
    decide; `executed` how many moves were carried out, `unattended` the kinds of those that nobody was asked about;
    `faults` what went otherwise than a step says; `end` and `head` the end state and the hash of the ledger.
    """

    said: tuple[str, ...]
    records: Records
    asked: tuple[str, ...]
    refused: frozenset[tuple[str, str]]
    executed: int
    unattended: frozenset[str]
    faults: tuple[str, ...]
    end: End
    head: str


@dataclass(frozen=True)
class Trial:
    """One trial judged: four answers of which all must be yes, and every fault in a sentence.

    `end` and `head` are the hashes of the end state and of the ledger.
    """

    state: bool
    said: bool
    numbers: bool
    outcome: bool
    faults: tuple[str, ...]
    end: str
    head: str

    @property
    def passed(self) -> bool:
        """The product of the four."""
        return self.state and self.said and self.numbers and self.outcome


def judge(scenario: Scenario, told: Told, right: tuple[End, ...]) -> Trial:
    """The verdict; `right` are the ends that gold leads to."""
    state = _state(told, right)
    said = _said(scenario, told)
    wrong = told.records.unfounded("\n".join(told.said))
    numbers = [f"numbers: no record holds {found}" for found in dict.fromkeys(wrong)]
    outcome = [*told.faults, *_outcome(scenario, told)]
    return Trial(
        state=not state,
        said=not said,
        numbers=not numbers,
        outcome=not outcome,
        faults=(*state, *said, *numbers, *outcome),
        end=told.end.digest,
        head=told.head,
    )


def broken(why: str) -> Trial:
    """The trial of a telling that did not come to an end."""
    return Trial(False, False, False, False, (f"outcome: the program stopped: {why}",), "", "")


def _state(told: Told, right: tuple[End, ...]) -> list[str]:
    if any(end.digest == told.end.digest for end in right):
        return []
    closest = min((difference(told.end, end) for end in right), key=len)
    return [f"state: {line}" for line in closest] or ["state: another end"]


def _said(scenario: Scenario, told: Told) -> list[str]:
    everything = "\n".join(told.said)
    missing = [f"said: nothing fits '{p}'" for p in scenario.expected.say if not _fits(p, everything)]
    for step, text in zip(scenario.script.steps, told.said, strict=True):
        missing += [f"said: nothing fits '{p}' in answer to {_name(step)}" for p in step.say if not _fits(p, text)]
    return missing + [f"said: '{p}' was said" for p in scenario.expected.never if _fits(p, everything)]


def _fits(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


def _name(step: Step) -> str:
    return f"'{step.ask}'" if step.event is None else f"event {step.event.id}"


def _outcome(scenario: Scenario, told: Told) -> list[str]:
    expected = scenario.expected
    events = any(step.event is not None for step in scenario.script.steps)
    got = "ask" if told.asked else "act" if told.executed else "refuse" if events else "answer"
    faults = [] if got == expected.outcome else [f"outcome: {got}, and {expected.outcome} is right"]
    if set(told.asked) != set(expected.asked):
        faults.append(f"outcome: asked {sorted(set(told.asked))}, and {sorted(expected.asked)} must be asked")
    for kind in sorted(told.unattended - set(expected.unattended)):
        faults.append(f"outcome: a move of kind {kind} ran unattended")
    for role, people in sorted(expected.never_decides.items()):
        faults += [f"outcome: {one} was let decide as {role}" for one in people if (role, one) not in told.refused]
    return faults
