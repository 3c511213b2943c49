"""Undoing: only what ended is taken back, by somebody who may, once, and never more units than the move had moved."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from evals.accounting.books import Finding
from evals.auditor.book import Line
from evals.auditor.people import House

SIGNS = {"reserve": 1, "release_reservation": -1}
IN_FORCE = ("executed", "failed")
"""What a move has ended as when something of it may stand."""
Place = tuple[str, str, str]
"""(line, SKU, site): supply on the way counts as stock of its site, for it may have arrived since."""
Units = Counter[Place]


def taken_back(lines: Sequence[Line], house: House) -> Iterator[Finding]:
    """Every case that takes a move back, told by the event it was opened on, against what that move has done."""
    of: dict[str, str] = {}
    ended: dict[str, str] = {}
    back: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        if line.kind == "case" and line.says.get("did") == "opened" and line.says["kind"] == "undo":
            of[line.case] = line.says["events"][0].removeprefix("undo:")
            yield from _opened(line, of[line.case], ended, house)
        elif line.kind == "outcome" and line.says.get("ended"):
            ended[line.move] = line.says["ended"]
            if line.case in of and line.says["ended"] == "executed":
                back[of[line.case]].append(line.move)
                if len(back[of[line.case]]) > 1:
                    yield Finding("undo", line.place, f"{of[line.case]} was taken back before")
    moved, unknown = _moved(lines)
    for move, undos in back.items():
        if not unknown & {move, *undos}:
            yield from _against(move, moved[move], _total(moved[undo] for undo in undos))


def _opened(line: Line, move: str, ended: dict[str, str], house: House) -> Iterator[Finding]:
    if ended.get(move) not in IN_FORCE:
        yield Finding("undo", line.place, f"takes back {move}, which was {ended.get(move, 'not carried out')}")
    if not house.roles.get(line.actor, frozenset()) & house.may_undo:
        yield Finding("undo", line.place, f"{line.actor} takes {move} back without a role that may")


def _moved(lines: Sequence[Line]) -> tuple[dict[str, Units], set[str]]:
    """What every move has done to whom, less what it has undone itself; and the moves of which that was redacted."""
    sent = {line.says["key"]: line for line in lines if line.kind == "intent" and line.says.get("key")}
    moved: dict[str, Units] = defaultdict(Counter)
    unknown = {line.move for line in lines if line.kind in ("intent", "outcome") and line.redacted}
    for line in lines:
        intent = sent.get(line.says.get("key", "")) if line.kind == "outcome" else None
        if intent is None or line.says.get("state") != "done":
            continue
        body = intent.says["body"].get("undo", intent.says["body"])
        sign = SIGNS.get(body.get("kind"), 0) * (-1 if "undo" in intent.says["body"] else 1)
        if sign and body.get("line"):
            moved[line.move][body["line"], body["sku"], body["site"]] += sign * body["quantity"]
    return moved, unknown


def _total(many: Iterable[Units]) -> Units:
    total: Units = Counter()
    for one in many:
        total.update(one)
    return total


def _against(move: str, done: Units, back: Units) -> Iterator[Finding]:
    """Against the direction of the move, at most as far, and nothing lost that nobody gets or free supply had lent."""
    for key in sorted(back):
        if back[key] * done[key] > 0 or abs(back[key]) > abs(done[key]):
            yield Finding("undo", f"{move} {' '.join(key)}", f"it changed this by {done[key]}, its undo by {back[key]}")
    for place in sorted({key[1:] for key in back}):
        lost = -sum(units for key, units in back.items() if key[1:] == place)
        drawn = max(0, sum(units for key, units in done.items() if key[1:] == place))
        if lost > drawn:
            yield Finding("undo", f"{move} {' '.join(place)}", f"its undo gives up {lost} that nobody gets")
