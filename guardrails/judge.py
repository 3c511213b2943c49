"""The judgement: one move, one policy, one verdict. Pure. Deny beats approval beats allow, and silence denies."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from domain.verdicts import Outcome, Reason, Verdict
from guardrails.autonomy import in_pilot, level
from guardrails.policy import Policy, Rule
from guardrails.policy.compiled import Ready
from guardrails.subject import Subject


def judge(subject: Subject, policy: Policy) -> Verdict:
    """What `policy` says of `subject`: every rule that counts at a place it touches and fits speaks, in written order.

    Reasons named `shape`, `facts`, `scope`, `currency`, `pilot`, `autonomy`, `default` and `authority` are the house's
    own; the others are rules of the policy. An action kind that no speaking allow or approval rule names is denied.
    """
    heard, silent = policy.compiled.heard(subject.places, subject.kind, subject.actions, subject.facts)
    speaking = tuple(one.standing.rule for one in heard)
    reasons = [*_before(subject, policy), *_said(heard, subject), *_silence(silent, speaking)]
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


def _said(heard: tuple[Ready, ...], subject: Subject) -> Iterator[Reason]:
    """A reason per rule that speaks, with the facts it compared and where it is written."""
    texts: dict[str, tuple[str, str]] = {}
    for one in heard:
        for fact in one.compared:
            if fact not in texts:
                texts[fact] = fact, subject.text(fact)
        rule = one.standing.rule
        yield Reason(
            rule=rule.id,
            outcome=rule.outcome,
            text=rule.reason,
            facts=tuple(texts[fact] for fact in one.compared),
            document=one.standing.document,
            line=one.standing.line,
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


def _silence(silent: tuple[str, ...], speaking: tuple[Rule, ...]) -> Iterator[Reason]:
    """Deny is the default: for every action kind that no speaking rule lets go at one of the places."""
    if silent and not any(rule.outcome is Outcome.DENY for rule in speaking):
        yield _deny("default", f"No rule lets {', '.join(silent)} go in this move, and what no rule allows is denied.")


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
