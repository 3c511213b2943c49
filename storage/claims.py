"""Claims: units that waiting plans hold, so that two of them never promise the same unit. They end by themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, RowMapping, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.facts import Claim
from storage.base import Base, table_of
from storage.records import ClaimShort
from storage.statements import add, affected, many, wait_turn

Bucket = tuple[str, str, str | None]
"""(sku, site, inbound): the supply a claim is on; stock of the site when inbound is None."""


class ClaimRow(Base):
    """Units of one bucket held for one move; `inbound` is "" for stock."""

    __tablename__ = "claims"

    move: Mapped[str] = mapped_column(ForeignKey("moves.id"), primary_key=True)
    sku: Mapped[str] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(primary_key=True)
    inbound: Mapped[str] = mapped_column(primary_key=True)
    case: Mapped[str]
    quantity: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(index=True)


def bucket_of(claim: Claim) -> Bucket:
    """The supply this claim is on."""
    return (claim.sku, claim.site, claim.inbound)


def hold(session: Session, claims: Sequence[Claim], free: Mapping[Bucket, int], now: datetime) -> ClaimShort | None:
    """Hold all these units, or none of them.

    `free` is how many units each bucket has before any claim; a bucket it does not name has none. Claims of one
    bucket are summed. Gives None when all are held, else the first bucket (in order) that is too small. Racing callers
    are let through one at a time.
    """
    wait_turn(session, "claims")
    asked: dict[Bucket, int] = {}
    for claim in claims:
        asked[bucket_of(claim)] = asked.get(bucket_of(claim), 0) + claim.quantity
    for bucket in sorted(asked, key=_bucket_key):
        sku, site, inbound = bucket
        claimed, room = total(session, now, sku, site, inbound), max(free.get(bucket, 0), 0)
        if claimed + asked[bucket] > room:
            return ClaimShort(sku=sku, site=site, inbound=inbound, free=room, claimed=claimed, asked=asked[bucket])
    put(session, claims)
    return None


def put(session: Session, claims: Sequence[Claim]) -> None:
    """Record claims as they are, summed by move and bucket (the latest expiry counts); `hold` is what checks."""
    rows: dict[tuple[str, Bucket], Claim] = {}
    for claim in claims:
        key = (claim.move, bucket_of(claim))
        if before := rows.get(key):
            claim = claim.model_copy(
                update={
                    "quantity": before.quantity + claim.quantity,
                    "expires_at": max(before.expires_at, claim.expires_at),
                }
            )
        rows[key] = claim
    for claim in rows.values():
        values = {name: getattr(claim, name) for name in Claim.model_fields}
        add(session, ClaimRow, {**values, "inbound": claim.inbound or ""})


def release(session: Session, move: str) -> int:
    """Give back what a move holds; how many claims that were."""
    return affected(session, delete(table_of(ClaimRow)).where(ClaimRow.move == move))


def active(
    session: Session, now: datetime, *, skus: Collection[str] | None = None, except_case: str | None = None
) -> tuple[Claim, ...]:
    """Claims that hold units at `now`, of these SKUs, leaving out those of one case; by SKU, site, inbound and move."""
    where = [ClaimRow.expires_at > now]
    if skus is not None:
        where.append(ClaimRow.sku.in_(sorted(skus)))
    if except_case is not None:
        where.append(ClaimRow.case != except_case)
    order = (ClaimRow.sku, ClaimRow.site, ClaimRow.inbound, ClaimRow.move)
    return tuple(_claim(row) for row in many(session, ClaimRow, *where, order=order))


def of_move(session: Session, move: str) -> tuple[Claim, ...]:
    """What a move holds, expired or not."""
    order = (ClaimRow.sku, ClaimRow.site, ClaimRow.inbound)
    return tuple(_claim(row) for row in many(session, ClaimRow, ClaimRow.move == move, order=order))


def expired(session: Session, now: datetime) -> tuple[Claim, ...]:
    """Claims that hold nothing any more and can be released."""
    order = (ClaimRow.expires_at, ClaimRow.move, ClaimRow.sku, ClaimRow.site, ClaimRow.inbound)
    return tuple(_claim(row) for row in many(session, ClaimRow, ClaimRow.expires_at <= now, order=order))


def total(
    session: Session,
    now: datetime,
    sku: str,
    site: str,
    inbound: str | None = None,
    *,
    except_move: str | None = None,
) -> int:
    """Units of one bucket that are claimed at `now`, leaving out what one move holds."""
    statement = select(func.coalesce(func.sum(ClaimRow.quantity), 0)).where(
        ClaimRow.sku == sku, ClaimRow.site == site, ClaimRow.inbound == (inbound or ""), ClaimRow.expires_at > now
    )
    if except_move is not None:
        statement = statement.where(ClaimRow.move != except_move)
    return int(session.execute(statement).scalar_one())


def _bucket_key(bucket: Bucket) -> tuple[str, str, str]:
    return (bucket[0], bucket[1], bucket[2] or "")


def _claim(row: RowMapping) -> Claim:
    values = {name: row[name] for name in Claim.model_fields}
    return Claim(**{**values, "inbound": row["inbound"] or None})
