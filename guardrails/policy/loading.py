"""From a YAML file to a checked Policy; every error names file, line, field and fix."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from domain.errors import BadInput
from guardrails.policy.check import problems
from guardrails.policy.document import Document
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
    """The policy in a file. BadInput when it cannot be read or is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as broken:
        raise BadInput(
            f"the policy file cannot be read ({broken.__class__.__name__})",
            field=str(path),
            fix="check the path and that it is UTF-8 text",
        ) from None
    return parse(text, path.name)


def parse(text: str, name: str = "policy") -> Policy:
    """The policy in a text. The first fault in the file is raised as BadInput; the others are counted."""
    document = Document(name, text)
    if not isinstance(document.data, dict):
        raise document.error((), "a policy is a list of named fields", "start from the shipped default policy")
    try:
        policy = Policy.model_validate(document.data)
    except ValidationError as wrong:
        raise _first([_error(document, item) for item in wrong.errors()]) from None
    if found := problems(policy):
        raise _first([document.error(item.path, item.message, item.fix) for item in found])
    return policy


def _error(document: Document, item: object) -> BadInput:
    assert isinstance(item, dict)
    path = document.path(item["loc"])
    kind = str(item["type"])
    message = str(item["msg"]).removeprefix("Value error, ")
    if kind in ("missing", "extra_forbidden"):
        field = str(item["loc"][-1])
        message = f"the field '{field}' " + ("is missing" if kind == "missing" else "is not known here")
    message, _, advice = message.partition("; ")
    return document.error(path, message, advice or _FIXES.get(kind, "compare with the shipped default policy"))


def _first(errors: list[BadInput]) -> BadInput:
    first = errors[0]
    if len(errors) > 1:
        first.fix = f"{first.fix} (and {len(errors) - 1} more)"
    return first
