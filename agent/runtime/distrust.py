"""A ledger that is not what was written lowers every level of autonomy, whoever finds it: a person, or the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.errors import QuartermasterError
from guardrails import demoting

if TYPE_CHECKING:
    from agent.runtime.compose import Parts


def distrust(parts: Parts, found: str) -> None:
    """Demote everywhere because of what was found. Where even that cannot be written nothing else can be either: the
    gate writes to the ledger before it lets anything go."""
    why = f"The ledger is not what was written: {found}"
    try:
        with parts.database.write() as session:
            demoting.demote(session, parts.ledger, parts.policy, "verify", why, parts.clock.now())
    except QuartermasterError:
        return
