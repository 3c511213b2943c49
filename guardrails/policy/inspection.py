"""Look at the rules of a policy together: which can never matter, which contradict each other, what is left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Literal

from domain.noun import Noun, Text
from domain.verdicts import Outcome
from guardrails.policy.layers import Standing
from guardrails.policy.rules import ANY
from guardrails.policy.satisfying import All, Domains, Formula, Some, negated, solve
from guardrails.policy.schema import Policy
from guardrails.policy.space import Space
from guardrails.vocabulary import ACTION_KINDS

What = Literal["malformed", "unreachable", "shadowed", "undecidable", "contradiction", "gap"]
MOST_NAMED = 3


class Remark(Noun):
    """One thing that is wrong with the rules. `rule`: the index of the rule in the order written, None for a gap.

    unreachable: it never speaks. shadowed: it never changes an answer. undecidable: nobody may decide what it asks.
    contradiction: it and another cannot both be right. gap: moves that are denied because no rule speaks of them.
    `witness`: an example of a move, by its facts.
    """

    what: What
    rule: int | None = None
    message: Text
    fix: Text
    witness: Text = ""


def inspect(policy: Policy) -> tuple[Remark, ...]:
    """Everything that is wrong, rule by rule, then gaps by action kind. Exact place by place for this language.

    What is judged is one place of a move: a rule that only ever speaks where a rule of another place denies the move is
    not called shadowed.
    """
    found = _Inspection(policy)
    return (*found.rules(), *found.contradictions(), *found.gaps())


class _Inspection:
    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._space = Space(policy)
        self._rules = policy.standing
        self._said: dict[int, Formula] = {}
        self._dead: set[int] = set()

    def rules(self) -> Iterator[Remark]:
        """Rules that never speak, never matter, or ask what nobody may decide."""
        for one in self._rules:
            remark = self._never_speaks(one) or self._never_matters(one) or self._nobody_decides(one)
            if remark is not None:
                self._dead.add(one.index)
                yield remark

    def _never_speaks(self, one: Standing) -> Remark | None:
        if self._solve(self._speaks(one)) is not None:
            return None
        space = self._space
        fix = "change its condition, or remove it"
        if self._solve(space.speaks(one.rule)) is None:
            message = f"rule {one.rule.id} can never speak: nothing fits its condition"
        elif self._solve(space.speaks(one.rule), space.inside(one.scope)) is None:
            message = f"rule {one.rule.id} can never speak: where its document counts, nothing fits its condition"
        else:
            others = _names(other for other in self._rules if self._replaces(other, one))
            message = f"rule {one.rule.id} can never speak: {others} always replaces it"
            fix = "make it final, give it another topic, or remove it"
        return Remark(what="unreachable", rule=one.index, message=message, fix=fix)

    def _never_matters(self, one: Standing) -> Remark | None:
        if one.rule.outcome is Outcome.DENY:
            return None
        undenied = [self._not(deny) for deny in self._denies]
        if self._solve(self._speaks(one), *undenied) is None:
            others = _names(self._needed(one, self._denies))
            message = f"rule {one.rule.id} never matters: whatever it speaks of is denied by {others}"
            return Remark(what="shadowed", rule=one.index, message=message, fix="narrow the deny, or remove this rule")
        if one.rule.outcome is Outcome.APPROVAL:
            return None
        asking = [other for other in self._rules if other.rule.outcome is Outcome.APPROVAL]
        for kind in set(one.rule.actions) - {ANY}:
            unasked = [self._not(other) for other in asking if kind in other.rule.actions]
            if self._solve(self._speaks(one), self._space.acts(kind), *undenied, *unasked) is not None:
                return None
        others = _names(other for other in asking if self._overlap(one, other))
        why = f"{others} asks about everything it allows" if others else "'any' lets nothing go by itself"
        message = f"rule {one.rule.id} never matters: {why}"
        return Remark(what="shadowed", rule=one.index, message=message, fix="narrow the other rule, or remove this one")

    def _needed(self, one: Standing, denies: tuple[Standing, ...]) -> list[Standing]:
        """As few of these as together deny whatever the rule speaks of."""
        needed = list(denies)
        for deny in denies:
            fewer = [other for other in needed if other is not deny]
            if self._solve(self._speaks(one), *(self._not(other) for other in fewer)) is None:
                needed = fewer
        return needed

    def _nobody_decides(self, one: Standing) -> Remark | None:
        roles = self._policy.roles
        able = All(tuple(self._able(step) for step in one.rule.steps))
        if one.rule.outcome is not Outcome.APPROVAL or self._solve(self._speaks(one), able) is not None:
            return None
        titles = ", ".join(roles[role].title if role in roles else role for role in one.rule.roles)
        message = f"rule {one.rule.id} asks {titles}, and what it speaks of is beyond them and everyone above"
        return Remark(
            what="undecidable", rule=one.index, message=message, fix="raise a limit, or let escalates_to go on"
        )

    def _able(self, step: str) -> Formula:
        """A role of the step, or one above the first, has the authority; a role nobody knows counts as having it."""
        roles, names = self._policy.roles, step.split("/")
        above = names[0]
        while above in roles and (above := roles[above].escalates_to or "") and above not in names:
            names.append(above)
        return Some(tuple(self._space.within(roles[name]) if name in roles else All(()) for name in names))

    def contradictions(self) -> Iterator[Remark]:
        """Allow against a deny that does not say it is meant to win; approvals that ask in opposite orders."""
        living = [one for one in self._rules if one.index not in self._dead]
        for one in living:
            for other in living:
                found = self._deny_against(one, other) if one is not other else None
                if found is None and one.index < other.index:
                    found = self._opposite(one, other)
                if found is not None:
                    yield found

    def _deny_against(self, allow: Standing, deny: Standing) -> Remark | None:
        shared = [kind for kind in allow.rule.actions if kind in deny.rule.actions and kind != ANY]
        meant = ANY in deny.rule.actions or deny.rule.final or deny.rank > allow.rank
        if allow.rule.outcome is not Outcome.ALLOW or deny.rule.outcome is not Outcome.DENY or meant or not shared:
            return None
        acts = Some(tuple(self._space.acts(kind) for kind in shared))
        found = self._solve(self._speaks(allow), self._speaks(deny), acts)
        if found is None:
            return None
        message = f"rule {allow.rule.id} allows what {_name(deny)} denies"
        fix = "narrow one of them; a deny that is meant to win says final: true, or actions: any"
        witness = self._space.describe(found)
        return Remark(what="contradiction", rule=allow.index, message=message, fix=fix, witness=witness)

    def _opposite(self, one: Standing, other: Standing) -> Remark | None:
        first, second = one.rule.steps, other.rule.steps
        shared = [step for step in first if step in second]
        if shared == [step for step in second if step in first]:
            return None
        found = self._solve(self._speaks(one), self._speaks(other))
        if found is None:
            return None
        message = (
            f"rule {one.rule.id} asks {', then '.join(first)}, and {_name(other)} asks {', then '.join(second)}: "
            "both orders cannot be kept"
        )
        fix = "name the roles in one order, or use mode: any"
        witness = self._space.describe(found)
        return Remark(what="contradiction", rule=other.index, message=message, fix=fix, witness=witness)

    def gaps(self) -> Iterator[Remark]:
        """Action kinds with facts about which no rule says anything: silence denies there."""
        undenied = [self._not(deny) for deny in self._denies]
        for kind in ACTION_KINDS:
            covering = [one for one in self._rules if kind in one.rule.actions and one.rule.outcome is not Outcome.DENY]
            unsaid = [self._not(one) for one in covering]
            found = self._solve(self._space.acts(kind), *unsaid, *undenied) if covering else None
            if found is not None:
                message = f"some moves with {kind} are neither allowed, asked about nor denied by a rule"
                fix = "add a rule for them, or a deny that says it is meant"
                yield Remark(what="gap", message=message, fix=fix, witness=self._space.describe(found))

    @cached_property
    def _denies(self) -> tuple[Standing, ...]:
        return tuple(one for one in self._rules if one.rule.outcome is Outcome.DENY)

    def _solve(self, *formulas: Formula) -> Domains | None:
        return solve(self._space.domains, (*self._space.axioms, *formulas))

    def _speaks(self, one: Standing) -> Formula:
        """It counts at the place, and speaks."""
        if one.index not in self._said:
            others = (other for other in self._rules if self._replaces(other, one))
            scopes = dict.fromkeys(self._space.inside(other.scope) for other in others)
            replaced = tuple(negated(scope, self._space.domains) for scope in scopes)
            self._said[one.index] = All((self._space.inside(one.scope), *replaced, self._space.speaks(one.rule)))
        return self._said[one.index]

    def _not(self, one: Standing) -> Formula:
        return negated(self._speaks(one), self._space.domains)

    def _overlap(self, one: Standing, other: Standing) -> bool:
        shared = [kind for kind in one.rule.actions if kind in other.rule.actions and kind != ANY]
        acts = Some(tuple(self._space.acts(kind) for kind in shared))
        return self._solve(self._speaks(one), self._speaks(other), acts) is not None

    def _replaces(self, other: Standing, one: Standing) -> bool:
        return not one.rule.final and other.rule.about == one.rule.about and other.rank > one.rank


def _name(one: Standing) -> str:
    return f"{one.rule.id} ({one.document}, line {one.line})" if one.line else one.rule.id


def _names(several: Iterable[Standing]) -> str:
    named = [_name(one) for one in several]
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return ", ".join(named[:MOST_NAMED]) + more
