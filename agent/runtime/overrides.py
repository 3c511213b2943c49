"""Overrides: what people did against the plan and what it cost, and the undo of an executed move as a new move."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from agent.casework.undoing import open_undo
from domain.noun import Id, Money, Noun, Text, Units
from guardrails.chain import EntryKind
from guardrails.overrides import check_code, may_undo
from guardrails.policy.overrides import OverrideRule
from storage import approvals, moves, plans
from storage.records import ApprovalState

if TYPE_CHECKING:
    from agent.runtime.compose import Parts


class Undone(Noun):
    """An undo that was asked for: the move it takes back (`of`), and the case, run and move it became.

    `move` is None when nothing could be taken back. `decision` is how that move stands now: `waiting` for the roles
    `waits_for`, `approved`, `executed`, `denied` and so on; `planning` while a worker has yet to look; or `nothing`.
    `text` says it in words, with everything that stays as it is.
    """

    of: Id
    case: Id
    run: Id
    move: Id | None
    decision: Text
    waits_for: tuple[Id, ...] = ()
    text: Text = ""


class Override(Noun):
    """A person's departure from the plan, as the ledger has it: what kinds it is of, why, and its cost.

    Money in the base currency: `optimum` is what the best allocation is worth, `chosen` what the best one that contains
    this decision is, `cost` the value given up (never negative). `ranked` and `floors` are units of strict ranks and of
    contract floors given up, which no money stands against. The amounts are None where
    no allocation was possible; `why_none` says why.
    """

    seq: int
    at: datetime
    by: Id
    case: Id
    move: Id
    kinds: tuple[Id, ...] = ()
    reason_code: Text = ""
    reason: Text = ""
    cost: Money | None = None
    optimum: Money | None = None
    chosen: Money | None = None
    ranked: Units = 0
    floors: Units = 0
    why_none: Text = ""


_TOLD = ("kinds", "reason_code", "cost", "optimum", "chosen", "ranked", "floors", "why_none")


class OverrideDesk:
    """What doors may ask about overrides."""

    def __init__(self, parts: Parts, settle: Callable[[str], None]) -> None:
        self._parts = parts
        self._settle = settle

    def undo(self, move: str, user: str, reason_code: str, reason: str = "", *, settle: bool = True) -> Undone:
        """Take back what an executed move did, as a new move that policy judges and the gate carries out.

        Raises NotAllowed (no role that may undo), BadInput (a reason code the policy does not know), Conflict (nothing
        of it is in force: not executed, undone before, or being undone).
        """
        parts, services = self._parts, self._parts.services
        person = parts.people.person(user)
        may_undo(person, services.policy)
        check_code(services.policy, "undo", reason_code)
        with parts.database.read() as session:
            record = moves.get(session, move)
        facts = parts.fresh([action.sku for action in record.move.actions if hasattr(action, "sku")])
        with parts.database.write() as session:
            record = moves.get(session, move, lock=True)
            case, run = open_undo(session, services, record, person, reason_code, reason, facts)
        if settle:
            self._settle(run)
        return self._undone(move, case, run)

    def _undone(self, move: str, case: str, run: str) -> Undone:
        with self._parts.database.read() as session:
            found = moves.listed(session, case=case)
            planned = plans.latest(session, case)
            asked = [one.role for one in approvals.listed(session, {ApprovalState.PENDING}) if one.case == case]
        made = found[-1] if found else None
        return Undone(
            of=move,
            case=case,
            run=run,
            move=made.id if made else None,
            decision=made.state.value if made else "nothing" if planned else "planning",
            waits_for=tuple(asked),
            text=planned.summary if planned else "",
        )

    def rules(self) -> tuple[OverrideRule, ...]:
        """Who may override what, by the policy in force."""
        return self._parts.services.policy.overrides

    def listed(self, since: datetime | None = None) -> tuple[Override, ...]:
        """Overrides in the order they were made, from `since` on; those whose entry was redacted are left out."""
        return tuple(made for made in self._read() if since is None or made.at >= since)

    def cost(self, move: str) -> Override | None:
        """The last override of a move; None when nobody has overridden it."""
        made = self._read(move)
        return made[-1] if made else None

    def _read(self, move: str | None = None) -> list[Override]:
        with self._parts.database.read() as session:
            found = self._parts.ledger.entries(session, [EntryKind.OVERRIDE], move=move)
            return [
                Override(
                    seq=entry.seq,
                    at=datetime.fromisoformat(entry.at),
                    by=entry.actor,
                    case=entry.case,
                    move=entry.move,
                    reason=body.get("why", ""),
                    **{name: body[name] for name in _TOLD if name in body},
                )
                for entry, body in found
                if body is not None and entry.case is not None and entry.move is not None
            ]
