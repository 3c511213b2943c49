"""A question that names a sort of document ("what does the contract say ...") means documents of that sort first."""

from __future__ import annotations

from collections.abc import Collection

NAMED: dict[str, str] = {
    "contract": "contract",
    "agreement": "contract",
    "sla": "contract",
    "playbook": "playbook",
    "runbook": "playbook",
    "policy": "policy",
    "procedure": "sop",
    "sop": "sop",
}
"""Word -> kind."""


def kind_named(words: Collection[str]) -> str | None:
    """The one kind that the words name; None when they name none, or two."""
    found = {NAMED[word] for word in words if word in NAMED}
    return found.pop() if len(found) == 1 else None
