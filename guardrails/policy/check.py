"""What is wrong with a policy although every field of it is well formed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from domain.verdicts import Outcome
from guardrails.policy.owners import faults
from guardrails.policy.rules import Rule
from guardrails.policy.schema import Policy
from guardrails.vocabulary import ACTION_KINDS, Kind


@dataclass(frozen=True)
class Problem:
    """One fault: where it stands, what it is, what to do."""

    path: tuple[str | int, ...]
    message: str
    fix: str


def problems(policy: Policy) -> tuple[Problem, ...]:
    """Duplicate ids, unknown roles, foreign currencies, endless escalation, action kinds that no rule lets go."""
    return (
        *_names(policy),
        *_ids(policy),
        *_budgets(policy),
        *_roles(policy),
        *_records(policy),
        *_owners(policy),
        *_escalation(policy),
        *_currencies(policy),
        *_uncovered(policy),
    )


def rules_of(policy: Policy) -> Iterator[tuple[tuple[str | int, ...], Rule]]:
    """Every rule of every document with its path, the company document first."""
    yield from ((("rules", index), rule) for index, rule in enumerate(policy.rules))
    for place, document in enumerate(policy.documents):
        yield from ((("documents", place, "rules", index), rule) for index, rule in enumerate(document.rules))


def _names(policy: Policy) -> Iterator[Problem]:
    taken = [policy.name]
    for place, document in enumerate(policy.documents):
        if document.name in taken:
            message = f"another document is named '{document.name}' too, and a reason would not say which one decided"
            yield Problem(("documents", place, "name"), message, "give it another name")
        taken.append(document.name)


def _owners(policy: Policy) -> Iterator[Problem]:
    for path, message, fix in faults(policy.owners, policy.roles, Policy.model_fields):
        yield Problem(path, message, fix)


def _ids(policy: Policy) -> Iterator[Problem]:
    first: dict[tuple[str | int, ...], int] = {}
    for path, rule in rules_of(policy):
        *document, index = path
        known = first.setdefault((*document, rule.id), int(index))
        if known != index:
            yield Problem((*path, "id"), f"the id '{rule.id}' is taken by rules[{known}]", "give it another id")
    budgets = [budget.id for budget in policy.budgets]
    for index, key in enumerate(budgets):
        if key in budgets[:index]:
            message = f"the id '{key}' is taken by budgets[{budgets.index(key)}]"
            yield Problem(("budgets", index, "id"), message, "give it another id")


def _budgets(policy: Policy) -> Iterator[Problem]:
    rules = {rule.id for _, rule in rules_of(policy)}
    for index, budget in enumerate(policy.budgets):
        for place, rule in enumerate(budget.rules):
            if rule not in rules:
                yield Problem(("budgets", index, "rules", place), f"there is no rule '{rule}'", "name a rule's id")


def _roles(policy: Policy) -> Iterator[Problem]:
    named: list[tuple[tuple[str | int, ...], str]] = [
        ((*path, "roles", place), role) for path, rule in rules_of(policy) for place, role in enumerate(rule.roles)
    ]
    named += [
        (("roles", name, "escalates_to"), role.escalates_to)
        for name, role in policy.roles.items()
        if role.escalates_to is not None
    ]
    named.append((("autonomy", "confirm_role"), policy.autonomy.confirm_role))
    for index, item in enumerate(policy.overrides):
        named += [(("overrides", index, "roles", place), role) for place, role in enumerate(item.roles)]
        named += [(("overrides", index, "above"), item.above)] if item.above is not None else []
    if policy.autonomy.demotion.lifted_by is not None:
        named.append((("autonomy", "demotion", "lifted_by"), policy.autonomy.demotion.lifted_by))
    deciders = ", ".join(name for name, role in policy.roles.items() if role.decides)
    for path, role_id in named:
        role = policy.roles.get(role_id)
        if role is None:
            yield Problem(path, f"there is no role '{role_id}'", f"use one of {deciders}, or add it under roles")
        elif not role.decides:
            yield Problem(path, f"the role '{role_id}' decides nothing", f"use one of {deciders}")


def _records(policy: Policy) -> Iterator[Problem]:
    for what in ("redact", "keys"):
        for place, role in enumerate(getattr(policy.records, what)):
            if role not in policy.roles:
                fix = f"use one of {', '.join(policy.roles)}, or add it under roles"
                yield Problem(("records", what, place), f"there is no role '{role}'", fix)


def _escalation(policy: Policy) -> Iterator[Problem]:
    for name in policy.roles:
        chain, current = [name], policy.roles[name].escalates_to
        while current is not None and current in policy.roles:
            if current in chain:
                message = f"escalation runs in a circle: {' -> '.join([*chain, current])}"
                yield Problem(("roles", name, "escalates_to"), message, "let it end at a role without limits")
                break
            chain.append(current)
            current = policy.roles[current].escalates_to


def _currencies(policy: Policy) -> Iterator[Problem]:
    fix = f"write the amount in {policy.currency}"
    for path, rule in rules_of(policy):
        for comparison in rule.when.comparisons() if rule.when else ():
            amount = comparison.amount
            if amount is not None and amount.kind is Kind.MONEY and amount.unit != policy.currency:
                message = (
                    f"{comparison.fact} is compared with {amount.text}, but this policy counts in {policy.currency}"
                )
                yield Problem((*path, "when"), message, fix)
    for name, role in policy.roles.items():
        if role.max_value_at_stake is not None and role.max_value_at_stake.unit != policy.currency:
            message = (
                f"the limit of {name} is {role.max_value_at_stake.text}, but this policy counts in {policy.currency}"
            )
            yield Problem(("roles", name, "max_value_at_stake"), message, fix)
    for index, budget in enumerate(policy.budgets):
        if not isinstance(budget.limit, int) and budget.measure == "money" and budget.limit.unit != policy.currency:
            message = f"the limit is {budget.limit.text}, but this policy counts in {policy.currency}"
            yield Problem(("budgets", index, "limit"), message, fix)
    for index, item in enumerate(policy.overrides):
        if item.limit is not None and item.limit.unit != policy.currency:
            message = f"the limit is {item.limit.text}, but this policy counts in {policy.currency}"
            yield Problem(("overrides", index, "limit"), message, fix)


def _uncovered(policy: Policy) -> Iterator[Problem]:
    covered = {kind for rule in policy.rules if rule.outcome is not Outcome.DENY for kind in rule.actions}
    for kind in ACTION_KINDS:
        if kind not in covered:
            message = f"no rule allows or asks about the action kind '{kind}', so it could never be done"
            yield Problem(("rules",), message, f"add a rule whose actions name {kind}")
