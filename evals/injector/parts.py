"""What one cause needs of a world: an item, a customer, orders, stock and so on of its own, before and after."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from domain.customers import Credit, CreditStatus, Customer, Tier
from domain.execution import PickTask, Wave, WaveState
from domain.facts import Facts, sorted_facts
from domain.inventory import DemandSignal, Inbound, Position, Reservation, ReservationKind, Sku, Supplier
from domain.orders import Hold, HoldKind, Order, OrderLine, Promise
from domain.sites import Cutoff, Lane, Site
from evals.worlds.network import Network
from evals.worlds.world import Dice

EVENING = timedelta(hours=16)
"""How long before the morning the evening's facts are taken; the date changes in between."""
Parts = dict[str, tuple[object, ...]]
"""Collections of Facts by their name."""


@dataclass(frozen=True)
class Ground:
    """Where one cause is put: its number and dice, the morning, the network and the suppliers there are.

    `site` serves `region` in one working day; `elsewhere` is another site.
    """

    number: int
    dice: Dice
    now: datetime
    grid: Network
    suppliers: tuple[Supplier, ...]
    supplier: Supplier = field(init=False)
    site: str = field(init=False)
    elsewhere: str = field(init=False)
    region: str = field(init=False)

    def __post_init__(self) -> None:
        here, other = self.dice.some(self.grid.sites, 2)
        object.__setattr__(self, "supplier", self.dice.pick(self.suppliers))
        object.__setattr__(self, "site", here.id)
        object.__setattr__(self, "elsewhere", other.id)
        object.__setattr__(self, "region", here.region)

    @property
    def today(self) -> date:
        """The day of the morning."""
        return self.now.date()

    @property
    def cell(self) -> str:
        """The id of this cause."""
        return f"X{self.number:03}"

    def day(self, ahead: int) -> date:
        """A day counted from today."""
        return self.today + timedelta(days=ahead)

    @property
    def sku_id(self) -> str:
        """Its one item."""
        return f"ITEM-{self.cell}"

    @property
    def place(self) -> str:
        """Its item at its site."""
        return f"{self.sku_id}@{self.site}"

    def sku(self) -> Sku:
        """The item, from a supplier that is known."""
        cost = Decimal(self.dice.between(400, 6000)) / 100
        return Sku(id=self.sku_id, name=f"part {self.cell}", unit_cost=cost, supplier=self.supplier.id)

    def customer(self, **credit: object) -> Customer:
        """The customer, in good standing unless said otherwise."""
        standing: dict[str, object] = {"limit": Decimal(90000), "exposure": Decimal(30000), "status": CreditStatus.OK}
        return Customer(
            id=f"C-{self.cell}",
            name=f"Buyer {self.cell}",
            tier=(Tier.KEY, Tier.STANDARD)[self.number % 2],
            region=self.region,
            credit=Credit.model_validate({**standing, **credit}),
        )

    def order(
        self, units: int, due: int, *, key: int = 1, first: int | None = None, promised: bool = True,
        held: bool = False, anywhere: bool = False, **line: object,
    ) -> Order:  # fmt: skip
        """One order of one line: wanted and promised `due` days from today (first promised `first`), from its site."""
        order = f"SO-{self.cell}-{key}"
        promise = Promise(first=self.day(due if first is None else first), current=self.day(due)) if promised else None
        made = self.now - timedelta(days=30 + key)
        values: dict[str, object] = {
            "quantity": units,
            "uom_quantity": Decimal(units),
            "allowed_sites": () if anywhere else (self.site,),
        }
        one = OrderLine.model_validate(
            {
                "id": f"{order}-1",
                "order": order,
                "sku": self.sku_id,
                "unit_price": Decimal(70) + self.number,
                "requested": self.day(due if first is None else first),
                "promise": promise,
                **values,
                **line,
            }
        )
        hold = Hold(kind=HoldKind.COMPLIANCE, reason="papers pending", placed_at=made)
        return Order(
            id=order,
            customer=f"C-{self.cell}",
            ordered_at=made,
            region=self.region,
            holds=(hold,) if held else (),
            lines=(one,),
        )

    def stock(self, units: int, *, at: str | None = None, quarantined: int = 0) -> Position:
        """So many units on hand."""
        read = self.now - EVENING - timedelta(hours=1)
        return Position(sku=self.sku_id, site=at or self.site, on_hand=units, quarantined=quarantined, as_of=read)

    def reserved(self, order: Order, units: int, *, inbound: str | None = None, at: str | None = None) -> Reservation:
        """Units of stock, or of supply on its way, that the order's line has."""
        return Reservation(
            id=f"R-{order.id}{'-in' if inbound else ''}",
            sku=self.sku_id,
            site=at or self.site,
            quantity=units,
            kind=ReservationKind.SOFT if inbound else ReservationKind.HARD,
            line=order.lines[0].id,
            inbound=inbound,
            owner=order.id,
            created_at=order.ordered_at,
        )

    @property
    def inbound_id(self) -> str:
        """Its one supply on the way."""
        return f"PO-{self.cell}"

    def inbound(self, units: int, eta: int, *, original: int | None = None) -> Inbound:
        """Supply for its site, `eta` days from today."""
        return Inbound(
            id=self.inbound_id,
            sku=self.sku_id,
            site=self.site,
            quantity=units,
            eta=self.day(eta),
            original_eta=self.day(eta if original is None else original),
            reliability=Decimal("0.9"),
        )

    def demand(self, weekly: int) -> tuple[DemandSignal, ...]:
        """The same demand every week for eight weeks, last week's included."""
        monday = self.today - timedelta(days=self.today.weekday() + 7)
        return tuple(
            DemandSignal(
                sku=self.sku_id, site=self.site, week=monday + timedelta(weeks=week), forecast=weekly,
                run_rate=weekly * (week % 2),
            )
            for week in range(8)
        )  # fmt: skip

    @property
    def depot_id(self) -> str:
        """A small site of its own."""
        return f"D-{self.cell}"

    def depot(self, capacity: int = 480) -> Site:
        """A small site that picks `capacity` units a day."""
        cutoff = Cutoff(carrier="dayrun", at=(self.now + timedelta(hours=9)).time().replace(second=0))
        return Site(
            id=self.depot_id,
            name=f"depot {self.cell}",
            region=f"area-{self.cell}",
            workdays=(1, 2, 3, 4, 5, 6, 7),
            pick_capacity=capacity,
            cutoffs=(cutoff,),
        )

    def way_out(self, days: int) -> Lane:
        """From its depot to its region."""
        return Lane(
            origin=self.depot_id, destination=self.region, carrier="dayrun", transit_days=days, freight=Decimal("0.40")
        )

    def wave(self, order: Order, units: int, left: timedelta, *, state: WaveState = WaveState.RELEASED) -> Wave:
        """A wave at its depot with one open pick, `left` before its cutoff."""
        key = f"WV-{self.cell}"
        task = PickTask(id=f"{key}-T1", wave=key, line=order.lines[0].id, sku=self.sku_id, quantity=units, sequence=1)
        return Wave(id=key, site=self.depot_id, state=state, carrier="dayrun", cutoff_at=self.now + left, tasks=(task,))


def parts(**named: object) -> Parts:
    """Collections by name; one noun alone stands for a tuple of it. `positions` are the warehouse's count as well."""
    made = {name: value if isinstance(value, tuple) else (value,) for name, value in named.items()}
    if "warehouse_positions" not in made and "positions" in made:
        made["warehouse_positions"] = made["positions"]
    return made


def together(base: Facts, pieces: list[Parts], taken_at: datetime) -> Facts:
    """The base with every piece added, as read at a moment."""
    joined: dict[str, object] = {}
    for name in {key for piece in pieces for key in piece}:
        joined[name] = (*getattr(base, name), *(item for piece in pieces for item in piece.get(name, ())))
    sources = tuple(source.model_copy(update={"as_of": taken_at}) for source in base.sources)
    return sorted_facts(base.replace(**joined, taken_at=taken_at, sources=sources))
