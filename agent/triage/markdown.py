"""The report of a sweep for people, as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from agent.triage.report import Planned, TriageReport
from domain.wording import counted


def in_markdown(report: TriageReport) -> str:
    """Headline, then a section for everything there is something to say about."""
    parts = [_head(report), _exceptions(report)]
    if report.groups:
        rows = [(group.lead, group.title, ", ".join(group.cases[1:])) for group in report.groups]
        parts.append(_section("Groups: one cause, one plan", ("lead", "cause", "follow it"), rows))
    for title, moves in (
        ("Done unattended", report.done),
        ("Waits for a person", report.queued),
        ("Escalated", report.escalated),
        ("Refused or cancelled", report.refused),
    ):
        if moves:
            parts.append(_moves(title, moves))
    if report.healed:
        rows = [(gone.case, gone.title, str(gone.withdrawn)) for gone in report.healed]
        parts.append(_section("Healed and closed", ("case", "what it was", "moves withdrawn"), rows))
    if report.failed:
        parts.append(_section("Failed", ("run", "why"), report.failed))
    return "\n\n".join(parts) + "\n"


def headline(report: TriageReport) -> str:
    """What came of it, in a sentence."""
    new = len(report.new)
    return (
        f"{counted(new, 'new exception')} ({len(report.exceptions) - new} known) with "
        f"{report.value_at_stake} {report.currency} at stake; {counted(len(report.done), 'move')} done unattended "
        f"({report.value_done} {report.currency}), {len(report.queued)} queued, {len(report.escalated)} escalated, "
        f"{len(report.healed)} healed."
    )


def _head(report: TriageReport) -> str:
    how = Counter(item.how for item in report.exceptions)
    told = ", ".join(f"{how[name]} {name}" for name in ("opened", "follows", "merged", "told", "known") if how[name])
    lines = [f"# Triage of {report.at:%Y-%m-%d %H:%M} UTC", "", headline(report)]
    if told:
        lines.append(f"Exceptions: {told}. {counted(report.waiting_in_all, 'question')} in all wait for people.")
    return "\n".join(lines)


def _exceptions(report: TriageReport) -> str:
    rows = [
        (
            item.kind.replace("_", " "),
            item.title,
            item.case,
            item.how,
            f"{item.value_at_stake}",
            f"{item.deadline:%Y-%m-%d %H:%M}" if item.deadline else "",
            f"{item.urgency}",
        )
        for item in report.exceptions
        if item.how != "known"
    ]
    if not rows:
        return "Nothing new."
    columns = ("kind", "what", "case", "how", f"at stake ({report.currency})", "until (UTC)", "per hour left")
    return _section("Exceptions, most at stake per hour left first", columns, rows)


def _moves(title: str, moves: Iterable[Planned]) -> str:
    rows = [
        (
            move.move,
            move.title,
            f"{move.value}",
            ", then ".join(move.roles),
            f"{move.until:%Y-%m-%d %H:%M}" if move.until else "",
            "" if move.roles else move.why,
        )
        for move in moves
    ]
    return _section(title, ("move", "what", "value", "who decides", "until (UTC)", "why"), rows)


def _section(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A heading and a table; columns in which nothing stands are left out."""
    table = [[_cell(cell) for cell in row] for row in rows]
    used = [n for n in range(len(columns)) if any(row[n] for row in table)]
    lines = [f"## {title}", ""]
    lines += [_line([columns[n] for n in used]), _line(["---"] * len(used))]
    lines += [_line([row[n] for n in used]) for row in table]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """Text that cannot break out of its cell, nor into markup."""
    plain = " ".join(text.split())
    return "".join(f"\\{letter}" if letter in "\\`*[]<>|" else letter for letter in plain)
