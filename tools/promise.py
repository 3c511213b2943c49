"""Propose a new promise date for a line, with the notice drafted when it is later than the customer was told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from domain.actions import Action, CreateCustomerTask, UpdatePromise
from domain.errors import BadInput
from domain.noun import Id, Noun, Text
from domain.orders import OrderLine
from tools.context import Proposal, ToolContext, effect_on, propose


class PromiseArgs(Noun):
    """A line and its new date."""

    line: Id
    new_date: date
    why: Text = ""


def promise(context: ToolContext, args: PromiseArgs) -> Proposal:
    """One move with the new date, and a customer task when it is later. BadInput for a date in the past."""
    line = context.facts.line(args.line)
    if args.new_date < context.facts.today:
        raise BadInput(
            f"{args.new_date} is in the past", field="new_date", fix=f"name a day from {context.facts.today} on"
        )
    before = line.promise.current if line.promise else None
    if before == args.new_date:
        return Proposal(note=f"{line.id} is promised for {before} already")
    if not line.open_quantity:
        return Proposal(note=f"{line.id} has nothing open")
    slip = (args.new_date - before).days if before else 0
    actions = _actions(context, line, before, args.new_date)
    said = f"{before} before, {abs(slip)} days {'later' if slip > 0 else 'earlier'}" if before else "no date before"
    move = propose(
        "promise",
        f"Promise {line.id} for {args.new_date}",
        f"{args.why or 'The date changes.'} ({said})",
        actions,
        effects=[effect_on(context, line, 0, args.why or "its date changes", args.new_date)],
        evidence=(line.id,),
        value_at_stake=line.open_quantity * context.penalty(line) if slip > 0 else Decimal(0),
    )
    return Proposal(moves=(move,))


def _actions(context: ToolContext, line: OrderLine, before: date | None, after: date) -> list[Action]:
    actions: list[Action] = [UpdatePromise(id="a1", line=line.id, sku=line.sku, old_date=before, new_date=after)]
    if before is not None and after > before:
        notice = (
            f"We told you that line {line.id} of order {line.order} would arrive on {before}. The new date is "
            f"{after}. Please tell us if this does not work for you."
        )
        actions.append(
            CreateCustomerTask(
                id="a2",
                needs=("a1",),
                customer=context.order_of(line).customer,
                order=line.order,
                subject=f"New delivery date for {line.id}",
                notice=notice,
            )
        )
    return actions
