"""`policy check`: what is wrong with a policy before it goes anywhere near being in force."""

from __future__ import annotations

from pathlib import Path

from api.cli import exits
from api.cli.session import Session
from api.cli.view import view
from guardrails.policy import default_text, read_text
from guardrails.policy.examination import Finding, examine


def check(session: Session, *, path: Path | None) -> int:
    """`policy check [PATH]`: exit 4 when anything is wrong, 2 when it cannot be read as a policy at all."""
    chosen = path or session.settings().policy
    text, name = (default_text(), "default.yaml") if chosen is None else (read_text(chosen), chosen.name)
    found = examine(text, name)
    title = f"{chosen or 'The shipped policy'}: {len(found) or 'nothing'} {'to put right' if found else 'is wrong'}"
    notes = [f"{one.place}: {one.message}. Fix: {one.fix}.{_example(one)}" for one in found]
    rows = ((one.what, one.file, one.line, one.field) for one in found)
    columns = "what | file | line | field" if found else ""
    session.output.show("policy_check", [view("findings", title, columns, rows if found else (), notes, data=found)])
    return exits.FAILED if found else exits.OK


def _example(finding: Finding) -> str:
    return f" For example: {finding.witness}." if finding.witness else ""
