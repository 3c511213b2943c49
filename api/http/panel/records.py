"""The ledger as pages: entries by number, case, run, move or kind, and what each says in a sentence."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from agent.runtime.browse import LedgerEntry
from api.http.identity import App
from api.http.panel.pages import page
from domain.canonical import canonical_json
from domain.errors import BadInput
from domain.noun import Noun, Text
from guardrails.chain import EntryKind

PER_PAGE = 100
MOST_ASKED = 500
_LONGEST = 20_000
_NUMBER = re.compile(r"[0-9]{1,12}\Z")


class Line(Noun):
    """One entry as it is shown: a sentence, and all it says as JSON laid out."""

    item: LedgerEntry
    text: Text
    body: str


def ledger(
    request: Request,
    app: App,
    entries: str = "",
    case: str = "",
    run: str = "",
    move: str = "",
    kind: str = "",
    after: int = -1,
) -> HTMLResponse:
    """Entries of the ledger: those asked for, else a page of them; the last page first when nothing is named."""
    count = app.browse.ledger_count()
    named = bool(case or run or move or kind)
    kinds = (_kind(kind),) if kind else None
    seqs = numbers(entries) if entries else None
    begin = max(0, after) if named or after >= 0 else max(0, count - PER_PAGE)
    found = app.browse.ledger(
        seqs=seqs, kinds=kinds, case=case or None, run=run or None, move=move or None, after=begin, limit=PER_PAGE
    )
    return page(
        request,
        "ledger.html",
        "ledger",
        lines=tuple(Line(item=item, text=in_words(item), body=_laid_out(item.says)) for item in found),
        count=count,
        head=app.head(),
        asked=seqs,
        where={name: value for name, value in (("case", case), ("run", run), ("move", move), ("kind", kind)) if value},
        kinds=tuple(item.value for item in EntryKind),
        before=max(0, begin - PER_PAGE) if begin and seqs is None else None,
        later=found[-1].entry.seq if seqs is None and len(found) == PER_PAGE and found[-1].entry.seq < count else None,
    )


def numbers(text: str) -> tuple[int, ...]:
    """Entry numbers of `1,2,8-12`. BadInput for anything else, and for more than 500."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        last = last or first
        if not _NUMBER.match(first) or not _NUMBER.match(last):
            raise BadInput(f"'{part[:40]}' is no entry number", field="entries", fix="write numbers such as 3,8-12")
        found += range(int(first), min(int(last), int(first) + MOST_ASKED) + 1)
        if len(found) > MOST_ASKED:
            raise BadInput(f"more than {MOST_ASKED} entries", field="entries", fix="ask for fewer at a time")
    return tuple(found)


def _kind(text: str) -> EntryKind:
    try:
        return EntryKind(text)
    except ValueError:
        known = ", ".join(item.value for item in EntryKind)
        raise BadInput(f"there is no kind '{text[:40]}'", field="kind", fix=f"one of {known}") from None


def in_words(item: LedgerEntry) -> str:
    """What an entry says, as a sentence made of its own fields."""
    says = item.says
    if says is None:
        return "What this said was taken away; its hash stays."
    return _sentence(item.entry.kind, says)[:1000]


def _sentence(kind: str, says: dict[str, Any]) -> str:
    why = f": {says['why']}" if says.get("why") else ""
    match kind:
        case "case":
            return f"{says.get('did', '')} {says.get('title', '')}"
        case "plan":
            return f"revision {says.get('revision')}: {says.get('summary', '')}"
        case "decision":
            return f"policy says {says.get('outcome')}, the move is {says.get('state')}{why}"
        case "approval":
            return f"{says.get('decision')} {says.get('approval', '')} as {says.get('role', '')}{why}"
        case "override":
            changes = ", ".join(f"{key} to {value}" for key, value in dict(says.get("changes") or {}).items())
            return f"changed {changes or says.get('what', '')}{why}"
        case "admission":
            return f"let through to execution, {'attended' if says.get('attended') else 'unattended'}"
        case "intent":
            return f"{says.get('operation')} is sent under {says.get('key')}"
        case "policy":
            role = f" as {says['role']}" if says.get("role") else ""
            change = f" ({says['change']})" if says.get("change") else ""
            return f"policy {says.get('policy', '')} {says.get('did', '')}{role}{change}{why}"
        case "outcome":
            return f"{says.get('operation')} is {says.get('state')}, receipt {says.get('receipt') or 'none'}{why}"
        case _:
            reasons = says.get("reasons")
            if isinstance(reasons, list) and reasons and all(isinstance(one, str) for one in reasons):
                return "; ".join(reasons)
            return ", ".join(f"{key} {value}" for key, value in says.items() if isinstance(value, str | int) and value)


def _laid_out(says: dict[str, Any] | None) -> str:
    text = "" if says is None else canonical_json(says)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} … {len(text) - _LONGEST} more"


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    routes.add_api_route("/ledger", ledger, methods=["GET"])
    return routes
