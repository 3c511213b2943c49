"""Everything that the rules of one policy can tell apart, as variables with few values: exact for this language.

A number falls into the cells between the limits that some rule names; a set is asked only for the names that stand
somewhere, and whether there are others. Facts are taken to be free of each other, but for this: a place that is touched
has its customer, region ... in the sets of the facts. One place is looked at: a move is judged at each by itself.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from guardrails.policy.conditions import Comparison, Condition
from guardrails.policy.layers import Standing
from guardrails.policy.roles import Role
from guardrails.policy.rules import ANY, Rule
from guardrails.policy.satisfying import All, Domains, Formula, Literal, Some
from guardrails.policy.schema import Policy
from guardrails.policy.scopes import DIMENSIONS, Scope
from guardrails.vocabulary import FACTS, NUMERIC, STEPS, FactSpec, Kind, show

OTHER = "(another)"
NONE = "(none)"
SETS = {
    "region": "regions",
    "channel": "channels",
    "segment": "segments",
    "customer": "customers",
    "sku_class": "sku_classes",
}
"""Dimension of a place -> the fact that lists every one the move touches."""

_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class Space:
    """The variables of a policy. `domains`: all of them with all their values; `axioms`: what always holds."""

    def __init__(self, policy: Policy) -> None:
        self._currency = policy.currency
        self._limits: dict[str, set[Decimal]] = {}
        self._names: dict[str, set[str]] = {name: set(spec.choices) for name, spec in FACTS.items()}
        self._places: dict[str, set[str]] = {place: set() for place in DIMENSIONS.values()}
        self._collect(policy)
        self._values: dict[str, tuple[Any, ...]] = dict(self._variables())
        self.domains: Domains = {name: (1 << len(values)) - 1 for name, values in self._values.items()}
        self.axioms: tuple[Formula, ...] = tuple(self._axioms())

    def speaks(self, rule: Rule) -> Formula:
        """A rule has something to say of the move."""
        parts: list[Formula] = []
        if ANY not in rule.actions:
            parts.append(Some(tuple(self.acts(kind) for kind in rule.actions)))
        if rule.moves:
            parts.append(self._one_of("move_kind", rule.moves))
        if rule.when is not None:
            parts.append(self.condition(rule.when))
        return All(tuple(parts))

    def acts(self, kind: str) -> Formula:
        """The move has an action of this kind."""
        return self._has("actions", kind)

    def inside(self, scope: Scope | None) -> Formula:
        """A document of this scope counts at the place looked at."""
        named = scope.named.items() if scope else ()
        return All(tuple(self._one_of(f"@{place}", ids) for place, ids in named if ids))

    def within(self, role: Role) -> Formula:
        """The move is inside the limits of a role."""
        limits = (("value_at_stake", role.max_value_at_stake), ("units_moved", role.max_units))
        return All(tuple(self._compared(fact, "<=", limit.number) for fact, limit in limits if limit is not None))

    def condition(self, written: Condition) -> Formula:
        """A condition holds."""
        parts = tuple(
            self.condition(part) if isinstance(part, Condition) else self._comparison(part) for part in written.parts
        )
        return All(parts) if written.all is not None else Some(parts)

    def describe(self, found: Domains) -> str:
        """An example of a move that fits, by the facts that matter for it."""
        said: dict[str, str] = {}
        for name, values in self._values.items():
            if found[name] == self.domains[name]:
                continue
            value = values[(found[name] & -found[name]).bit_length() - 1]
            if value == NONE and name.startswith("@"):
                continue
            fact, _, member = name.partition(":")
            if not member:
                said[name.lstrip("@")] = self._shown(name, value)
            elif value:
                said[fact] = f"{said[fact]} + {member}" if fact in said else member
            else:
                said.setdefault(fact, "")
        return ", ".join(f"{name} {value or 'without the names above'}" for name, value in said.items())

    def _shown(self, name: str, value: Any) -> str:
        if name.startswith("@"):
            return str(value)
        kind = FACTS[name].kind
        return show(kind, value, self._currency if kind is Kind.MONEY else "%" if kind is Kind.PERCENT else kind.value)

    def _collect(self, policy: Policy) -> None:
        for one in policy.standing:
            self._collect_rule(one)
        for role in policy.roles.values():
            for fact, limit in (("value_at_stake", role.max_value_at_stake), ("units_moved", role.max_units)):
                if limit is not None:
                    self._limits.setdefault(fact, set()).add(limit.number)
        for place, fact in SETS.items():
            self._places[place] |= self._names[fact]
            self._names[fact] |= self._places[place]

    def _collect_rule(self, one: Standing) -> None:
        for place, ids in one.scope.named.items() if one.scope else ():
            self._places[place].update(ids)
        for comparison in one.rule.when.comparisons() if one.rule.when else ():
            if comparison.amount is not None:
                self._limits.setdefault(comparison.fact, set()).add(comparison.amount.number)
            elif FACTS[comparison.fact].kind is not Kind.FLAG:
                self._names[comparison.fact].update(comparison.names)

    def _variables(self) -> Iterable[tuple[str, tuple[Any, ...]]]:
        for fact, spec in FACTS.items():
            if spec.kind in NUMERIC:
                yield fact, _cells(sorted(self._limits.get(fact, ())), spec)
            elif spec.kind is Kind.FLAG:
                yield fact, (False, True)
            elif spec.kind is Kind.CHOICE:
                yield fact, (*sorted(self._names[fact]), *(() if spec.choices else (OTHER,)))
            else:
                yield from ((f"{fact}:{name}", (False, True)) for name in self._members(fact))
        for place in DIMENSIONS.values():
            names = [NONE, *sorted(self._places[place]), OTHER]
            if place == "entity":
                names.remove(NONE)
            elif FACTS[SETS[place]].choices:
                names.remove(OTHER)
            yield f"@{place}", tuple(names)

    def _members(self, fact: str) -> tuple[str, ...]:
        return (*sorted(self._names[fact]), *(() if FACTS[fact].choices else (OTHER,)))

    def _axioms(self) -> Iterable[Formula]:
        yield Some(tuple(self.acts(kind) for kind in self._members("actions")))
        for place, fact in SETS.items():
            variable = f"@{place}"
            for name in self._members(fact):
                elsewhere = [other for other in self._values[variable] if other != name]
                yield Some((self._one_of(variable, elsewhere), self._has(fact, name)))

    def _has(self, fact: str, name: str) -> Literal:
        return Literal(f"{fact}:{name}", 0b10)

    def _lacks(self, fact: str, name: str) -> Literal:
        return Literal(f"{fact}:{name}", 0b01)

    def _one_of(self, variable: str, names: Iterable[object]) -> Literal:
        wanted = set(names)
        return Literal(variable, sum(1 << bit for bit, value in enumerate(self._values[variable]) if value in wanted))

    def _compared(self, fact: str, sign: str, limit: Decimal) -> Literal:
        holds = _ORDERED[sign]
        return Literal(fact, sum(1 << bit for bit, value in enumerate(self._values[fact]) if holds(value, limit)))

    def _comparison(self, written: Comparison) -> Formula:
        fact, sign = written.fact, written.operator
        if written.amount is not None:
            return self._compared(fact, sign, written.amount.number)
        kind = FACTS[fact].kind
        if kind is Kind.FLAG:
            return self._one_of(fact, (written.value,))
        if kind is Kind.CHOICE:
            inside = sign in ("==", "in")
            return self._one_of(fact, (v for v in self._values[fact] if (v in written.names) == inside))
        if sign == "includes_any":
            return Some(tuple(self._has(fact, name) for name in written.names))
        strange = written.names if sign == "includes_none" else set(self._members(fact)) - set(written.names)
        return All(tuple(self._lacks(fact, name) for name in sorted(strange)))


def _cells(limits: list[Decimal], spec: FactSpec) -> tuple[Decimal, ...]:
    """One value of the fact for every limit and every gap between limits that it can fall into."""
    step, most = STEPS[spec.kind], spec.most
    candidates = [Decimal(0)]
    for limit in limits:
        below = (limit / step).to_integral_value(ROUND_FLOOR) * step
        candidates += [below - step if below == limit else below, limit, below + step]
    possible = {n for n in candidates if n >= 0 and (most is None or n <= most) and n % step == 0}
    return tuple(sorted(_distinct(possible, limits)))


def _distinct(values: Iterable[Decimal], limits: list[Decimal]) -> Iterable[Decimal]:
    """The smallest value of every cell: values that compare alike with every limit are one."""
    seen: set[tuple[int, ...]] = set()
    for value in sorted(values):
        signs = tuple((value > limit) - (value < limit) for limit in limits)
        if signs not in seen:
            seen.add(signs)
            yield value
