"""Everything that is wrong with the documents of a policy at once, each with file, line, field, fix and an example."""

from __future__ import annotations

from domain.noun import Noun, Text
from guardrails.policy.check import rules_of
from guardrails.policy.files import Written
from guardrails.policy.inspection import What, inspect
from guardrails.policy.loading import read


class Finding(Noun):
    """One thing that is wrong, where it stands, and what to do. `witness`: an example of a move, by its facts."""

    what: What
    file: Text
    line: int
    field: Text
    message: Text
    fix: Text
    witness: Text = ""

    @property
    def place(self) -> str:
        """File, line and field as errors name them."""
        return f"{self.file}, line {self.line}" + (f", {self.field}" if self.field else "")


def examine(text: str, name: str) -> tuple[Finding, ...]:
    """All findings: malformed fields, names nobody knows, and, where every field is well formed, rules that can never
    matter, contradict each other or leave something out. BadInput when the text is no YAML of a policy at all."""
    written = Written(name, text)
    policy, faults = read(written)
    found = [_finding(written, fault.path, "malformed", fault.message, fault.fix) for fault in faults]
    if policy is not None:
        paths = [path for path, _ in rules_of(policy)]
        for remark in inspect(policy):
            path = paths[remark.rule] if remark.rule is not None else ("rules",)
            found.append(_finding(written, path, remark.what, remark.message, remark.fix, remark.witness))
    return tuple(found)


def _finding(
    written: Written, path: tuple[str | int, ...], what: What, message: str, fix: str, witness: str = ""
) -> Finding:
    file, line, field = written.place(path)
    return Finding(what=what, file=file, line=line, field=field, message=message, fix=fix, witness=witness[:4000])
