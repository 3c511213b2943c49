"""Overrides: what kinds a move is of, what it costs against the optimum, and who decides it beside the rules.

Kinds are read from the move itself on the guard's own facts; what a planner says of its move plays no part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from domain.allocation.build import build
from domain.allocation.containing import GivenUp, containing
from domain.allocation.floors import keeping_floors
from domain.allocation.pool import supply_id
from domain.allocation.types import AllocationPlan, Problem
from domain.errors import BadInput, NotAllowed, QuartermasterError
from domain.facts import Facts
from domain.noun import Id, Money, Noun, Text, Units, from_minor
from domain.plans import Move
from domain.requests import Request
from domain.verdicts import Outcome, Reason, Verdict
from guardrails.judge import raise_step
from guardrails.people import User
from guardrails.policy import Policy
from guardrails.policy.overrides import OverrideKind, OverrideRule
from guardrails.policy.reasons import Of
from guardrails.subject import Subject

ZERO = Decimal("0.00")


class Weighed(Noun):
    """A person's override of a move: what it is (`recommendation`, `undo` or both), why, and its cost.

    Money in `currency` (the base currency), units beside it; see `domain.allocation.containing`. Without a cost the
    allocation could not say: `why_none` says why. Not `exact`: the best that was found is not proven to be the best.
    """

    by: Id
    what: tuple[Id, ...]
    reason_code: Text = ""
    currency: Id
    cost: Money | None = None
    optimum: Money | None = None
    chosen: Money | None = None
    floors: Units = 0
    ranked: Units = 0
    exact: bool = True
    why_none: Text = ""

    @property
    def words(self) -> str:
        """What it costs, in a sentence."""
        if self.cost is None:
            return f"What it costs against the best plan is not known: {self.why_none}."
        units = f", and {self.floors + self.ranked} units of contract floors or strict ranks"
        more = units if self.floors or self.ranked else ""
        about = "" if self.exact else "about "
        return f"It gives up {about}{self.cost} {self.currency} against the best plan ({self.optimum}){more}."

    def body(self, kinds: Iterable[str]) -> dict[str, Any]:
        """What the ledger says of it."""
        return {**self.model_dump(exclude={"by"}), "kinds": tuple(kinds)}


def kinds(subject: Subject, weighed: Weighed | None) -> tuple[OverrideKind, ...]:
    """What a move overrides, from the guard's own facts; `weighed` when a person made it what it is."""
    facts = subject.facts
    slip, taken, released = facts["promise_slip"], facts["units_from_confirmed"], facts["units_from_released_waves"]
    assert isinstance(slip, int) and isinstance(taken, int) and isinstance(released, int)
    found: list[tuple[OverrideKind, bool]] = [
        ("recommendation", weighed is not None and "recommendation" in weighed.what),
        ("released", released > 0),
        ("commitment", slip > 0 or taken > 0),
        ("credit", "request_credit_release" in subject.actions),
        ("undo", weighed is not None and "undo" in weighed.what),
    ]
    return tuple(kind for kind, there in found if there)


def joined(verdict: Verdict, subject: Subject, policy: Policy, weighed: Weighed | None) -> Verdict:
    """The verdict with what the override rules ask for beside it. It never asks for less; a denial stays one."""
    if verdict.outcome is Outcome.DENY:
        return verdict
    there = kinds(subject, weighed)
    rules = [rule for rule in policy.overrides if rule.kind in there and (rule.always or weighed is not None)]
    roles, reasons = list(verdict.roles), list(verdict.reasons)
    for rule in sorted(rules, key=lambda rule: len(rule.roles)):  # whoever fits the narrowest answers for the wider
        step, text = _step(rule, weighed)
        raised = raise_step(step, *_sizes(subject), policy)
        if raised is None:
            text = f"The override is beyond the authority of {step} and of everyone above."
            reasons.append(Reason(rule=f"override-{rule.kind}", outcome=Outcome.DENY, text=text))
            return verdict.model_copy(update={"outcome": Outcome.DENY, "roles": (), "reasons": tuple(reasons)})
        reasons.append(
            Reason(
                rule=f"override-{rule.kind}",
                outcome=Outcome.APPROVAL,
                text=text,
                facts=_money(weighed),
                document=policy.name,
                line=policy.line_of(f"overrides/{rule.kind}"),
            )
        )
        if not any(set(role.split("/")) <= set(raised.split("/")) for role in roles):
            roles.append(raised)
    return verdict.model_copy(
        update={
            "outcome": Outcome.APPROVAL if roles else verdict.outcome,
            "roles": tuple(roles),
            "four_eyes": verdict.four_eyes or any(rule.four_eyes for rule in rules),
            "reasons": tuple(reasons),
        }
    )


def _step(rule: OverrideRule, weighed: Weighed | None) -> tuple[str, str]:
    """Who decides, and why."""
    words = {
        "recommendation": "It differs from what was recommended",
        "released": "It takes units of a released wave",
        "commitment": "It moves what a customer was promised",
        "credit": "It asks to lift a credit hold",
        "undo": "It takes back what was carried out",
    }
    if rule.limit is None or rule.above is None or weighed is None:
        return "/".join(rule.roles), f"{words[rule.kind]}."
    beyond = _beyond(rule.limit.number, weighed)
    if beyond:
        return rule.above, f"{words[rule.kind]}, and {beyond}: {rule.above} decides."
    return "/".join(rule.roles), f"{words[rule.kind]}."


