"""Claims of moves that wait or run: no two of them promise the same unit, be it free or held by the same loser."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain.facts import Claim, Facts
from domain.noun import Noun, Text
from domain.plans import Move
from guardrails.supply import Bucket, drawn_free, free_units, held_by, released
from storage import claims, effects, moves
from storage.database import Session
from storage.records import EffectState, MoveRecord, MoveState

ACTIVE = frozenset({MoveState.WAITING, MoveState.APPROVED, MoveState.READY, MoveState.EXECUTING, MoveState.PARKED})
"""States in which a move keeps what it has claimed."""


class Held(Noun):
    """Whether a move has its units: `short` says why not ("" when it has), `displaced` which moves gave way."""

    short: Text = ""
    displaced: tuple[str, ...] = ()


def hold(
    session: Session,
    move: Move,
    case: str,
    facts: Facts,
    *,
    now: datetime,
    expires_at: datetime,
    displaceable: bool = False,
    own_done: frozenset[str] = frozenset(),
) -> Held:
    """Claim what the move draws from free units, until `expires_at`; all of it or nothing.

    What it held before is replaced. Units that losers give up are checked against what other active moves take from the
    same losers. With `displaceable`, waiting moves of other cases that are worth less give way (the caller supersedes
    the moves named in `displaced`).
    """
    with session.begin_nested() as all_or_nothing:
        found = _hold(session, move, case, facts, now, expires_at, displaceable, own_done)
        if found.short:
            all_or_nothing.rollback()
    return found


def _hold(
    session: Session,
    move: Move,
    case: str,
    facts: Facts,
    now: datetime,
    expires_at: datetime,
    displaceable: bool,
    own_done: frozenset[str],
) -> Held:
    claims.release(session, move.id)
    wanted = [
        Claim(move=move.id, case=case, sku=b[0], site=b[1], inbound=b[2], quantity=units, expires_at=expires_at)
        for b, units in sorted(drawn_free(move, facts, own_done).items(), key=lambda item: _key(item[0]))
    ]
    free = free_units(facts)
    displaced: list[str] = []
    while (short := claims.hold(session, wanted, free, now)) is not None:
        bucket = (short.sku, short.site, short.inbound)
        weakest = _weakest(session, bucket, move, case, now) if displaceable and short.free >= short.asked else None
        if weakest is None:
            where = f"{short.sku} at {short.site}" + (f" from {short.inbound}" if short.inbound else "")
            left = max(0, short.free - short.claimed)
            return Held(short=f"{short.asked} of {where} are needed, but {left} are free of other plans' claims")
        claims.release(session, weakest)
        displaced.append(weakest)
    taken = _taken_twice(session, move, facts, frozenset(displaced))
    return Held(short=taken) if taken else Held(displaced=tuple(displaced))


def shrink(session: Session, move: Move, done: frozenset[str]) -> None:
    """Give up the claim on units that have been reserved by now."""
    before = claims.of_move(session, move.id)
    if not before:
        return
    whole, left = drawn_free(move, None), drawn_free(move, None, done)
    claims.release(session, move.id)
    kept = [
        item.model_copy(update={"quantity": max(0, item.quantity - whole[bucket] + left[bucket])})
        for item in before
        if (bucket := claims.bucket_of(item)) in left
    ]
    claims.put(session, kept)


def release(session: Session, move: str) -> int:
    """Give back what a move has claimed; how many claims that were."""
    return claims.release(session, move)


def _weakest(session: Session, bucket: Bucket, move: Move, case: str, now: datetime) -> str | None:
    """The waiting move of another case with a claim on this bucket that is worth least, and less than `move`."""
    rivals = [
        record
        for record in (moves.get(session, claim.move) for claim in claims.active(session, now, except_case=case))
        if record.state is MoveState.WAITING and record.move.value < move.value
    ]
    on_bucket = [
        record
        for record in rivals
        if any(claims.bucket_of(claim) == bucket for claim in claims.of_move(session, record.id))
    ]
    return min(on_bucket, key=lambda record: (record.move.value, record.id)).id if on_bucket else None


def _taken_twice(session: Session, move: Move, facts: Facts, displaced: frozenset[str]) -> str:
    """Why a loser cannot give what this and other active moves take from it; "" when it can."""
    mine = released(move)
    if not mine:
        return ""
    others: dict[tuple[str, Bucket], int] = {}
    for record in moves.listed(session, ACTIVE):
        if record.id == move.id or record.id in displaced:
            continue
        for key, units in _still_to_release(session, record).items():
            others[key] = others.get(key, 0) + units
    held = held_by(facts)
    for (line, bucket), units in sorted(mine.items(), key=lambda item: (item[0][0], _key(item[0][1]))):
        promised = others.get((line, bucket), 0)
        if promised and promised + units > held.get((line, bucket), 0):
            return f"{promised} of the units of {line} are promised to another plan already"
    return ""


def _still_to_release(session: Session, record: MoveRecord) -> Mapping[tuple[str, Bucket], int]:
    if record.state in (MoveState.WAITING, MoveState.APPROVED, MoveState.READY):
        return released(record.move)
    done = {effect.action for effect in effects.listed(session, {EffectState.DONE}, move=record.id)}
    rest = tuple(action for action in record.move.actions if action.id not in done)
    return released(record.move.model_copy(update={"actions": rest}))


def _key(bucket: Bucket) -> tuple[str, str, str]:
    return (bucket[0], bucket[1], bucket[2] or "")
