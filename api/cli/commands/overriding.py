"""`undo` and `overrides list`: take back what was carried out, and what people did against the plan."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from agent.runtime.overrides import Override
from api.cli import exits
from api.cli.session import Session, parse_now
from api.cli.view import View, view


def undo(session: Session, *, move: str, reason_code: str, reason: str) -> int:
    """`undo MOVE`: a new move, judged like any other."""
    settings = session.settings()
    user = session.user(settings)
    with session.application(create=False) as application:
        made = application.overrides.undo(move, user, reason_code, reason)
    waits = [f"Waits for {', then '.join(made.waits_for)}."] if made.waits_for else []
    session.output.show(
        "undo",
        [
            view(
                "undo",
                f"Undo of {move}: {made.decision}",
                "undo | move | case | run | state",
                [(made.of, made.move, made.case, made.run, made.decision)],
                [made.text, *waits],
                data=made,
            )
        ],
    )
    return exits.OK


def list_(session: Session, *, since: str | None) -> int:
    """`overrides list`."""
    begin = parse_now(since, "--since")
    with session.application(create=False) as application:
        found = application.overrides.listed(begin)
        rules = application.overrides.rules()
    may = view(
        "rules",
        "Who may override what",
        "kind | roles | four eyes | reason code | up to | beyond it",
        [
            (
                r.kind,
                ", ".join(r.roles),
                "yes" if r.four_eyes else "no",
                "needed" if r.reason_code else "not needed",
                r.limit.text if r.limit else None,
                r.above,
            )
            for r in rules
        ],
    )
    session.output.show("overrides", [_listed(found), _sums(found), may])
    return exits.OK


def _listed(found: tuple[Override, ...]) -> View:
    return view(
        "overrides",
        f"{len(found)} overrides",
        "when | who | move | kinds | reason code | cost | optimum | chosen | ranked and floor units",
        [
            (
                f"{o.at:%Y-%m-%d %H:%M}Z",
                o.by,
                o.move,
                ", ".join(o.kinds),
                o.reason_code,
                o.cost,
                o.optimum,
                o.chosen,
                o.ranked + o.floors,
            )
            for o in found
        ],
        ["Cost: value of the best plan less value of the best plan that contains the override."],
        data=found,
    )


def _sums(found: tuple[Override, ...]) -> View:
    sums: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for one in found:
        labels = [("person", one.by), ("reason code", one.reason_code or "none"), *(("kind", k) for k in one.kinds)]
        for label in labels:
            sums[label].append(one.cost or Decimal("0.00"))
    rows = [(by, name, len(costs), sum(costs, Decimal("0.00"))) for (by, name), costs in sorted(sums.items())]
    return view("sums", "Value given up", "by | which | overrides | cost", rows)