def _beyond(limit: Decimal, weighed: Weighed) -> str:
    if weighed.cost is None:
        return f"what it costs is not known ({weighed.why_none})"
    if weighed.floors or weighed.ranked:
        return f"it gives up {weighed.floors + weighed.ranked} units of contract floors or strict ranks"
    return f"it gives up {weighed.cost} of value, more than {limit}" if weighed.cost > limit else ""


def _money(weighed: Weighed | None) -> tuple[tuple[str, str], ...]:
    if weighed is None or weighed.cost is None:
        return ()
    return (("cost against the optimum", f"{weighed.cost} {weighed.currency}"),)


def _sizes(subject: Subject) -> tuple[Decimal, int]:
    value, units = subject.facts["value_at_stake"], subject.facts["units_moved"]
    assert isinstance(value, Decimal) and isinstance(units, int)
    return value, units


def weigh(
    move: Move,
    recommended: Move | None,
    facts: Facts,
    request: Request,
    skus: Iterable[str],
    *,
    by: str,
    what: tuple[str, ...],
    reason_code: str = "",
) -> Weighed:
    """What `move` costs against the best allocation of `skus` on these facts, with the person's quantities fixed.

    Against a `recommended` move only the quantities that differ from it are the person's. Without one (a command, an
    undo) all of them are, as far as the best allocation does not do as much by itself. Pure.
    """
    told: dict[str, Any] = {"by": by, "what": what, "reason_code": reason_code, "currency": facts.base_currency}
    try:
        problem, plan = keeping_floors(build(facts, tuple(sorted(set(skus))), request))
        given_up = _given_up(problem, plan, move, recommended)
    except QuartermasterError as wrong:
        return Weighed(**told, why_none=wrong.message)
    return Weighed(
        **told,
        cost=from_minor(given_up.cost),
        optimum=from_minor(given_up.optimum),
        chosen=from_minor(given_up.chosen),
        floors=given_up.floors,
        ranked=given_up.ranked,
        exact=given_up.exact,
    )


def _given_up(problem: Problem, plan: AllocationPlan, move: Move, recommended: Move | None) -> GivenUp:
    best: dict[tuple[str, str], int] = {}
    for grant in plan.grants:
        best[grant.line, grant.supply] = best.get((grant.line, grant.supply), 0) + grant.quantity
    new = _net(move)
    if recommended is not None:
        old = _net(recommended)
        changed = {key: new.get(key, 0) - old.get(key, 0) for key in sorted({*new, *old})}
        try:
            fixed = {key: max(0, best.get(key, 0) + units) for key, units in changed.items() if units}
            return containing(problem, plan, fixed)
        except BadInput:
            pass  # what was recommended is no part of the best allocation: the whole move is weighed
    held = {(line.id, h.supply): h.quantity for line in problem.demand for h in line.holdings}
    fixed = {
        key: max(0, (max if units > 0 else min)(held.get(key, 0) + units, best.get(key, 0)))
        for key, units in new.items()
    }
    return containing(problem, plan, fixed)


def _net(move: Move) -> dict[tuple[str, str], int]:
    """Units per (line or transfer request, supply) that a move gives (negative: takes)."""
    net: dict[tuple[str, str], int] = {}
    for action in move.actions:
        if action.kind in ("reserve", "release_reservation"):
            key = (action.line, supply_id(action.sku, action.site, action.inbound))
            net[key] = net.get(key, 0) + (action.quantity if action.kind == "reserve" else -action.quantity)
        elif action.kind == "transfer" and action.request is not None:
            key = (action.request, supply_id(action.sku, action.from_site))
            net[key] = net.get(key, 0) + action.quantity
    return net


def recorded(bodies: Iterable[Mapping[str, Any] | None]) -> Weighed | None:
    """The last override of a move, from what the ledger says of it in order; one that was redacted has no cost."""
    found = None
    names = set(Weighed.model_fields)
    for body in bodies:
        told = {"by": "unknown", "what": ("recommendation",), "currency": "unknown"}
        told |= {} if body else {"why_none": "the entry was redacted"}
        found = Weighed.model_validate({**told, **{key: value for key, value in (body or {}).items() if key in names}})
    return found


def check_code(policy: Policy, of: Of, code: str) -> None:
    """BadInput unless the policy has this reason code for this; it names those it has."""
    known = [reason.code for reason in policy.reasons if of in reason.of]
    if code not in known:
        given = f"'{code}' is no reason" if code else "no reason code was given"
        raise BadInput(f"{given} for an {of}", field="reason_code", fix=f"give one of {', '.join(known)}")


def may_undo(person: User, policy: Policy) -> None:
    """NotAllowed unless the policy lets one of the person's roles undo (without a rule: any role that decides)."""
    ruled = [role for rule in policy.overrides if rule.kind == "undo" for role in rule.roles]
    able = ruled or [name for name, role in policy.roles.items() if role.decides]
    if not set(able) & set(person.roles):
        raise NotAllowed(
            f"{person.name} has no role that takes moves back", field="role", fix=f"ask {' or '.join(able)}"
        )
