"""The undo of an executed move as one new move: units, waves, promises and notices, from today's facts.

What cannot be taken back is said in sentences, which stand in the reason of the move and so on its card.
"""

from __future__ import annotations

from datetime import date

from domain.actions import (
    Action,
    CreateCustomerTask,
    HoldWave,
    RebookCarrier,
    ReleaseWave,
    ResequencePicks,
)
from domain.allocation.pool import supply_id
from domain.allocation.types import AllocationPlan, Problem, Supply
from domain.execution import TaskState, WaveState
from domain.facts import Facts
from domain.noun import Noun, Text, from_minor
from domain.plans import Effect, Move, MoveKind
from domain.requests import Undo
from domain.response.actions import ActionList
from domain.response.flows import Draw
from domain.response.setting import Setting, setting_of
from domain.response.taking_back import Bucket, TakingBack, Units, net_of, taking_back

CANNOT = {
    "expedite_inbound": "the fee of {0.cost} for hurrying {0.inbound} is paid, and it stays hurried",
    "request_replenishment": "{0.quantity} units of {0.sku} stay requested from procurement: ask them to cancel it",
    "transfer": "{0.quantity} units of {0.sku} have left {0.from_site} for {0.to_site}: ask for a transfer back",
    "substitute": "{0.line} stays served with {0.quantity} units of {0.alternative}: change the order by hand",
    "request_credit_release": "finance stays asked about {0.order}: tell them",
    "escalate": "{0.role} stays asked: tell them",
}
"""Kinds that no action takes back, in words."""


class Undoing(Noun):
    """The move that takes back what can be (None when nothing can), and what cannot."""

    move: Move | None
    left: tuple[Text, ...]


def undoing(facts: Facts, problem: Problem, plan: AllocationPlan, undo: Undo, key: str) -> Undoing:
    """The move with id `key`. Pure: equal arguments give equal bytes."""
    return _Undoing(facts, setting_of(facts, problem, plan), undo, key).made()


