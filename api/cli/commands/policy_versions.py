"""`policy list|show|diff|dry-run|propose|approve|reject|withdraw`: versions of the policy, and how it changes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from agent.runtime.dry_run import DryRun, Rejudged
from agent.runtime.policy_desk import PolicyDesk
from api.cli import exits
from api.cli.session import Session, parse_now
from api.cli.view import View, view
from guardrails.policy import Policy, parse, read_text
from storage.policy_changes import ChangeState, PolicyChange

_ID = re.compile(r"P-[0-9a-f]{12}\Z")
OPEN = (ChangeState.PROPOSED, ChangeState.SCHEDULED)
MOST_ROWS = 50


def list_(session: Session) -> int:
    """`policy list`: every version with its days, and every change."""
    with session.application(create=False) as application:
        desk = application.policies
        versions, changes = desk.versions(), desk.changes()
    rows = (
        (
            one.id,
            one.name,
            one.number or None,
            f"{one.active_from:%Y-%m-%d %H:%M}",
            one.by,
            "yes" if one.in_force else "",
        )
        for one in versions
    )
    shown = view("versions", "Versions of the policy", "policy | name | version | from | by | in force", rows)
    session.output.show("policy", [shown, _changes(changes)])
    return exits.OK


def _changes(changes: tuple[PolicyChange, ...]) -> View:
    rows = (
        (
            one.id,
            one.policy,
            one.state.value.replace("_", " "),
            one.by,
            ", ".join(one.missing) if one.state is ChangeState.PROPOSED else "",
            f"{one.effective_from:%Y-%m-%d}" if one.effective_from else "",
            one.why,
        )
        for one in changes
    )
    return view("changes", "Changes", "change | policy | state | by | waits for | from | why", rows, data=changes)


def show(session: Session, *, policy: str) -> int:
    """`policy show [ID]`: a version as it was written, or a change with its differences."""
    with session.application(create=False) as application:
        desk = application.policies
        if policy.startswith("PC-"):
            found = desk.change(policy)
            session.output.show("change", [_card(desk, found)])
            return exits.OK
        document = desk.document(policy)
    title = f"{document.id}" + (" (in force)" if document.in_force else "")
    session.output.show("policy", [view("policy", title, notes=[document.text], data=document)])
    return exits.OK


def diff(session: Session, *, before: str, after: str) -> int:
    """`policy diff A B`: ids or files, in words."""
    with session.application(create=False) as application:
        desk = application.policies
        found = desk.diff(_policy(desk, before), _policy(desk, after))
    title = f"From {before} to {after}: {len(found)} differences" if found else f"{before} and {after} say the same"
    rows = ((one.part, one.text) for one in found)
    session.output.show("differences", [view("differences", title, "part | difference", rows, data=found)])
    return exits.OK


def dry_run(session: Session, *, file: str, since: str) -> int:
    """`policy dry-run FILE --since DATE`: recorded judgements, judged again."""
    moment = parse_now(since, "--since")
    assert moment is not None
    with session.application(create=False) as application:
        text, name = _document(application.policies, file)
        found = application.policies.dry_run(text, moment, name)
    session.output.show("dry_run", [_sums(found, file), *_lists(found)])
    return exits.OK


def propose(session: Session, *, file: Path, why: str) -> int:
    """`policy propose FILE --why TEXT`."""
    text = read_text(file)
    user = session.user(session.settings())
    with session.application() as application:
        desk = application.policies
        made = desk.propose(text, user, why, name=file.name)
        session.output.show("change", [_card(desk, made)])
    return exits.OK


def decide(session: Session, *, verb: str, change: str, reason: str) -> int:
    """`policy approve|reject|withdraw CHANGE`."""
    user = session.user(session.settings())
    with session.application(create=False) as application:
        desk = application.policies
        step = {"approve": desk.approve, "reject": desk.reject, "withdraw": desk.withdraw}[verb]
        found = step(change, user, reason)
        session.output.show("change", [_card(desk, found)])
    return exits.OK


def _card(desk: PolicyDesk, change: PolicyChange) -> View:
    """A change: who wants what, why, who has approved and who is missing."""
    found = desk.diff(change.base, change.policy)
    starts = f"{change.effective_from:%Y-%m-%d} (UTC)" if change.effective_from else "its last approval"
    notes = [
        f"proposed by {change.by}: {change.why}",
        f"made from {change.base}, in force from {starts} on",
        *(f"approved by {one.by} as {one.role}" + (f": {one.why}" if one.why else "") for one in change.consents),
    ]
    if change.state is ChangeState.PROPOSED:
        notes.append(f"waits for {', '.join(change.missing)}")
    elif change.note:
        notes.append(change.note)
    title = f"{change.id} is {change.state.value.replace('_', ' ')}: {change.policy}"
    data = {"change": change, "differences": found}
    return view("change", title, "part | difference", ((one.part, one.text) for one in found), notes, data)


def _sums(found: DryRun, file: str) -> View:
    rows = [
        (
            one.title,
            one.moves,
            one.units,
            f"{one.value_moved} {found.currency}",
            f"{one.value_at_stake} {found.currency}",
        )
        for one in found.groups
    ]
    notes = [f"{len(found.moves)} judgements since {found.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC were made again."]
    if found.unclear:
        notes.append(f"{len(found.unclear)} more could not be made again; see below.")
    columns = "judged by it | moves | units | value moved | value at stake"
    return view("groups", f"What {file} ({found.policy}) would have changed", columns, rows, notes, found)


def _lists(found: DryRun) -> list[View]:
    views = []
    for group in found.groups:
        mine = found.of(group.change)
        if group.change == "same" or not mine:
            continue
        more = [f"and {len(mine) - MOST_ROWS} more; `-o json` has all of them"] if len(mine) > MOST_ROWS else []
        columns = "move | title | units | value moved | before | after | because"
        views.append(view(group.change, group.title.capitalize(), columns, map(_row, mine[:MOST_ROWS]), more))
    if found.unclear:
        rows = ((one.entry, one.move, one.why) for one in found.unclear[:MOST_ROWS])
        views.append(view("unclear", "Could not be judged again", "entry | move | why", rows, data=found.unclear))
    return views


def _row(one: Rejudged) -> tuple[object, ...]:
    new = [why for why in one.why_after if why not in one.why_before]
    before, after = _said(one.before.value, one.roles_before), _said(one.after.value, one.roles_after)
    return one.move, one.title, one.units, one.value_moved, before, after, "; ".join(new or one.why_after)[:300]


def _said(outcome: str, roles: tuple[str, ...]) -> str:
    return f"{outcome} by {', '.join(roles)}" if roles else outcome


def _policy(desk: PolicyDesk, name: str) -> Policy:
    """A version by id, the one in force (`in-force`), or the policy in a file."""
    if name == "in-force":
        return desk.in_force
    return desk.version(name) if _ID.match(name) else parse(read_text(Path(name)), Path(name).name)


def _document(desk: PolicyDesk, name: str) -> tuple[str, str]:
    """The text and the name of a version, or of a file."""
    return (desk.document(name).text, name) if _ID.match(name) else (read_text(Path(name)), Path(name).name)


def in_force_note(session: Session) -> str:
    """One line for `config`: which policy is in force, and since when."""
    with session.application(create=False) as application:
        now = next(one for one in application.policies.versions() if one.in_force)
    return f"Policy in force: {now.id} ({now.name}, version {now.number}) since {_day(now.active_from)}, by {now.by}"


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
