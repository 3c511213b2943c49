"""What people's overrides weigh: from the plan as it was made, the snapshot it was made on, and the ledger."""

from __future__ import annotations

from domain.errors import BadInput
from domain.facts import Facts
from domain.plans import Move, Plan
from domain.requests import Request
from guardrails.chain import EntryKind
from guardrails.ledger import Ledger
from guardrails.overrides import Weighed, kinds, recorded, weigh
from guardrails.policy import Policy
from guardrails.subject import Subject
from guardrails.touched import touched
from storage import plans, runs
from storage.database import Session
from storage.records import MoveRecord

OTHER = "other"
"""The code under which an override is counted that was explained in words only."""


def of_plan(move: Move, plan: Plan, request: Request, facts: Facts, by: str, policy: Policy) -> Weighed | None:
    """A move that a person commanded or takes back, as planned. None for what the copilot planned by itself, and for a
    command that the best allocation carries out as well."""
    if request.undo is not None:
        code = request.undo.reason_code
        return weigh(move, None, facts, request, _skus(move, plan, facts), by=by, what=("undo",), reason_code=code)
    if request.commission is None:
        return None
    code = counted_as(policy, "", request.commission.text)
    skus = _skus(move, plan, facts)
    made = weigh(move, None, facts, request, skus, by=by, what=("recommendation",), reason_code=code)
    return made if made.cost is None or made.cost or made.floors or made.ranked else None


def of_edit(session: Session, record: MoveRecord, move: Move, facts: Facts, by: str, code: str) -> Weighed:
    """`move` as a person edits `record`, against what was planned."""
    request, made = runs.get(session, record.run).request, plans.of_run(session, record.run)
    plan = plans.load(session, made[-1].case, made[-1].revision) if made else None
    ordered = request.undo is not None or request.commission is not None
    what = ("undo",) if request.undo is not None else ("recommendation",)
    recommended = None if ordered else record.move if plan is None else plan.move(record.id)
    return weigh(move, recommended, facts, request, _skus(move, plan, facts), by=by, what=what, reason_code=code)


def of_record(session: Session, ledger: Ledger, move: str) -> Weighed | None:
    """The last override of a move that the ledger knows; None when nobody has overridden it."""
    return recorded(body for _, body in ledger.entries(session, [EntryKind.OVERRIDE], move=move))


def counted_as(policy: Policy, code: str, text: str) -> str:
    """The code an override is counted under: the one given, or `other` for one explained in words."""
    listed = any(reason.code == OTHER and "edit" in reason.of for reason in policy.reasons)
    return code or (OTHER if text.strip() and listed else "")


def check_counted(subject: Subject, weighed: Weighed, policy: Policy) -> None:
    """BadInput when the policy wants a reason code for what is overridden and there is none."""
    there = kinds(subject, weighed)
    if not weighed.reason_code and any(rule.reason_code and rule.kind in there for rule in policy.overrides):
        known = [reason.code for reason in policy.reasons if {"edit", "override"} & set(reason.of)]
        fix = f"give one of {', '.join(known)}"
        raise BadInput("a reason is needed to go against a plan", field="reason_code", fix=fix)


def _skus(move: Move, plan: Plan | None, facts: Facts) -> tuple[str, ...]:
    """What the plan shared out together with the SKUs of the move; else those alone."""
    mine = set(touched(move, facts).skus)
    shared = [made.skus for made in (plan.allocations if plan else ()) if mine & set(made.skus)]
    return tuple(sorted(mine.union(*shared)))
