"""`autonomy`: how far the copilot goes by itself."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.shared import As, Out, dispatch

autonomy = typer.Typer(
    help="How far the copilot goes by itself, and what shows that it may.", no_args_is_help=True, rich_markup_mode=None
)

Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="Plans made before this day or time.")]

Kind = Annotated[str | None, typer.Option("--kind", help="Only this kind of exception.")]

SkuClass = Annotated[str | None, typer.Option("--sku-class", help="Only this ABC class.")]

Site = Annotated[str | None, typer.Option("--site", help="Only this site.")]

Segment = Annotated[str | None, typer.Option("--segment", help="Only this segment of customers.")]

Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="Plans made from this day or time on.")]


@autonomy.command("report")
def autonomy_report(
    context: typer.Context,
    since: Since = None,
    until: Until = None,
    kind: Kind = None,
    sku_class: SkuClass = None,
    site: Site = None,
    segment: Segment = None,
    output: Out = None,
) -> None:
    """Plans beside what people did: agreement in units, moves and money, value of both, would-have-been errors."""
    scope = {"kind": kind, "sku_class": sku_class, "site": site, "segment": segment}
    dispatch(context, "autonomy.report", output, None, since=since, until=until, scope=scope)


@autonomy.command("levels")
def autonomy_levels(context: typer.Context, output: Out = None) -> None:
    """The level in force per kind, SKU class, site and segment, and what has lowered it."""
    dispatch(context, "autonomy.levels", output, None)


@autonomy.command("promote")
def autonomy_promote(
    context: typer.Context,
    to: Annotated[str, typer.Option(help="recommend, approve or act.")],
    why: Annotated[str, typer.Option(help="Why; it stands with the proposal.")],
    kind: Kind = None,
    sku_class: SkuClass = None,
    site: Site = None,
    segment: Segment = None,
    since: Since = None,
    until: Until = None,
    as_user: As = None,
    output: Out = None,
) -> None:
    """Propose a policy version with a higher level, the report's numbers as evidence; owners approve it."""
    scope = {"kind": kind, "sku_class": sku_class, "site": site, "segment": segment}
    dispatch(context, "autonomy.promote", output, as_user, scope=scope, to=to, why=why, since=since, until=until)


@autonomy.command("pilot")
def autonomy_pilot(
    context: typer.Context,
    top: Annotated[int, typer.Option(help="How many SKUs.")],
    by: Annotated[str, typer.Option(help="revenue, units or margin of the orders the ERP lists.")] = "revenue",
    sites: Annotated[str, typer.Option(help="Sites, separated by commas; all when empty.")] = "",
    propose: Annotated[bool, typer.Option("--propose", help="Propose it; else the document is printed.")] = False,
    why: Annotated[str, typer.Option(help="Why; it stands with the proposal.")] = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """A policy whose pilot is a fixed list: the first SKUs by revenue as of now, at these sites."""
    dispatch(context, "autonomy.pilot", output, as_user, top=top, by=by, sites=sites, propose=propose, why=why)


@autonomy.command("demotions")
def autonomy_demotions(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Lifted ones too.")] = False,
    output: Out = None,
) -> None:
    """What has lowered autonomy by itself, since when and why."""
    dispatch(context, "autonomy.demotions", output, None, everything=everything)


@autonomy.command("lift")
def autonomy_lift(
    context: typer.Context,
    demotion: str,
    why: Annotated[str, typer.Option(help="Why; it goes to the ledger.")],
    as_user: As = None,
    output: Out = None,
) -> None:
    """Lift a demotion: the first person asks, a second one lifts it."""
    dispatch(context, "autonomy.lift", output, as_user, demotion=demotion, why=why)