class _Undoing:
    def __init__(self, facts: Facts, setting: Setting, undo: Undo, key: str) -> None:
        self.facts, self.setting, self.undo, self.key = facts, setting, undo, key
        self.net: Units = net_of(undo, facts)
        self.back: TakingBack = taking_back(self.net, facts)
        self.actions = ActionList(key)
        self.left = list(self.back.left)
        self.promises: dict[str, tuple[date | None, date]] = {}

    def made(self) -> Undoing:
        self._stock()
        self._waves()
        self._promises()
        self.left += [CANNOT[a.kind].format(a) for a in self.undo.actions if a.kind in CANNOT]
        self.left = [f"{text[0].upper()}{text[1:]}." for text in dict.fromkeys(self.left)]
        if not self.actions.built:
            return Undoing(move=None, left=tuple(self.left))
        return Undoing(move=self._move(), left=tuple(self.left))

    def _supply(self, bucket: Bucket) -> Supply:
        sku, site, inbound = bucket
        name = supply_id(sku, site, inbound)
        known = self.setting.supply.get(name)
        return known or Supply(id=name, sku=sku, site=site, available=self.facts.today, quantity=0, inbound=inbound)

    def _stock(self) -> None:
        for (line, bucket), units in self.back.gives.items():
            waves = self.setting.released.get((line, bucket[1]), ()) if bucket[2] is None else ()
            self.actions.release(line, self._supply(bucket), units, waves)
        for (line, bucket), units in self.back.takes.items():
            self.actions.reserve(line, self._supply(bucket), units)

    def _waves(self) -> None:
        """Picking goes on where the move stopped it and the line has its units again; orders and carriers as before."""
        for action in self.undo.actions:
            if action.kind == "hold_wave" and self._tasks(action.wave, action.line, TaskState.HELD):
                if self._covered(action.wave, action.line):
                    needs = self._reserves_of(action.line)
                    self._add(
                        ReleaseWave(id=self._id(), needs=needs, wave=action.wave, site=action.site, line=action.line)
                    )
                else:
                    self.left.append(f"picking of {action.line} in {action.wave} stays stopped: it lacks units")
            elif action.kind == "release_wave" and self._tasks(action.wave, action.line, TaskState.OPEN):
                self._add(HoldWave(id=self._id(), wave=action.wave, site=action.site, line=action.line))
            elif action.kind == "resequence_picks":
                free = self._tasks(action.wave, None, TaskState.OPEN, TaskState.HELD)
                former = dict(self.undo.sequences).get(action.wave, ())
                if tasks := tuple(task for task in former if task in free and task in action.tasks):
                    self._add(ResequencePicks(id=self._id(), wave=action.wave, site=action.site, tasks=tasks))
            elif action.kind == "rebook_carrier":
                self._rebook(action)
            elif action.kind in ("hold_wave", "release_wave"):
                self.left.append(f"nothing of {action.line or action.wave} is left to change in wave {action.wave}")

    def _covered(self, key: str, line: str | None) -> bool:
        """Whether the lines whose picks would go on hold as much stock at the wave's site as is to be picked."""
        wave = self.facts.wave(key)
        wanted: dict[tuple[str, str], int] = {}
        for task in wave.tasks:
            if line in (None, task.line) and task.state is not TaskState.PICKED:
                wanted[task.line, task.sku] = wanted.get((task.line, task.sku), 0) + task.quantity
        return all(self._stock_after(name, (sku, wave.site, None)) >= units for (name, sku), units in wanted.items())

    def _stock_after(self, line: str, bucket: Bucket) -> int:
        held = [r.quantity for r in self.facts.reservations if r.line == line and (r.sku, r.site, r.inbound) == bucket]
        return sum(held) + self.back.takes.get((line, bucket), 0) - self.back.gives.get((line, bucket), 0)

    def _rebook(self, action: RebookCarrier) -> None:
        former = dict(self.undo.carriers).get(action.wave)
        wave = self.facts.wave(action.wave) if self.facts.has("wave", action.wave) else None
        if former and wave is not None and wave.state is not WaveState.DONE and wave.carrier == action.carrier:
            self._add(RebookCarrier(id=self._id(), wave=action.wave, site=action.site, carrier=former))
        else:
            self.left.append(f"wave {action.wave} stays with its carrier")

    def _tasks(self, wave: str, line: str | None, *states: TaskState) -> frozenset[str]:
        """Tasks of a wave that is not done, in these states."""
        if not self.facts.has("wave", wave) or self.facts.wave(wave).state is WaveState.DONE:
            return frozenset()
        tasks = self.facts.wave(wave).tasks
        return frozenset(task.id for task in tasks if line in (None, task.line) and task.state in states)

    def _promises(self) -> None:
        """The date of before the move where its units can be there by then, else the first that is possible; and a
        later one for whoever else gets worse by the undo."""
        former = {a.line: a for a in self.undo.actions if a.kind == "update_promise"}
        told = {a.order for a in self.undo.actions if a.kind == "create_customer_task"}
        lines = dict.fromkeys([*former, *(line for line, _ in (*self.back.gives, *self.back.takes))])
        for line in lines:
            if line not in self.setting.demand or self.setting.demand[line].is_transfer:
                self.left += [f"the promise of {line} stays: nothing of it is open"] if line in former else []
                continue
            now, possible = self.setting.promise_now(line), self.setting.promise_after(line, self._draws(line))
            target = possible
            if line in former:
                update = former[line]
                if now is None or now != update.new_date:
                    self.left.append(f"{line} has been promised for {now} since, which stays")
                    continue
                before = update.old_date
                target = max(before, possible) if before and possible else possible
                if before is None:
                    target = possible if possible is not None and possible > now else None
                    self.left.append(f"{line} had no promise before, and keeps one")
            elif now is None or possible is None or possible <= now or not self._worse(line):
                if now is not None and possible is not None and possible < now:
                    text = f"{line} stays promised for {now}, as another move told; it can be there on {possible}"
                    self.left.append(text)
                continue
            if target is not None and target != now:
                self._promise(line, now, target, told)
            elif line in former and former[line].old_date is not None:
                self.left.append(f"{line} stays promised for {now}: its units cannot be there sooner")

    def _worse(self, line: str) -> bool:
        before, after = self.setting.promise_after(line), self.setting.promise_after(line, self._draws(line))
        return before is not None and after is not None and after > before

    def _draws(self, line: str) -> list[Draw]:
        return [
            Draw(self._supply(bucket).id, units, line if gained else None, None if gained else line)
            for amounts, gained in ((self.back.takes, True), (self.back.gives, False))
            for (name, bucket), units in amounts.items()
            if name == line and self._supply(bucket).id in self.setting.supply
        ]

    def _promise(self, line: str, now: date | None, target: date, told: set[str]) -> None:
        demand = self.setting.demand[line]
        self.promises[line] = (now, target)
        self.actions.promise(line, demand.sku, now, target)
        if now is None or not (demand.order in told or target > now):
            return
        notice = (
            f"We told you that line {line} of order {demand.order} would arrive on {now.isoformat()}. That was taken "
            f"back: the date is {target.isoformat()}. Please tell us if this does not work for you."
        )
        self._add(
            CreateCustomerTask(
                id=self._id(),
                needs=(self.actions.built[-1].id,),
                customer=demand.customer,
                order=demand.order,
                subject=f"Corrected delivery date for {line}",
                notice=notice,
            )
        )

    def _sooner(self, line: str) -> int:
        """Units that arrive earlier than those they replace, less those that arrive later; both by arrival."""
        got, gave = (
            sorted(
                self.setting.arrival(line, self._supply(bucket).id)
                for (name, bucket), units in amounts.items()
                if name == line and self._supply(bucket).id in self.setting.supply
                for _ in range(units)
            )
            for amounts in (self.back.takes, self.back.gives)
        )
        pairs = list(zip(got, gave, strict=False))
        return sum(new < old for new, old in pairs) - sum(new > old for new, old in pairs)

    def _reserves_of(self, line: str | None) -> tuple[str, ...]:
        built = self.actions.built
        return tuple(a.id for a in built if a.kind == "reserve" and line in (None, a.line))

    def _id(self) -> str:
        return f"a{len(self.actions.built) + 1}"

    def _add(self, action: Action) -> None:
        self.actions.built.append(action)

    def _move(self) -> Move:
        gains, worth, stake = self._changes(), 0, 0
        for amounts, sign in ((self.back.takes, 1), (self.back.gives, -1)):
            for (line, bucket), units in amounts.items():
                each = self.setting.values.get((line, self._supply(bucket).id), 0)
                worth += sign * units * each
                stake += units * max(0, each) if sign > 0 else 0
        for line, units in gains.items():
            if units < 0 and line in self.setting.demand:
                worth += self.setting.demand[line].break_cost * units
        return Move(
            id=self.key,
            title=f"Undo of {self.undo.move}: {self.undo.title}"[:400],
            reason=" ".join([f"Taken back: {self.undo.reason}.", *self.left])[:4000],
            kind=self._kind(),
            actions=tuple(self.actions.built),
            effects=tuple(self._effect(line, units) for line, units in gains.items()),
            value=from_minor(worth),
            value_at_stake=from_minor(stake),
            evidence=(self.setting.plan.id, self.undo.move),
        )

    def _kind(self) -> MoveKind:
        if any(self.back.gives.values()):
            return "reallocate"
        return "reserve" if self.back.takes else self.undo.kind

    def _changes(self) -> dict[str, int]:
        """Units per line that the undo touches, the largest gain first."""
        units: dict[str, int] = dict.fromkeys(self.promises, 0)
        for amounts, sign in ((self.back.takes, 1), (self.back.gives, -1)):
            for (line, _), count in amounts.items():
                units[line] = units.get(line, 0) + sign * count
        return dict(sorted(units.items(), key=lambda item: (-item[1], item[0])))

    def _effect(self, line: str, units: int) -> Effect:
        order = self.facts.order(self.facts.line(line).order)
        now = self.setting.promise_now(line)
        before, after = self.promises.get(line, (now, now))
        return Effect(
            line=line,
            order=order.id,
            customer=order.customer,
            sku=self.facts.line(line).sku,
            units=units,
            sooner=self._sooner(line),
            promise_before=before,
            promise_after=after,
            why=f"{units:+d} by the undo of {self.undo.move}" if units else f"as before {self.undo.move}",
        )
