"""The gate itself: admit a move, execute its actions one by one, undo them, and close the books on it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from connectors.writes import EffectClass, Receipt, Writes
from domain.actions import SYSTEM_OF, Action
from domain.errors import BadInput, DependencyDown, NotAllowed, QuartermasterError, UnknownOutcome, UnknownReference
from domain.facts import Facts
from guardrails import budgets, claims, demoting, switches
from guardrails.chain import EntryKind
from guardrails.gate.admission import ACTOR, ADMISSIBLE, Admission, Fresh, admit, find, known, note_stop, spent
from guardrails.gate.dispatch import DISPATCH, Undoing, check_complete
from guardrails.gate.sending import Sender, Sending
from guardrails.judge import read_only_text
from guardrails.ledger import Ledger
from guardrails.people import People
from guardrails.policy import Policy
from guardrails.policy.check import problems
from guardrails.subject import describe
from storage import cases, effects, moves, snapshots
from storage.database import Database, Session
from storage.records import EffectState, MoveRecord, MoveState

ENDS = frozenset({MoveState.EXECUTED, MoveState.COMPENSATED, MoveState.FAILED, MoveState.CANCELLED})


class Gate:
    """The only holder of `writes`. Built once, by the composition root.

    `take_facts` gives fresh facts about some SKUs (DependencyDown when a system is silent). `tenant` begins every
    idempotency key: `{tenant}:{move}:{action}`, and `:undo` behind it. `effect_classes`: how each operation of the
    connector becomes exactly-once; one it does not name is never asked twice. Raises BadInput when the policy leaves an
    action kind without a rule, IntegrityBroken when one has no connector call.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        writes: Writes,
        take_facts: Callable[[Collection[str]], Facts],
        policy: Callable[[], Policy],
        people: People,
        now: Callable[[], datetime],
        tenant: str,
        effect_classes: Mapping[str, EffectClass],
    ) -> None:
        check_complete()
        if found := problems(policy()):
            raise BadInput(found[0].message, field="policy", fix=found[0].fix)
        self._database = database
        self._ledger = ledger
        self._writes = writes
        self._take_facts = take_facts
        self._policy = policy
        self._people = people
        self._now = now
        self._tenant = tenant
        self._sender = Sender(database, ledger, now, effect_classes)

    def admit(self, move: str) -> Admission:
        """Judge a move once more, on fresh facts, and let it through; a move on its way stays let through.

        Raises NotAllowed (the move is DENIED now), StaleDecision (SUPERSEDED: plan again), DependencyDown (a system is
        silent or a kill switch is on; the move stays as it is).
        """
        with self._database.read() as session:
            record = moves.get(session, move)
            _must_be_admissible(record)
            if (before := known(session, self._ledger, record)) is not None:
                return before
            skus = cases.get(session, record.case).scope.skus
        facts = self._take_facts(skus)
        with self._database.write() as session:
            self._ledger.hold(session)
            record = moves.get(session, move, lock=True)
            _must_be_admissible(record)
            if (before := known(session, self._ledger, record)) is not None:
                return before
            fresh = Fresh(record, facts, self._policy(), self._people, self._now())
            answer = admit(session, self._ledger, fresh)
        if isinstance(answer, QuartermasterError):
            raise answer
        return answer

    def execute(self, move: str, action: str) -> Receipt:
        """Carry out one action of an admitted move whose needs are done; done before, the stored receipt comes back.

        Raises NotAllowed, and everything `Sender.send` raises.
        """
        with self._database.read() as session:
            record = self._admitted(session, move)
            done = _done(session, move)
            body = find(session, self._ledger, move)
        wanted = _action(record, action)
        if body is None or body["substance"] != record.move.substance:
            raise NotAllowed(f"{move} was not admitted as it is", field="move", fix="admit it first")
        if missing := [need for need in wanted.needs if need not in done]:
            raise NotAllowed(
                f"{action} of {move} needs {missing[0]}, which is not done", field="needs", fix="do it first"
            )
        effect = DISPATCH[wanted.kind]
        sending = Sending(
            record,
            action,
            effect.operation,
            self._key(move, action),
            wanted,
            lambda: effect.do(self._writes, self._key(move, action), move, wanted),
        )
        if action not in done:
            self._check_switch(record, wanted)
        return self._sender.send(
            sending,
            after=lambda session: claims.shrink(session, record.move, frozenset({*_done(session, move), action})),
        )

    def undo(self, move: str, action: str) -> Receipt:
        """Take back an action that was done, under its own key. What cannot be taken back raises EffectRefused."""
        with self._database.read() as session:
            record = self._admitted(session, move)
            original = effects.find(session, self._key(move, action))
            body = find(session, self._ledger, move)
            before = snapshots.get(session, str(body["facts"])) if body else None
        wanted = _action(record, action)
        if original is None or before is None or original.state in (EffectState.INTENT, EffectState.REFUSED):
            raise NotAllowed(f"{action} of {move} was not done", field="action", fix="there is nothing to undo")
        if original.state is EffectState.UNKNOWN:
            raise UnknownOutcome(
                f"whether {action} of {move} was done is not known", field="action", fix="execute it again"
            )
        effect = DISPATCH[wanted.kind]
        key = f"{self._key(move, action)}:undo"
        to = Undoing(original.receipt, before)
        sending = Sending(
            record,
            action,
            effect.undo_operation,
            key,
            {"undo": wanted, "reference": to.reference},
            lambda: effect.undo(self._writes, key, move, wanted, to),
        )
        self._check_switch(record, wanted)
        return self._sender.send(sending, after=lambda session: self._undone(session, self._key(move, action)))

    def finish(self, move: str, outcome: MoveState, why: str = "") -> None:
        """Close the books on a move: earmarks and claims go back; so do its budgets unless something was executed.

        `outcome` is one of ENDS; the state changes if it has not yet. Doing it again changes nothing. Raises
        DependencyDown while what is earmarked in the ERP cannot be given back.
        """
        if outcome not in ENDS:
            raise BadInput(f"a move does not end as {outcome.value}", field="outcome", fix="use a state that ends it")
        with self._database.read() as session:
            record = moves.get(session, move)
            ended = [body for _, body in self._ledger.entries(session, [EntryKind.OUTCOME], move=move) if body]
        if any("ended" in body for body in ended):
            return
        self._free_earmark(record)
        with self._database.write() as session:
            self._ledger.hold(session)
            now = self._now()
            claims.release(session, move)
            moves.advance(session, move, ADMISSIBLE, outcome, why[:4000])
            refund = spent(session, self._ledger, move) if outcome is not MoveState.EXECUTED else ()
            if outcome is not MoveState.FAILED:
                budgets.refund(session, refund)
            body = {"ended": outcome, "why": why, "refunded": bool(refund) and outcome is not MoveState.FAILED}
            self._ledger.append(
                session, EntryKind.OUTCOME, ACTOR, now, body, case=record.case, run=record.run, move=move
            )
            if outcome is MoveState.FAILED:
                self._demote(session, record, why, now)

    def _demote(self, session: Session, record: MoveRecord, why: str, now: datetime) -> None:
        """A move that ended half done lowers autonomy where it was made."""
        body = find(session, self._ledger, record.id)
        facts = snapshots.get(session, str(body["facts"])) if body else None
        subject = describe(record.move, facts, cases.get(session, record.case)) if facts else None
        where = demoting.of_subject(subject) if subject else None
        text = f"{record.id} ended half done: {why or 'nobody said why'}"
        place = {"case": record.case, "run": record.run, "move": record.id}
        demoting.demote(session, self._ledger, self._policy(), "effect", text, now, where=where, **place)

    def _free_earmark(self, record: MoveRecord) -> None:
        """Give back what the move has earmarked in the ERP and not used."""
        with self._database.read() as session:
            sent = [effect.operation for effect in effects.listed(session, move=record.id)]
        if not {"erp.release", "erp.reserve"} & set(sent):
            return
        key = self._key(record.id, "earmark")
        call = lambda: self._writes.erp.free_earmark(key, earmark=record.id)  # noqa: E731 - one call, named for its use
        self._sender.send(Sending(record, "earmark", "erp.free_earmark", key, {"earmark": record.id}, call))

    def _undone(self, session: Session, key: str) -> None:
        effects.settle(session, key, {EffectState.DONE}, EffectState.UNDONE, self._now())

    def _key(self, move: str, action: str) -> str:
        return f"{self._tenant}:{move}:{action}"

    def _admitted(self, session: Session, move: str) -> MoveRecord:
        record = moves.get(session, move)
        if record.state not in (MoveState.EXECUTING, MoveState.PARKED):
            raise NotAllowed(
                f"{move} is {record.state.value}, so nothing of it is carried out", field="move", fix="admit it first"
            )
        return record

    def _check_switch(self, record: MoveRecord, action: Action) -> None:
        """DependencyDown while a kill switch stops the system of an action, or policy is read-only; recorded once."""
        system = SYSTEM_OF[action.kind]
        with self._database.read() as session:
            switch = switches.stopped(session, (system,))
        policy = self._policy()
        if switch is not None:
            text, fix = switches.in_words(switch), "lift the kill switch; the move then goes on by itself"
        elif policy.autonomy.reads_only(self._now().date()):
            text, fix = read_only_text(policy), "the move goes on by itself once the policy lets anything be written"
        else:
            return
        with self._database.write() as session:
            self._ledger.hold(session)
            note_stop(session, self._ledger, record, text, self._now(), action.id)
        raise DependencyDown(text, field=system, fix=fix)


def _must_be_admissible(record: MoveRecord) -> None:
    if record.state not in ADMISSIBLE:
        why = f" ({record.reason})" if record.reason else ""
        raise NotAllowed(
            f"{record.id} is {record.state.value}{why}, so it is not carried out", field="move", fix="plan again"
        )


def _action(record: MoveRecord, action: str) -> Action:
    found = next((one for one in record.move.actions if one.id == action), None)
    if found is None:
        raise UnknownReference(f"{record.id} has no action '{action}'", field="action", fix="look at the move")
    return found


def _done(session: Session, move: str) -> set[str]:
    """Actions of a move that were carried out and not undone."""
    return {
        effect.action
        for effect in effects.listed(session, {EffectState.DONE}, move=move)
        if not effect.key.endswith(":undo")
    }
