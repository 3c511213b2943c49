"""From YAML documents to a checked Policy; every error names file, line, field and fix."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from domain.errors import BadInput
from guardrails.policy.check import problems
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
    policy, errors = read(Written(name, text))
    if policy is None or errors:
        raise _first(errors)
    return policy


def read(written: Written) -> tuple[Policy | None, list[BadInput]]:
    """The policy that documents say, None when a field of it is malformed; and all that is wrong with it."""
    try:
        policy = Policy.model_validate(written.data)
    except ValidationError as wrong:
        return None, [_error(written, item) for item in wrong.errors()]
    faults = [written.error(item.path, item.message, item.fix) for item in problems(policy)]
    return policy.written(written.lines()), faults


def _error(written: Written, item: object) -> BadInput:
    assert isinstance(item, dict)
    kind = str(item["type"])
    message = str(item["msg"]).removeprefix("Value error, ")
    if kind in ("missing", "extra_forbidden"):
        field = str(item["loc"][-1])
        message = f"the field '{field}' " + ("is missing" if kind == "missing" else "is not known here")
    message, _, advice = message.partition("; ")
    return written.error(item["loc"], message, advice or _FIXES.get(kind, "compare with the shipped default policy"))


def _first(errors: list[BadInput]) -> BadInput:
    first = errors[0]
    if len(errors) > 1:
        first.fix = f"{first.fix} (and {len(errors) - 1} more)"
    return first
