"""A small distributor for the tests of the guard: two sites, four customers, one scarce SKU."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from domain.actions import Action, CreateCustomerTask, ReleaseReservation, Reserve, UpdatePromise
from domain.cases import Case, Scope
from domain.customers import Contract, Credit, CreditStatus, Customer, Tier
from domain.execution import PickTask, Wave, WaveState
from domain.facts import Facts, SourceState, sorted_facts
from domain.inventory import Expedite, Inbound, Position, Reservation, ReservationKind, Sku, Substitute
from domain.orders import Hold, HoldKind, LineState, Order, OrderLine, Promise
from domain.plans import Effect, Move
from domain.sites import Cutoff, Lane, Site

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
SOON = date(2026, 3, 5)


def customer(key: str, tier: Tier, *, contract: bool = False, held: bool = False, segment: str = "retail") -> Customer:
    return Customer(
        id=key,
        name=f"Customer {key}",
        tier=tier,
        segment=segment,
        contract=Contract(
            id=f"{key}-sla",
            otif_target=Decimal("0.98"),
            penalty_share=Decimal("0.03"),
            fill_floor=Decimal("0.5"),
            starts=date(2026, 1, 1),
            ends=date(2026, 12, 31),
        )
        if contract
        else None,
        credit=Credit(limit=Decimal(10000), exposure=Decimal(0), status=CreditStatus.HOLD if held else CreditStatus.OK),
    )


def order(
    key: str,
    who: str,
    quantity: int,
    price: str = "10.00",
    *,
    sku: str = "WIDGET",
    promised: date | None = SOON,
    holds: tuple[HoldKind, ...] = (),
    state: LineState = LineState.OPEN,
    frozen: bool = False,
) -> Order:
    line = OrderLine(
        id=f"{key}/1",
        order=key,
        sku=sku,
        quantity=quantity,
        unit_price=Decimal(price),
        requested=SOON,
        promise=Promise(first=promised, current=promised) if promised else None,
        state=state,
        frozen=frozen,
        substitutes_ok=True,
    )
    return Order(
        id=key,
        customer=who,
        ordered_at=NOW - timedelta(days=3),
        region="domestic",
        holds=tuple(Hold(kind=kind, placed_at=NOW) for kind in holds),
        lines=(line,),
    )


def reservation(line: str, quantity: int, *, sku: str = "WIDGET", site: str = "EAST", inbound: str | None = None):
    return Reservation(
        id=f"R-{line}-{inbound or site}",
        sku=sku,
        site=site,
        quantity=quantity,
        kind=ReservationKind.SOFT if inbound else ReservationKind.HARD,
        line=line,
        inbound=inbound,
        owner=line.split("/")[0],
        created_at=NOW,
    )


def facts(**changes: object) -> Facts:
    """The world: STD1 and STD2 (standard), KEY1, STRAT (strategic), SLA (standard, contract), HELD (credit hold)."""
    base = Facts(
        taken_at=NOW,
        sources=tuple(SourceState(system=name, as_of=NOW) for name in ("erp", "wms")),
        customers=(
            customer("STD1", Tier.STANDARD),
            customer("STD2", Tier.STANDARD),
            customer("KEY1", Tier.KEY),
            customer("STRAT", Tier.STRATEGIC),
            customer("SLA", Tier.STANDARD, contract=True),
            customer("HELD", Tier.STANDARD, held=True),
        ),
        skus=(
            Sku(id="WIDGET", name="Widget", abc_class="A", unit_cost=Decimal("6.00")),
            Sku(id="GADGET", name="Gadget", abc_class="C", unit_cost=Decimal("6.00")),
        ),
        sites=tuple(
            Site(id=key, name=key, region="domestic", pick_capacity=1000, cutoffs=(Cutoff(carrier="UPX", at=time(17)),))
            for key in ("EAST", "WEST")
        ),
        lanes=(
            Lane(origin="EAST", destination="WEST", carrier="UPX", transit_days=2, freight=Decimal("0.50")),
            Lane(origin="EAST", destination="domestic", carrier="UPX", transit_days=1, freight=Decimal("0.20")),
        ),
        positions=(
            Position(sku="WIDGET", site="EAST", on_hand=200, as_of=NOW),
            Position(sku="GADGET", site="EAST", on_hand=50, as_of=NOW),
        ),
        inbound=(
            Inbound(
                id="PO-1",
                sku="WIDGET",
                site="EAST",
                quantity=100,
                eta=date(2026, 3, 20),
                original_eta=date(2026, 3, 4),
                expedite=Expedite(eta=date(2026, 3, 10), cost=Decimal("400.00")),
            ),
        ),
        orders=(
            order("SO-STD1", "STD1", 60),
            order("SO-STD2", "STD2", 60, "15.00"),
            order("SO-KEY1", "KEY1", 40, "12.00"),
            order("SO-STRAT", "STRAT", 40, "20.00"),
            order("SO-SLA", "SLA", 40),
            order("SO-HELD", "HELD", 10),
        ),
        reservations=(
            reservation("SO-STD1/1", 60),
            reservation("SO-KEY1/1", 40),
            reservation("SO-STRAT/1", 20),
            reservation("SO-SLA/1", 30),
        ),
        substitutes=(Substitute(sku="WIDGET", alternative="GADGET", ratio=2),),
    )
    return sorted_facts(base.replace(**changes))


def with_order(changed: Order, base: Facts | None = None) -> Facts:
    """The world with one order replaced or added."""
    base = base or facts()
    return sorted_facts(base.replace(orders=(*(o for o in base.orders if o.id != changed.id), changed)))


def picking(line: str, state: WaveState = WaveState.RELEASED) -> Wave:
    task = PickTask(id="T1", wave="W1", line=line, sku="WIDGET", quantity=10, sequence=1)
    return Wave(id="W1", site="EAST", state=state, carrier="UPX", cutoff_at=NOW, tasks=(task,))


SCOPE = Scope(
    skus=("GADGET", "WIDGET"),
    orders=("SO-HELD", "SO-KEY1", "SO-SLA", "SO-STD1", "SO-STD2", "SO-STRAT"),
    customers=("HELD", "KEY1", "SLA", "STD1", "STD2", "STRAT"),
    sites=("EAST", "WEST"),
    waves=("W1",),
    inbound=("PO-1",),
)


def case(kind: str = "supplier_delay", scope: Scope = SCOPE, raised_by: str = "intake") -> Case:
    return Case(id="C1", kind=kind, title="Late supply", raised_by=raised_by, opened_at=NOW, scope=scope)


def reserve(key: str, line: str, quantity: int, *needs: str, site: str = "EAST", inbound: str | None = None) -> Reserve:
    kind = ReservationKind.SOFT if inbound else ReservationKind.HARD
    return Reserve(
        id=key, needs=needs, line=line, sku="WIDGET", site=site, quantity=quantity, reservation=kind, inbound=inbound
    )


def release(key: str, line: str, quantity: int, *needs: str, site: str = "EAST") -> ReleaseReservation:
    return ReleaseReservation(id=key, needs=needs, line=line, sku="WIDGET", site=site, quantity=quantity)


def move(*actions: Action, kind: str = "reallocate", key: str = "C1/r1/m1", effects: tuple[Effect, ...] = ()) -> Move:
    return Move.model_validate(
        {"id": key, "title": "A move", "reason": "because", "kind": kind, "actions": actions, "effects": effects}
    )


def reallocation(
    loser: str = "SO-STD1/1", units: int = 10, winner: str = "SO-STD2/1", *, key: str = "C1/r1/m1", slip_days: int = 5
) -> Move:
    """`units` from loser to winner, with the loser's later promise and a notice."""
    world = facts()
    late = SOON + timedelta(days=slip_days)
    sides = ((winner, units, None), (loser, -units, late))
    effects = tuple(
        Effect(
            line=line,
            order=line.split("/")[0],
            customer=world.order(line.split("/")[0]).customer,
            sku="WIDGET",
            units=net,
            promise_before=SOON,
            promise_after=after,
        )
        for line, net, after in sides
    )
    return move(
        release("a1", loser, units),
        reserve("a2", winner, units, "a1"),
        UpdatePromise(id="a3", needs=("a1", "a2"), line=loser, sku="WIDGET", old_date=SOON, new_date=late),
        CreateCustomerTask(
            id="a4",
            needs=("a3",),
            customer=effects[1].customer,
            order=loser.split("/")[0],
            subject="New date",
            notice=f"Your line arrives on {late}.",
        ),
        key=key,
        effects=effects,
    )
