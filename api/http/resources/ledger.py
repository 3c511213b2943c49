"""The ledger, entry by entry, and whether it is whole."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from agent.runtime.browse import LedgerEntry
from api.http.identity import App
from api.http.paging import Limit
from domain.errors import BadInput, UnknownReference
from domain.noun import Id
from guardrails.chain import EntryKind, Verification

Seq = Annotated[int, Query(ge=0, le=2**53)]
MOST_NAMED = 200


class LedgerPage(BaseModel):
    """Entries in order. `total` is how many the ledger has; `next` is the `after` of the next page, null at the end."""

    entries: tuple[LedgerEntry, ...]
    total: int
    next: int | None


def list_entries(
    app: App,
    kind: Annotated[list[EntryKind] | None, Query(description="Of these kinds; repeat for more.")] = None,
    case: Id | None = None,
    run: Id | None = None,
    move: Id | None = None,
    entries: Annotated[str, Query(max_length=4000, description="Exactly these: numbers separated by commas.")] = "",
    after: Seq = 0,
    limit: Limit = 100,
) -> LedgerPage:
    """Entries after a number, with what they say; what was redacted says nothing."""
    seqs = _numbers(entries) if entries else None
    found = app.browse.ledger(
        kinds=kind, seqs=seqs, case=case, run=run, move=move, after=after, limit=limit + 1 if seqs is None else limit
    )
    more = seqs is None and len(found) > limit
    shown = found[:limit] if seqs is None else found
    return LedgerPage(entries=shown, total=app.browse.ledger_count(), next=shown[-1].entry.seq if more else None)


def read_entry(app: App, seq: Annotated[int, Path(ge=1, le=2**53)]) -> LedgerEntry:
    """One entry."""
    found = app.browse.ledger(seqs=[seq])
    if not found:
        raise UnknownReference(f"the ledger has no entry {seq}", field="seq", fix="list the entries")
    return found[0]


def verify_ledger(app: App) -> Verification:
    """Check every row against its hash and its place in the chain."""
    return app.verify()


def _numbers(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > MOST_NAMED or not all(part.isascii() and part.isdecimal() and len(part) < 16 for part in parts):
        raise BadInput(
            "these are no entry numbers",
            field="entries",
            fix=f"write at most {MOST_NAMED} numbers, separated by commas",
        )
    return tuple(int(part) for part in parts)


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/api/ledger", tags=["ledger"])
    routes.add_api_route("", list_entries, methods=["GET"])
    routes.add_api_route("/verification", verify_ledger, methods=["GET"])
    routes.add_api_route("/{seq}", read_entry, methods=["GET"])
    return routes
