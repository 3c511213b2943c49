"""The parts of the documentation that are written by the program: `python -m api.cli.reference` (see `make docs`)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from api.http.access import ACCESS, PUBLIC, READERS
from connectors.csvfiles.nouns import KINDS
from guardrails.approval_states import FINAL, TABLE, Verb, Who
from guardrails.policy import default_policy
from guardrails.vocabulary import FACTS, OPERATORS, FactSpec, Kind

DOCS = Path(__file__).parents[2] / "docs"
UNITS = {
    Kind.MONEY: "`500 USD`",
    Kind.UNITS: "`20 units`",
    Kind.DAYS: "`3 days`",
    Kind.MINUTES: "`90 minutes`, `4 hours`",
    Kind.PERCENT: "`10 %`",
    Kind.FLAG: "`true`, `false`",
}
READ_AS = {
    "id": "id",
    "text": "text",
    "number": "number",
    "whole": "whole number",
    "day": "date",
    "moment": "time",
    "yes": "yes or no",
    "list": "list",
}
"""How a field of an import is read, in words."""
DONE: dict[Verb, str] = {
    "ask": "asked",
    "edit": "edited",
    "approve": "approved",
    "reject": "rejected",
    "snooze": "put aside",
    "reassign": "given on",
    "comment": "spoken about",
    "remind": "brought to mind",
    "escalate": "opened to the role above",
    "expire": "ended late",
    "supersede": "overtaken",
    "cancel": "called off",
}
WHO: dict[Who, str] = {
    "guard": "the program, after policy was asked",
    "sweep": "the sweep",
    "decider": "somebody entitled",
    "role": "somebody with a power in its role",
    "sender": "somebody entitled, or with a role above and no party",
    "editor": "somebody with its role, one above, or the one that confirms",
    "person": "anybody active",
}
"""What is done to a question, and by whom, in words."""


def facts_table() -> str:
    """Every fact a rule may compare: its kind and how values are written, the operators, the meaning."""
    rows = [(f"`{name}`", _values(spec), _operators(spec.kind), spec.meaning) for name, spec in FACTS.items()]
    lines = ["| fact | compared with | operators | what it is |", "|---|---|---|---|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _values(spec: FactSpec) -> str:
    if spec.kind in UNITS:
        return UNITS[spec.kind]
    if spec.choices:
        return ", ".join(f"`{name}`" for name in spec.choices)
    return "ids" if spec.kind is Kind.SET else "an id"


def _operators(kind: Kind) -> str:
    return " ".join(f"`{name}`" for name, kinds in OPERATORS.items() if kind in kinds)


def sections_table() -> str:
    """Every section of an import mapping with the fields it may fill and how each is read."""
    lines = ["| section | fields |", "|---|---|"]
    for name, kind in KINDS.items():
        fields = ", ".join(f"`{field}` ({READ_AS[how]})" for field, how in kind.fields.items())
        lines.append(f"| `{name}` | {fields} |")
    return "\n".join(lines)


def routes_table() -> str:
    """Every route of the JSON API and the roles that may use it."""
    lines = ["| route | roles |", "|---|---|"]
    for key, roles in ACCESS.items():
        if " /api/" in key:
            who = (
                "everybody"
                if roles is PUBLIC
                else "everyone with a role"
                if roles == READERS
                else ", ".join(sorted(roles))
            )
            lines.append(f"| `{key}` | {who} |")
    return "\n".join(lines)


def questions_table() -> str:
    """Every line of the table of what may happen to a question."""
    lines = ["| a question that is | may be | by | while | and is then |", "|---|---|---|---|---|"]
    for one in TABLE:
        if one.verb == "comment" and one.state in FINAL:
            continue
        begun = "not asked yet" if one.state is None else one.state.value
        told = f"| {begun} | {DONE[one.verb]} | {WHO[one.who]} | {', '.join(one.guards)} | {one.next.value} |"
        lines.append(told)
    return "\n".join((*lines, "| over, in any way | spoken about | anybody active |  | as it was |"))


def roles_table() -> str:
    """Every role of the shipped policy: how far its authority reaches, who is above, and what it is asked for."""
    policy = default_policy()
    lines = ["| role | decides alone up to | above it | decides | owns of the policy |", "|---|---|---|---|---|"]
    for name, role in policy.roles.items():
        limits = [role.max_value_at_stake.text.replace(".00 ", " ")] if role.max_value_at_stake else []
        limits += [role.max_units.text] if role.max_units else []
        reach = (", ".join(limits) or "no limit") if role.decides else "decides nothing"
        asked = ", ".join(f"`{rule.id}`" for rule in policy.rules if name in rule.roles)
        parts = [part for part, owners in policy.owners.parts.items() if name in owners]
        owned = ", ".join([*parts, *(["the rest"] if name in policy.owners.default else [])])
        lines.append(f"| `{name}`, {role.title} | {reach} | {role.escalates_to or ''} | {asked} | {owned} |")
    return "\n".join(lines)


TABLES: tuple[tuple[str, str, Callable[[], str]], ...] = (
    ("policy.md", "facts", facts_table),
    ("import.md", "sections", sections_table),
    ("api.md", "routes", routes_table),
    ("policy.md", "questions", questions_table),
    ("governance.md", "roles", roles_table),
)
"""File in docs, name of the place in it, and what stands there."""


def refreshed(text: str, place: str, table: str) -> str:
    """The text with the table at the marked place."""
    start, end = f"<!-- {place}: written by make docs -->", f"<!-- end of {place} -->"
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    return f"{before}{start}\n{table}\n{end}{after}"


def main() -> int:
    """Write every table into its file."""
    for name, place, table in TABLES:
        file = DOCS / name
        file.write_text(refreshed(file.read_text(encoding="utf-8"), place, table()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
