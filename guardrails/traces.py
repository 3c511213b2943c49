"""What was done to a chain, read from what is left where it breaks. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from guardrails.chain import Breach, Entry, Row, Tamper, is_whole


def classify(rows: Sequence[Row], index: int, previous: str) -> Breach:
    """What was done at a place (`index`, from 0) where a row is not the one that belongs there; `previous` is the hash
    before it."""
    row, place = rows[index], index + 1
    true_place = _true_place(row, len(rows))
    if true_place is None:
        return Breach(seq=place, what=Tamper.EDITED, detail="the row does not match its own hash")
    follows_twice = index > 0 and row["prev"] == rows[index - 1].get("prev")
    if follows_twice:
        return Breach(seq=place - 1, what=Tamper.INSERTED, detail=f"two rows follow entry {place - 2}")
    if true_place > place:
        if any(later.get("prev") == previous for later in rows[place:]):
            detail = f"entry {true_place} stands here, and the one that belongs here stands later"
            return Breach(seq=place, what=Tamper.SWAPPED, detail=detail)
        detail = f"entry {true_place} comes next: {true_place - place} missing"
        return Breach(seq=place, what=Tamper.REMOVED, detail=detail)
    if true_place < place:
        return Breach(seq=place, what=Tamper.INSERTED, detail=f"a copy of entry {true_place} stands here")
    if row["prev"] == previous:
        return Breach(seq=place, what=Tamper.EDITED, detail="the row was given another number")
    return _rewritten(rows, index)


def _rewritten(rows: Sequence[Row], index: int) -> Breach:
    """Two neighbours are whole and do not link: one of them was edited and hashed anew. The next row tells which."""
    vouched = index + 1 == len(rows) or rows[index + 1].get("prev") == rows[index]["hash"]
    if vouched and index > 0:
        detail = f"the row was written anew: entry {index + 1} has recorded another hash for it"
        return Breach(seq=index, what=Tamper.EDITED, detail=detail)
    detail = "the row was written anew: it does not follow the one before it"
    return Breach(seq=index + 1, what=Tamper.EDITED, detail=detail)


def _true_place(row: Row, count: int) -> int | None:
    """The number under which a row was hashed: its own, or one it had before it was renumbered; None when edited."""
    if not set(Entry.model_fields) <= row.keys():
        return None
    if is_whole(row):
        seq = row["seq"]
        return seq if isinstance(seq, int) else None
    places = range(1, 2 * count + 2)
    return next((place for place in places if is_whole({**row, "seq": place})), None)
