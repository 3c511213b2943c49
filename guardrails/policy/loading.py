"""From YAML documents to a checked Policy; every error names file, line, field and fix."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from guardrails.policy.check import Problem, problems
from guardrails.policy.files import Written, read_text
from guardrails.policy.schema import Policy

_FIXES = {
    "missing": "add it",
    "extra_forbidden": "remove it, or check the spelling",
}


def default_text() -> str:
    """The text of the shipped example policy."""
    return resources.files("guardrails.policy").joinpath("default.yaml").read_text(encoding="utf-8")


def default_policy() -> Policy:
    """The shipped example policy."""
    return parse(default_text(), "default.yaml")


def load(path: Path) -> Policy:
    """The policy in a file or folder. BadInput when it cannot be read or is wrong."""
    return parse(read_text(path), path.name)


def parse(text: str, name: str = "policy") -> Policy:
    """The policy in a text. The first fault in it is raised as BadInput; the others are counted."""
    written = Written(name, text)
    policy, faults = read(written)
    if policy is None or faults:
        first, more = faults[0], len(faults) - 1
        raise written.error(first.path, first.message, f"{first.fix} (and {more} more)" if more else first.fix)
    return policy


def read(written: Written) -> tuple[Policy | None, tuple[Problem, ...]]:
    """The policy that documents say, None when a field of it is malformed; and all that is wrong with it."""
    try:
        policy = Policy.model_validate(written.data)
    except ValidationError as wrong:
        return None, tuple(_problem(item) for item in wrong.errors())
    return policy.written(written.lines()), problems(policy)


def _problem(item: object) -> Problem:
    assert isinstance(item, dict)
    kind = str(item["type"])
    message = str(item["msg"]).removeprefix("Value error, ")
    if kind in ("missing", "extra_forbidden"):
        field = str(item["loc"][-1])
        message = f"the field '{field}' " + ("is missing" if kind == "missing" else "is not known here")
    message, _, advice = message.partition("; ")
    return Problem(item["loc"], message, advice or _FIXES.get(kind, "compare with the shipped default policy"))
