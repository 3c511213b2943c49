"""What an effect rests on, in the entry of its outcome: one line of the ledger answers for it."""

from __future__ import annotations

from typing import Any

from guardrails.chain import EntryKind
from guardrails.ledger import Ledger, grounds
from storage import runs
from storage.database import Session
from storage.records import MoveRecord


def because(session: Session, ledger: Ledger, record: MoveRecord) -> dict[str, Any]:
    """Whose case, planned by which planner and model, on which facts, let through under which policy and rules, and who
    approved it (nobody: `attended` is false). Only what the ledger says itself; what was redacted is left out."""
    admitted: dict[str, Any] = {}
    approved: list[dict[str, Any]] = []
    at = 0
    kinds = (EntryKind.ADMISSION, EntryKind.APPROVAL)
    for entry, said in ledger.entries(session, kinds, move=record.id):
        if entry.kind == EntryKind.ADMISSION:
            admitted, at = said or {}, entry.seq
        elif said and said.get("decision") == "approved":
            given = {name: said[name] for name in ("role", "for_whom") if said.get(name)}
            approved.append({"by": entry.actor, "at": entry.at, **given, "entry": entry.seq})
    run = runs.get(session, record.run)
    told = {
        "for": run.actor,
        "title": record.move.title,
        "admission": at,
        "attended": bool(admitted.get("attended")),
        "approved_by": approved,
    }
    reasons = [f"{reason['rule']}: {reason['text']}" for reason in admitted.get("verdict", {}).get("reasons", ())]
    return {
        **told,
        **grounds(
            policy=admitted.get("policy"),
            planner=run.planner,
            model=model_of(run.planner),
            facts=admitted.get("facts"),
            evidence=record.move.evidence,
            reasons=reasons or ["no rule asked for more"],
        ),
    }


def model_of(planner: str) -> str:
    """The model in a planner's id (`llm/2:a-model`); `none` for one that asks no model."""
    return planner.partition(":")[2] or "none"
