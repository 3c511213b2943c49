"""One entry of the ledger and the entries it follows from, as answers to the nine questions that an auditor asks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from domain.errors import UnknownReference
from domain.noun import Id, Noun, Text
from guardrails.chain import Entry, EntryKind
from guardrails.gate.because import model_of
from guardrails.ledger import Ledger
from storage.database import Session

Said = Mapping[str, Any]
NOBODY = "nobody: policy let it go unattended"
RESULTS = ("state", "decision", "outcome", "ended", "refused", "did", "what")
QUESTIONS = (
    ("who", "Who"),
    ("what", "What"),
    ("when", "When"),
    ("facts", "On which facts"),
    ("policy", "Under which policy version"),
    ("planner", "By which planner and model"),
    ("why", "Why"),
    ("approved_by", "Approved by whom"),
    ("result", "With what result"),
)
"""Field of an Explanation -> the question it answers."""


class Explanation(Noun):
    """The answers to QUESTIONS for one entry; "" where a question does not apply to its kind. `follows_from`: the
    entries that say so. `redacted`: its own content is gone; what others say of it is still told."""

    seq: int
    kind: Id
    who: Text
    what: Text
    when: Text
    facts: Text = ""
    policy: Text = ""
    planner: Text = ""
    why: Text = ""
    approved_by: Text = ""
    result: Text = ""
    follows_from: tuple[int, ...] = ()
    redacted: bool = False


def explain(session: Session, ledger: Ledger, seq: int) -> Explanation:
    """The nine answers for entry `seq`; UnknownReference when there is none.

    An outcome of version 2 answers by itself; for any other entry, the ones before it about the same move, run and case
    are read too.
    """
    found = next(ledger.entries(session, after=seq - 1, limit=1), None) if seq > 0 else None
    if found is None or found[0].seq != seq:
        raise UnknownReference(f"the ledger has no entry {seq}", field="seq", fix="look it up in the export")
    entry, says = found
    trail = _trail(session, ledger, entry)
    told = _told(says or {}, trail)
    return Explanation(
        seq=seq,
        kind=entry.kind,
        who=_who(entry, told)[:4000],
        what=_what(entry, told, trail)[:4000],
        when=entry.at,
        facts=str(told.get("facts", "")),
        policy=str(told.get("policy", "")),
        planner=_planner(told),
        why=_why(told)[:4000],
        approved_by=_approved(entry, told)[:4000],
        result=_result(entry, says or {})[:4000],
        follows_from=tuple(one.seq for one, _ in trail),
        redacted=says is None,
    )


def _trail(session: Session, ledger: Ledger, entry: Entry) -> list[tuple[Entry, Said]]:
    """What came before it: the opening of its case, the plan of its run, everything about its move."""
    kinds = (EntryKind.DECISION, EntryKind.OVERRIDE, EntryKind.APPROVAL, EntryKind.ADMISSION, EntryKind.INTENT)
    found: list[tuple[Entry, dict[str, Any] | None]] = []
    if entry.case is not None:
        found += list(ledger.entries(session, (EntryKind.CASE,), case=entry.case, limit=1))
    if entry.run is not None:
        found += ledger.entries(session, (EntryKind.PLAN,), run=entry.run)
    if entry.move is not None:
        found += ledger.entries(session, kinds, move=entry.move)
    same = [(one, said or {}) for one, said in found if one.seq < entry.seq and _belongs(one, entry)]
    return sorted(same, key=lambda pair: pair[0].seq)


def _belongs(one: Entry, entry: Entry) -> bool:
    """Intents only of the same action."""
    return one.kind != EntryKind.INTENT or entry.action in (None, one.action)


def _told(says: Said, trail: list[tuple[Entry, Said]]) -> dict[str, Any]:
    """Everything that is said of it, what is nearer over what is further."""
    told: dict[str, Any] = {"for": "", "approved_by": [], "attended": False}
    for one, said in trail:
        if one.kind == EntryKind.CASE:
            told |= {"for": one.actor}
        elif one.kind == EntryKind.APPROVAL and said.get("decision") == "approved":
            told["approved_by"].append({"by": one.actor, "at": one.at, "role": said.get("role", "")})
        elif one.kind == EntryKind.PLAN:
            told |= {name: said[name] for name in ("planner", "policy", "facts") if name in said}
        else:
            told |= {name: said[name] for name in ("policy", "facts", "reasons", "attended", "verdict") if name in said}
    return {**told, **says, "approved_by": says.get("approved_by") or told["approved_by"]}


def _who(entry: Entry, told: Said) -> str:
    asked = str(told.get("for") or "")
    return entry.actor if asked in ("", entry.actor) else f"{entry.actor}, for {asked}"


def _what(entry: Entry, told: Said, trail: list[tuple[Entry, Said]]) -> str:
    about = " ".join(part for part in (entry.move, entry.action) if part) or entry.run or entry.case or ""
    intents = [said.get("body") for one, said in trail if one.kind == EntryKind.INTENT]
    body = told.get("body") or (intents[-1] if intents and entry.kind == EntryKind.OUTCOME else None)
    named = str(told.get("operation") or told.get("title") or told.get("summary") or entry.kind)
    if told.get("operation") and told.get("title"):
        named = f"{named}, in: {told['title']}"
    parts = _fields(body) if isinstance(body, Mapping) else ""
    return " ".join(part for part in (named, f"({about})" if about else "", parts) if part)


def _fields(body: Said) -> str:
    told = {name: value for name, value in body.items() if name not in ("id", "kind", "needs")}
    return ", ".join(
        f"{name} {value if isinstance(value, str | int) else _json(value)}"
        for name, value in told.items()
        if value not in (None, "")
    )


def _planner(told: Said) -> str:
    planner = str(told.get("planner", ""))
    return f"{planner}, model {told.get('model') or model_of(planner)}" if planner else ""


def _why(told: Said) -> str:
    verdict = told.get("verdict")
    reasons = told.get("reasons") or (verdict.get("reasons") if isinstance(verdict, Mapping) else None) or ()
    words = [f"{one['rule']}: {one['text']}" if isinstance(one, Mapping) else str(one) for one in reasons]
    own = [str(told["why"])] if told.get("why") else []
    return " | ".join([*own, *words])


def _approved(entry: Entry, told: Said) -> str:
    given = [
        f"{one['by']} ({one['role']}{', for ' + one['for_whom'] if one.get('for_whom') else ''}) at {one['at']}"
        for one in told["approved_by"]
    ]
    if given or entry.kind not in (EntryKind.INTENT, EntryKind.OUTCOME, EntryKind.ADMISSION):
        return "; ".join(given)
    return NOBODY


def _result(entry: Entry, says: Said) -> str:
    named = next((str(says[name]) for name in RESULTS if isinstance(says.get(name), str)), "")
    receipt = f"receipt {says['receipt']}" if entry.kind == EntryKind.OUTCOME and says.get("receipt") else ""
    return ", ".join(part for part in (named, receipt) if part)


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
