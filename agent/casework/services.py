"""What every node is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agent.planners.interface import Planner
from connectors.reads import Reads
from guardrails.approvals import Approvals
from guardrails.ledger import Ledger
from guardrails.people import People
from guardrails.policy import Policy
from knowledge.passages import Citation, Library
from storage.database import Database


@dataclass(frozen=True)
class Services:
    """Our memory, their systems (to read), the policy in force, and who plans; `fallback` when the first fails.

    `library` is what is written down, `playbook` what to do when a system is silent. Take `policy` anew for every piece
    of work, and keep it no longer.
    """

    database: Database
    now: Callable[[], datetime]
    reads: Reads
    in_force: Callable[[], Policy]
    people: People
    ledger: Ledger
    approvals: Approvals
    planner: Planner
    fallback: Planner
    library: Library
    playbook: Callable[[str], Citation | None]

    @property
    def policy(self) -> Policy:
        """The policy in force now; inside a transaction that writes it stays the same."""
        return self.in_force()
