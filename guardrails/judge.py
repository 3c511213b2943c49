"""The judgement: one move, one policy, one verdict. Pure. Deny beats approval beats allow, and silence denies."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from domain.verdicts import Outcome, Reason, Verdict
from guardrails.autonomy import in_pilot, level
from guardrails.policy import Policy, Rule
from guardrails.policy.conditions import Comparison, Condition
from guardrails.policy.rules import ANY
from guardrails.subject import Subject
from guardrails.vocabulary import FACTS, Kind


def judge(subject: Subject, policy: Policy) -> Verdict:
    """What `policy` says of `subject`: every rule that fits speaks, in written order.

    Reasons named `shape`, `facts`, `scope`, `currency`, `pilot`, `autonomy`, `default` and `authority` are the house's
    own; the others are rules of the policy. An action kind that no speaking allow or approval rule names is denied.
    """
    speaking = tuple(rule for rule in policy.rules if speaks(rule, subject))
    reasons = [*_before(subject, policy), *(_reason(rule, subject) for rule in speaking), *_silence(subject, speaking)]
    steps = [step for rule in speaking for step in rule.steps]
    confirm = _autonomy(subject, policy)
    if confirm is not None:
        reasons.append(confirm)
        if confirm.outcome is Outcome.APPROVAL and not steps:
            steps.append(policy.autonomy.confirm_role)
    if any(reason.outcome is Outcome.DENY for reason in reasons):
        return Verdict(outcome=Outcome.DENY, policy=policy.id, reasons=tuple(reasons))
    roles, raised = _authority(steps, subject, policy)
    reasons += raised
    if any(reason.outcome is Outcome.DENY for reason in raised):
        return Verdict(outcome=Outcome.DENY, policy=policy.id, reasons=tuple(reasons))
    return Verdict(
        outcome=Outcome.APPROVAL if roles else Outcome.ALLOW,
        policy=policy.id,
        roles=roles,
        four_eyes=any(rule.four_eyes for rule in speaking),
        reasons=tuple(reasons),
    )


def speaks(rule: Rule, subject: Subject) -> bool:
    """Whether a rule has something to say of a subject."""
    concerned = ANY in rule.actions or any(kind in rule.actions for kind in subject.actions)
    return (
        concerned
        and (not rule.moves or subject.kind in rule.moves)
        and (rule.when is None or holds(rule.when, subject))
    )


def holds(condition: Condition, subject: Subject) -> bool:
    """Whether a condition holds of a subject's facts."""
    results = (
        compare(part, subject) if isinstance(part, Comparison) else holds(part, subject) for part in condition.parts
    )
    return all(results) if condition.all is not None else any(results)


def compare(comparison: Comparison, subject: Subject) -> bool:
    """One comparison; numbers by size, choices by name, sets by what they include."""
    value = subject.facts[comparison.fact]
    if comparison.amount is not None:
        assert isinstance(value, Decimal | int)
        return _ordered(comparison.operator, Decimal(value), comparison.amount.number)
    if FACTS[comparison.fact].kind is Kind.SET:
        assert isinstance(value, tuple)
        common = set(value) & set(comparison.names)
        if comparison.operator == "only":
            return len(common) == len(value)
        return bool(common) == (comparison.operator == "includes_any")
    if comparison.operator in ("in", "not_in"):
        return (value in comparison.names) == (comparison.operator == "in")
    return (value == comparison.value) == (comparison.operator == "==")


def _ordered(operator: str, left: Decimal, right: Decimal) -> bool:
    return {
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
        "==": left == right,
        "!=": left != right,
    }[operator]


def _reason(rule: Rule, subject: Subject) -> Reason:
    compared = dict.fromkeys(part.fact for part in rule.when.comparisons()) if rule.when else {}
    return Reason(
        rule=rule.id,
        outcome=rule.outcome,
        text=rule.reason,
        facts=tuple((fact, subject.text(fact)) for fact in compared),
    )


def _deny(rule: str, text: str) -> Reason:
    return Reason(rule=rule, outcome=Outcome.DENY, text=text)


def _before(subject: Subject, policy: Policy) -> Iterator[Reason]:
    """What is denied before any rule is asked."""
    if subject.faults:
        yield _deny("shape", _listed(subject.faults))
    if subject.outside:
        yield _deny("scope", _listed(subject.outside))
    if subject.currency != policy.currency:
        yield _deny("currency", f"The facts count in {subject.currency}, the policy in {policy.currency}.")
    if text := in_pilot(subject, policy):
        yield _deny("pilot", text)


def _listed(sentences: tuple[str, ...]) -> str:
    more = f" and {len(sentences) - 3} more" if len(sentences) > 3 else ""
    text = "; ".join(sentences[:3]) + more
    return text[:1].upper() + text[1:] + "."


def _silence(subject: Subject, speaking: tuple[Rule, ...]) -> Iterator[Reason]:
    """Deny is the default: for every action kind that no speaking rule lets go."""
    covered = {kind for rule in speaking if rule.outcome is not Outcome.DENY for kind in rule.actions}
    missing = [kind for kind in subject.actions if kind not in covered]
    if missing and not any(rule.outcome is Outcome.DENY for rule in speaking):
        yield _deny("default", f"No rule lets {', '.join(missing)} go in this move, and what no rule allows is denied.")


def _autonomy(subject: Subject, policy: Policy) -> Reason | None:
    """What the autonomy level adds: observe and recommend write nothing, approve asks a person, act adds nothing."""
    found = level(subject, policy)
    if found == "act":
        return None
    texts = {
        "observe": "Autonomy here is observe: the plan is recorded and compared, nothing is written.",
        "recommend": "Autonomy here is recommend: people see the plan and carry it out themselves.",
        "approve": "Autonomy here is approve: a person confirms every move.",
    }
    outcome = Outcome.APPROVAL if found == "approve" else Outcome.DENY
    return Reason(rule="autonomy", outcome=outcome, text=texts[found], facts=(("autonomy", found),))


def _authority(steps: list[str], subject: Subject, policy: Policy) -> tuple[tuple[str, ...], list[Reason]]:
    """The steps without repeats, each raised to a role whose limits cover the move; Reasons for those raised."""
    value, units = subject.facts["value_at_stake"], subject.facts["units_moved"]
    assert isinstance(value, Decimal) and isinstance(units, int)
    roles: list[str] = []
    reasons: list[Reason] = []
    facts = (("value_at_stake", subject.text("value_at_stake")), ("units_moved", subject.text("units_moved")))
    for step in dict.fromkeys(steps):
        raised = raise_step(step, value, units, policy)
        if raised is None:
            text = f"The move is beyond the authority of {step} and of everyone above."
            reasons.append(Reason(rule="authority", outcome=Outcome.DENY, text=text, facts=facts))
        elif raised != step:
            text = f"The move is beyond the authority of {step}; {raised} decides instead."
            reasons.append(Reason(rule="authority", outcome=Outcome.APPROVAL, text=text, facts=facts))
        if raised is not None and raised not in roles:
            roles.append(raised)
    return tuple(roles), reasons


def raise_step(step: str, value: Decimal, units: int, policy: Policy) -> str | None:
    """The step itself when one of its roles has the authority, else the first role above it that has; None if none."""
    names = step.split("/")
    able = [name for name in names if policy.roles[name].covers(value, units)]
    if able:
        return "/".join(able)
    above: str | None = names[0]
    while above is not None and not policy.roles[above].covers(value, units):
        above = policy.roles[above].escalates_to
    return above
