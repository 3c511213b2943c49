"""The one error tree. The docstring of a class is what its user reads first.

QuartermasterError
├── BadInput            the caller sent something unusable; names the field and the fix
│   └── UnknownReference    an id that no system knows
├── Conflict            the world moved on: stale card, already decided, duplicate with another body
│   ├── StaleDecision
│   └── AlreadyDecided
├── NotAllowed          policy, role, scope, budget or four eyes forbid it
├── DependencyDown      a system, database or model did not answer; nothing was lost, try again
│   └── UnknownOutcome      sent, but no reply: it may have happened
│       └── ManualCheck         ... and it cannot be asked again: a person must look
├── EffectRefused       the other system answered, and said no for good
├── StorageFailed       our own database or disk failed
└── IntegrityBroken     the ledger or a replay does not match what was recorded
"""

from __future__ import annotations


class QuartermasterError(Exception):
    """Something went wrong in Quartermaster."""

    code = "error"

    def __init__(self, message: str, *, field: str | None = None, fix: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.fix = fix

    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        fix = f" Fix: {self.fix}" if self.fix else ""
        return f"{where}{self.message}{fix}"


class BadInput(QuartermasterError):
    """What was sent cannot be used."""

    code = "bad_input"


class UnknownReference(BadInput):
    """No system knows this id."""

    code = "unknown_reference"


class Conflict(QuartermasterError):
    """The world moved on since this was prepared."""

    code = "conflict"


class StaleDecision(Conflict):
    """The plan shown on this card is no longer the plan; look at the new card and decide again."""

    code = "stale_decision"


class AlreadyDecided(Conflict):
    """Somebody has decided this already."""

    code = "already_decided"


class NotAllowed(QuartermasterError):
    """Policy does not let this person or run do that."""

    code = "not_allowed"


class DependencyDown(QuartermasterError):
    """Another system did not answer. Nothing is lost; it is tried again."""

    code = "dependency_down"


class UnknownOutcome(DependencyDown):
    """The request was sent and no reply came: it may or may not have happened."""

    code = "unknown_outcome"


class ManualCheck(UnknownOutcome):
    """It may have happened, and asking again could do it twice: a person must look into the other system."""

    code = "manual_check"


class EffectRefused(QuartermasterError):
    """The other system answered, and refused for good."""

    code = "effect_refused"


class StorageFailed(QuartermasterError):
    """Our own database or disk failed; nothing half-written is kept."""

    code = "storage_failed"


class IntegrityBroken(QuartermasterError):
    """A recorded fact does not match its proof."""

    code = "integrity_broken"
