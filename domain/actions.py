"""What may be done in the ERP, the WMS and the other systems, as a tagged union. An action is a proposal until the gate
has carried it out. `needs` names actions of the same move that must have succeeded first."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.inventory import ReservationKind
from domain.noun import Id, Money, Noun, PositiveUnits, Text


class _Action(Noun):
    id: Id
    """Unique in its move: `a1`, `a2`, ..."""
    needs: tuple[Id, ...] = ()


class Reserve(_Action):
    """Reserve units for a line: stock of a site (hard), or an inbound supply (soft, `inbound` set)."""

    kind: Literal["reserve"] = "reserve"
    line: Id
    sku: Id
    site: Id
    quantity: PositiveUnits
    reservation: ReservationKind = ReservationKind.HARD
    inbound: Id | None = None


class ReleaseReservation(_Action):
    """Take units back from a line. They stay earmarked for this move until its reserve takes them."""

    kind: Literal["release_reservation"] = "release_reservation"
    line: Id
    sku: Id
    site: Id
    quantity: PositiveUnits
    reservation: ReservationKind = ReservationKind.HARD
    inbound: Id | None = None


class HoldWave(_Action):
    """Stop picking: the whole wave, or only the tasks of `line`."""

    kind: Literal["hold_wave"] = "hold_wave"
    wave: Id
    site: Id
    line: Id | None = None


class ReleaseWave(_Action):
    """Let picking go on: the whole wave, or only the tasks of `line`."""

    kind: Literal["release_wave"] = "release_wave"
    wave: Id
    site: Id
    line: Id | None = None


class ResequencePicks(_Action):
    """Pick the tasks of a wave in this order."""

    kind: Literal["resequence_picks"] = "resequence_picks"
    wave: Id
    site: Id
    tasks: tuple[Id, ...] = Field(min_length=1)


class RequestReplenishment(_Action):
    """Ask procurement to buy."""

    kind: Literal["request_replenishment"] = "request_replenishment"
    sku: Id
    site: Id
    quantity: PositiveUnits
    needed_by: date
    supplier: Id | None = None


class ExpediteInbound(_Action):
    """Pay to get inbound supply faster."""

    kind: Literal["expedite_inbound"] = "expedite_inbound"
    inbound: Id
    sku: Id
    site: Id
    new_eta: date
    cost: Money


class Transfer(_Action):
    """Move stock between sites; `request` when it answers a transfer request."""

    kind: Literal["transfer"] = "transfer"
    sku: Id
    from_site: Id
    to_site: Id
    quantity: PositiveUnits
    ship_on: date
    request: Id | None = None


class SubstituteItem(_Action):
    """Serve part of a line with another SKU."""

    kind: Literal["substitute"] = "substitute"
    line: Id
    sku: Id
    alternative: Id
    site: Id
    quantity: PositiveUnits


class UpdatePromise(_Action):
    """Tell the ERP a new promise date of a line."""

    kind: Literal["update_promise"] = "update_promise"
    line: Id
    sku: Id
    old_date: date | None
    new_date: date


class RequestCreditRelease(_Action):
    """Ask finance to release a customer, for one order."""

    kind: Literal["request_credit_release"] = "request_credit_release"
    customer: Id
    order: Id
    amount: Money


class RebookCarrier(_Action):
    """Send a shipment or wave with another carrier."""

    kind: Literal["rebook_carrier"] = "rebook_carrier"
    wave: Id
    site: Id
    carrier: Id


class CreateCustomerTask(_Action):
    """Give customer service a task, with the notice drafted."""

    kind: Literal["create_customer_task"] = "create_customer_task"
    customer: Id
    order: Id
    subject: Text
    notice: Text


class Escalate(_Action):
    """Ask a role to look at a case."""

    kind: Literal["escalate"] = "escalate"
    role: Id
    case: Id
    reason: Text


Action = Annotated[
    Reserve
    | ReleaseReservation
    | HoldWave
    | ReleaseWave
    | ResequencePicks
    | RequestReplenishment
    | ExpediteInbound
    | Transfer
    | SubstituteItem
    | UpdatePromise
    | RequestCreditRelease
    | RebookCarrier
    | CreateCustomerTask
    | Escalate,
    Field(discriminator="kind"),
]

SYSTEM_OF = {
    "reserve": "erp",
    "release_reservation": "erp",
    "substitute": "erp",
    "transfer": "erp",
    "update_promise": "erp",
    "hold_wave": "wms",
    "release_wave": "wms",
    "resequence_picks": "wms",
    "request_replenishment": "procurement",
    "expedite_inbound": "procurement",
    "request_credit_release": "finance",
    "rebook_carrier": "tms",
    "create_customer_task": "crm",
    "escalate": "crm",
}
"""Which system each action kind is carried out in; every kind of the union is here (tested)."""
