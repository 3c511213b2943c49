"""Propose a task for customer service with the notice drafted from a template; nothing a customer wrote is in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from domain.actions import CreateCustomerTask
from domain.errors import BadInput
from domain.noun import Id, Noun
from domain.wording import listed
from tools.context import Proposal, ToolContext, effect_on, propose

Topic = Literal["delay", "shortage", "credit_hold", "substitute"]

_TEMPLATES: Mapping[str, tuple[str, str]] = {
    "delay": (
        "New delivery date for {order}",
        "Part of order {order} ({lines}) will arrive on {date}. Please tell us if this does not work for you.",
    ),
    "shortage": (
        "Part of {order} cannot be served now",
        "Supply is short and we cannot serve all of order {order} ({lines}) now. We have ordered more and will tell "
        "you the date as soon as it is certain. Please tell us if you prefer to cancel or to change the order.",
    ),
    "credit_hold": (
        "{order} waits for payment",
        "Order {order} ({lines}) is ready, but your account needs attention before we can ship. Please contact our "
        "finance team.",
    ),
    "substitute": (
        "Substitute offered for {order}",
        "We can serve part of order {order} ({lines}) with an equivalent item. Please tell us if you do not want it.",
    ),
}


class TaskArgs(Noun):
    """An order, what to tell its customer, and the date where the topic is a delay; `lines` narrows what is named."""

    order: Id
    topic: Topic
    lines: tuple[Id, ...] = ()
    new_date: date | None = None


def task(context: ToolContext, args: TaskArgs) -> Proposal:
    """One move with one customer task. BadInput when a delay has no date or a line is not of the order."""
    order = context.facts.order(args.order)
    own = {line.id: line for line in order.lines}
    if strange := [key for key in args.lines if key not in own]:
        raise BadInput(
            f"{strange[0]} is not a line of {order.id}", field="lines", fix=f"use lines of it: {', '.join(sorted(own))}"
        )
    if args.topic == "delay" and args.new_date is None:
        raise BadInput("a delay needs its new date", field="new_date", fix="name the date that the customer is told")
    named = [own[key] for key in sorted(args.lines)] or [line for line in order.lines if line.open_quantity]
    subject, notice = _TEMPLATES[args.topic]
    words = {"order": order.id, "lines": listed([line.id for line in named], 20), "date": str(args.new_date or "")}
    move = propose(
        "promise",
        subject.format(**words),
        f"{order.customer} has to be told about {order.id}.",
        [
            CreateCustomerTask(
                id="a1",
                customer=order.customer,
                order=order.id,
                subject=subject.format(**words),
                notice=notice.format(**words),
            )
        ],
        effects=[effect_on(context, line, 0, "the customer is told") for line in named],
        evidence=(order.id,),
    )
    return Proposal(moves=(move,))
