"""Redaction: what an entry says is taken away for good, by two people, and that it was is itself two entries.

What is covered: the content of the entry (`entry`); with `run` also what a model and the tools told its run, word for
word, and the snapshot the run planned on, unless another run rests on it. What stays is named in `left`: it has other
uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from domain.canonical import digest
from domain.errors import BadInput, Conflict, NotAllowed, StaleDecision, UnknownReference
from domain.noun import Id, Noun, Text
from guardrails.chain import LASTING, Entry, EntryKind
from guardrails.keepers import FIX, must_hold
from guardrails.ledger import Ledger
from guardrails.people import People, User
from guardrails.policy import Policy
from storage import moves, plans, run_events, runs, snapshots
from storage.database import Session
from storage.records import MoveState, RunState

Covers = Literal["entry", "run"]
OVER = frozenset(
    {
        MoveState.EXECUTED, MoveState.DENIED, MoveState.REJECTED, MoveState.EXPIRED, MoveState.CANCELLED,
        MoveState.SUPERSEDED, MoveState.FAILED, MoveState.COMPENSATED,
    }
)  # fmt: skip


class Redaction(Noun):
    """A redaction that was asked for, or is done (`done_by`). `digest` is what the second person confirms; `left` says
    where words of the same run still stand."""

    seq: int
    kind: Id
    covers: Covers
    content_hash: str
    reason_code: str
    why: Text
    digest: str
    asked_by: Id
    asked_at: str
    done_by: Id | None = None
    done_at: str = ""
    left: tuple[Text, ...] = ()

    def in_words(self) -> str:
        """What a reader is told in the place of the content."""
        return f"redacted by {self.done_by}, asked by {self.asked_by}, on {self.done_at[:16]}: {self.why}"


def ask(
    session: Session,
    ledger: Ledger,
    policy: Policy,
    user: User,
    seq: int,
    *,
    covers: Covers,
    reason_code: str,
    why: str,
    at: datetime,
) -> Redaction:
    """Ask that entry `seq` be redacted; the answer names the digest that a second person confirms.

    Raises NotAllowed without a role for it, BadInput without reason, Conflict for an entry that cannot go (the proof
    rests on it, its move is under way) or is gone.
    """
    _may(user, policy)
    _check_reason(policy, reason_code, why)
    ledger.hold(session)
    entry, says = _entry(session, ledger, seq)
    if entry.kind in LASTING:
        raise Conflict(f"entry {seq} is a {entry.kind}: the proof rests on it", field="seq", fix="it stays as it is")
    if says is None:
        raise Conflict(f"what entry {seq} says is gone already", field="seq", fix="nothing is left to do")
    _must_be_over(session, entry, covers)
    body = {
        "seq": seq,
        "kind": entry.kind,
        "content_hash": entry.content_hash,
        "covers": covers,
        "reason_code": reason_code,
        "why": why,
    }
    asked = ledger.append(session, EntryKind.REDACTION_ASKED, user.id, at, body, **_about(entry))
    return _asked(session, ledger, asked, body)


def confirm(
    session: Session,
    ledger: Ledger,
    policy: Policy,
    people: People,
    user: User,
    seq: int,
    shown: str,
    *,
    at: datetime,
) -> Redaction:
    """Do what was asked, when `shown` is its digest.

    Raises NotAllowed for whoever asked (four eyes) or has no role for it, UnknownReference when nobody asked,
    StaleDecision for another digest, Conflict when whoever asked was deactivated since.
    """
    _may(user, policy)
    ledger.hold(session)
    entry, _ = _entry(session, ledger, seq)
    waiting = [one for one in listed(session, ledger) if one.seq == seq and one.done_by is None]
    if not waiting:
        raise UnknownReference(f"nobody asked to redact entry {seq}", field="seq", fix="ask for it, with a reason")
    asked = waiting[-1]
    if asked.asked_by == user.id:
        raise NotAllowed(f"{user.name} asked for it; another person decides", field="four_eyes", fix=FIX)
    if shown != asked.digest:
        raise StaleDecision(
            "this is not what is asked for now", field="digest", fix=f"look at it again: {asked.digest}"
        )
    if _word_is_void(asked, people):
        raise Conflict(
            f"{asked.asked_by}, who asked for it, was deactivated since", field="seq", fix="ask for it anew yourself"
        )
    _must_be_over(session, entry, asked.covers)
    taken = _take_run(session, entry) if asked.covers == "run" else []
    body = asked.model_dump(include={"covers", "reason_code", "asked_by", "asked_at", "digest"})
    done = ledger.redact(session, seq, user.id, at, asked.why, more={**body, "kind": entry.kind, "taken": taken})
    left = tuple(_left(session, ledger, entry, seq, asked.covers))
    return asked.model_copy(update={"done_by": user.id, "done_at": done.at, "left": left})


def listed(session: Session, ledger: Ledger, run: str | None = None) -> tuple[Redaction, ...]:
    """Every redaction that was asked for or done, in the order asked."""
    found: dict[str, Redaction] = {}
    done: list[Redaction] = []
    for entry, said in ledger.entries(session, (EntryKind.REDACTION_ASKED, EntryKind.REDACTION), run=run):
        body: dict[str, Any] = said or {}
        if entry.kind == EntryKind.REDACTION_ASKED:
            one = _asked(session, ledger, entry, body)
            found[one.digest] = one
        elif (known := found.pop(str(body.get("digest")), None)) is not None:
            done.append(known.model_copy(update={"done_by": entry.actor, "done_at": entry.at, "left": ()}))
        else:  # version 1, by one person
            done.append(_old(entry, body))
    return (*done, *found.values())


def of_plan(session: Session, ledger: Ledger, run: str) -> Redaction | None:
    """The redaction after which a run cannot be planned again: of its plan, or of all its words; None when none was."""
    done = [one for one in listed(session, ledger, run) if one.done_by is not None]
    return next((one for one in done if one.covers == "run" or one.kind in (EntryKind.PLAN, "unknown")), None)


def _asked(session: Session, ledger: Ledger, entry: Entry, body: dict[str, Any]) -> Redaction:
    shown = digest("redaction/1", {**body, "asked": entry.hash})
    left = tuple(_left(session, ledger, entry, body["seq"], body["covers"]))
    return Redaction(**body, digest=shown, asked_by=entry.actor, asked_at=entry.at, left=left)


def _old(entry: Entry, body: dict[str, Any]) -> Redaction:
    said: dict[str, Any] = {name: body.get(name, "") for name in ("seq", "content_hash", "why")}
    who: dict[str, Any] = {"asked_by": entry.actor, "asked_at": entry.at, "done_by": entry.actor, "done_at": entry.at}
    return Redaction(**said, **who, kind="unknown", covers="entry", reason_code="", digest="")


def _may(user: User, policy: Policy) -> None:
    must_hold(user, policy.records.redact, "the ledger is redacted")


def _word_is_void(asked: Redaction, people: People) -> bool:
    """Whether the first of the two is gone: what somebody began ends with them."""
    first, void = people.known().get(asked.asked_by), people.void_until(asked.asked_by)
    over = void is not None and datetime.fromisoformat(asked.asked_at) <= void
    return over or first is None or not first.active


def _check_reason(policy: Policy, code: str, why: str) -> None:
    codes = [one.code for one in policy.reasons if "redact" in one.of]
    if codes and code not in codes:
        raise BadInput(f"'{code[:80]}' is no reason for it", field="reason_code", fix=f"use one of {', '.join(codes)}")
    if not why.strip():
        raise BadInput("a redaction says why", field="why", fix="write it without what is to be taken away: it stays")


def _entry(session: Session, ledger: Ledger, seq: int) -> tuple[Entry, dict[str, Any] | None]:
    found = next(ledger.entries(session, after=seq - 1, limit=1), None) if seq > 0 else None
    if found is None or found[0].seq != seq:
        raise UnknownReference(f"the ledger has no entry {seq}", field="seq", fix="look it up in the export")
    return found


def _must_be_over(session: Session, entry: Entry, covers: Covers) -> None:
    """What is under way still goes by what its entries say."""
    open_moves = moves.listed(session, set(MoveState) - OVER, run=entry.run) if entry.run else ()
    if any(covers == "run" or record.id == entry.move for record in open_moves):
        raise Conflict(f"{open_moves[0].id} is under way", field="seq", fix="wait until it has ended, or reject it")
    if covers == "run":
        if entry.run is None:
            raise BadInput("this entry belongs to no run", field="covers", fix="redact the entry alone")
        if runs.get(session, entry.run).state not in (RunState.DONE, RunState.FAILED):
            raise Conflict(f"{entry.run} is under way", field="seq", fix="wait until it has ended")


def _take_run(session: Session, entry: Entry) -> list[str]:
    """Take away what the run was told, word for word; what was taken, in words."""
    run = runs.get(session, str(entry.run))
    events = run_events.redact(session, run.id, ("tool",), entry.seq)
    taken = [f"{events} recorded calls of tools and models of {run.id}"]
    if run.facts and not runs.sharing(session, run.facts, run.id) and snapshots.redact(session, run.facts):
        taken.append(f"snapshot {run.facts}")
    return taken


def _about(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in ("case", "run", "move", "action")}


def _left(session: Session, ledger: Ledger, about: Entry, seq: int, covers: Covers) -> Iterator[str]:
    """Where words of the same move or run still stand; `about` is the entry, or one with its references."""
    if about.run is None:
        return
    told = ledger.entries(session, run=about.run, move=about.move)
    others = [one.seq for one, says in told if says and one.kind not in LASTING]
    if numbers := ", ".join(str(one) for one in others if one != seq):
        yield f"other entries about the same {'move' if about.move else 'run'}: {numbers}"[:400]
    run = runs.get(session, about.run)
    if covers == "entry":
        yield f"recorded calls of tools and models of {run.id}, and its snapshot {run.facts or ''}".rstrip()
    elif run.facts and runs.sharing(session, run.facts, run.id):
        yield f"snapshot {run.facts}: other runs rest on it"
    yield f"the request of {run.id}, as it was put"
    for one in plans.of_run(session, run.id):
        yield f"the plan of {one.case}, revision {one.revision}, and its moves"
