"""The quantities of one move while a person changes them: what one line gets more, free supply or a loser gives."""

from __future__ import annotations

from domain.actions import Action, ReleaseReservation, Reserve
from domain.errors import BadInput
from domain.facts import Facts
from domain.plans import Move
from guardrails.supply import Bucket, drawn_free, free_units, held_by


class Balance:
    """Quantities by action id, changed together.

    Fewer units for a line leave the losers behind it their units, last loser first, and cancel what those would have
    got instead; what the line would have given up for them it keeps. More units come out of free supply first, and then
    from the losers already in the move.
    """

    def __init__(self, move: Move, facts: Facts) -> None:
        self.move = move
        self.facts = facts
        self.quantity = {a.id: int(getattr(a, "quantity", 0)) for a in move.actions}
        self.before = self.net()
        self.free = free_units(facts)
        for claim in facts.claims:
            bucket = (claim.sku, claim.site, claim.inbound)
            self.free[bucket] = self.free.get(bucket, 0) - (claim.quantity if claim.move != move.id else 0)
        self.held = held_by(facts)

    def change(self, key: str, quantity: int) -> None:
        """Set one action's quantity, and everything that follows from it. BadInput says what is possible."""
        action = next((a for a in self.move.actions if a.id == key), None)
        if action is None or not hasattr(action, "quantity"):
            known = ", ".join(a.id for a in self.move.actions if hasattr(a, "quantity"))
            raise BadInput(f"the move has no quantity at '{key}'", field="changes", fix=f"quantities stand in {known}")
        if quantity < 0:
            raise BadInput(f"{quantity} is not a quantity", field=key, fix="give 0 or more whole units")
        more = quantity - self.quantity[key]
        if isinstance(action, Reserve):
            self._raise(action, more) if more > 0 else self._lower(action, -more)
        elif isinstance(action, ReleaseReservation):
            self._take(action, more) if more > 0 else self._leave(action, -more)
        elif action.kind == "request_replenishment":
            self.quantity[key] = quantity
        elif more > 0:
            raise BadInput(f"a {action.kind} can only be lowered", field=key, fix=f"{self.quantity[key]} or less")
        else:
            self._lower(action, -more)

    def net(self) -> dict[str, int]:
        """Units each line (or transfer request) gains by the move; negative when it loses."""
        net: dict[str, int] = {}
        for action in self.move.actions:
            units = self.quantity[action.id]
            if action.kind in ("reserve", "substitute"):
                net[action.line] = net.get(action.line, 0) + units
            elif action.kind == "release_reservation":
                net[action.line] = net.get(action.line, 0) - units
            elif action.kind == "transfer" and action.request is not None:
                net[action.request] = net.get(action.request, 0) + units
        return net

    def scaled(self) -> Move:
        """The move with these quantities; actions of 0 units are left out."""
        actions = tuple(
            a.model_copy(update={"quantity": self.quantity[a.id]}) if hasattr(a, "quantity") else a
            for a in self.move.actions
            if self.quantity[a.id] or not hasattr(a, "quantity")
        )
        return self.move.model_copy(update={"actions": actions})

    def overdrawn(self) -> str:
        """What the quantities take that is not there; "" when all is there."""
        was, now = drawn_free(self.move, self.facts), drawn_free(self.scaled(), self.facts)
        for bucket, units in now.items():
            if units > max(was.get(bucket, 0), self.free.get(bucket, 0)):
                return f"{units} of {bucket[0]} at {bucket[1]} would come out of free units, but fewer are free"
        for release in self._releases():
            if self.quantity[release.id] > max(release.quantity, self._holds(release)):
                return f"{release.line} would give up more than it holds"
        return ""

    def _lower(self, action: Action, units: int) -> None:
        self.quantity[action.id] -= units
        for release in reversed(self._behind(action)):
            back = min(units, self.quantity[release.id])
            self._give_back(release, back)
            units -= back
        self._keep_own(getattr(action, "line", None))

    def _keep_own(self, line: str | None) -> None:
        """A line that gets less keeps so much of what it would have given up for it."""
        for release in reversed(self._releases()):
            if release.line == line:
                too_few = min(0, self.before[line]) - self.net()[line]
                if too_few > 0:
                    self._leave(release, min(too_few, self.quantity[release.id]))

    def _give_back(self, release: ReleaseReservation, units: int) -> None:
        """A loser keeps units after all, and gets as many fewer elsewhere."""
        self.quantity[release.id] -= units
        for other in reversed(self._reserves()):
            too_many = self.net()[release.line] - max(0, self.before[release.line])
            if other.line == release.line and too_many > 0:
                self._lower(other, min(too_many, self.quantity[other.id]))

    def _raise(self, action: Reserve, units: int) -> None:
        self._check_room(action.line, action.id, units)
        bucket = _bucket(action)
        drawn = drawn_free(self.scaled(), self.facts).get(bucket, 0)
        left = units - min(units, max(0, self.free.get(bucket, 0) - drawn))
        givers = self._behind(action)
        can_give = sum(self._can_give(release) for release in givers)
        if left > can_give:
            most = self.quantity[action.id] + units - left + can_give
            raise BadInput(f"only {most} can be had in this move", field=action.id, fix=f"{most} or less")
        self.quantity[action.id] += units
        for release in givers:
            more = min(left, self._can_give(release))
            self.quantity[release.id] += more
            left -= more

    def _take(self, release: ReleaseReservation, units: int) -> None:
        """Take more from one loser, for the first line that draws on the same supply."""
        taker = next((a for a in self._reserves() if release in self._behind(a)), None)
        if taker is None:
            raise BadInput(f"nobody takes units from {release.line}", field=release.id, fix="edit a reserve instead")
        if units > self._can_give(release):
            most = self.quantity[release.id] + self._can_give(release)
            raise BadInput(f"{release.line} holds no more than {most}", field=release.id, fix=f"{most} or less")
        self._check_room(taker.line, release.id, units)
        self.quantity[release.id] += units
        self.quantity[taker.id] += units

    def _leave(self, release: ReleaseReservation, units: int) -> None:
        """Take less from one loser; whoever drew on it gets less, the last first."""
        for action in reversed(self.move.actions):
            if units and release in self._behind(action):
                less = min(units, self.quantity[action.id])
                self.quantity[action.id] -= less
                self._give_back(release, less)
                units -= less
        if units:
            self._give_back(release, units)

    def _check_room(self, line: str, field: str, units: int) -> None:
        """BadInput when a line would hold more than it has open."""
        has = sum(held for (name, _), held in self.held.items() if name == line)
        room = max(0, self.facts.line(line).open_quantity - has - self.net().get(line, 0))
        if units > room:
            most = self.quantity[field] + room
            raise BadInput(f"line {line} needs no more than {most} here", field=field, fix=f"{most} or less")

    def _reserves(self) -> list[Reserve]:
        return [a for a in self.move.actions if isinstance(a, Reserve)]

    def _releases(self) -> list[ReleaseReservation]:
        return [a for a in self.move.actions if isinstance(a, ReleaseReservation)]

    def _behind(self, action: Action) -> list[ReleaseReservation]:
        """Releases of other lines on the supply an action gives from, in written order."""
        source = _source(action)
        return [r for r in self._releases() if _bucket(r) == source and r.line != getattr(action, "line", None)]

    def _holds(self, release: ReleaseReservation) -> int:
        return self.held.get((release.line, _bucket(release)), 0)

    def _can_give(self, release: ReleaseReservation) -> int:
        return max(0, self._holds(release) - self.quantity[release.id])


def _bucket(action: Reserve | ReleaseReservation) -> Bucket:
    return (action.sku, action.site, action.inbound)


def _source(action: Action) -> Bucket | None:
    """The supply an action gives units from; None when it gives none."""
    if isinstance(action, Reserve):
        return _bucket(action)
    if action.kind == "transfer":
        return (action.sku, action.from_site, None)
    if action.kind == "substitute":
        return (action.alternative, action.site, None)
    return None
