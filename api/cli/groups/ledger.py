"""`ledger`: the record of every decision and effect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.shared import As, Out, dispatch

ledger = typer.Typer(help="The record of every decision and effect.", no_args_is_help=True, rich_markup_mode=None)


@ledger.command("verify")
def ledger_verify(
    context: typer.Context,
    head: Annotated[
        list[Path] | None,
        typer.Option(help="A heads file kept elsewhere: finds missing last rows too; repeat it."),
    ] = None,
    export: Annotated[Path | None, typer.Option("--export", help="Verify this export instead of the database.")] = None,
    key: Annotated[
        list[Path] | None, typer.Option(help="A public key (PEM) that you have from elsewhere; repeat it.")
    ] = None,
    output: Out = None,
) -> None:
    """Check rows, chain, keys and signed checkpoints, and say what is proven up to where."""
    given = {"head": tuple(head or ()), "export": export, "key": tuple(key or ())}
    dispatch(context, "ledger.verify", output, None, **given)


@ledger.command("export")
def ledger_export(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Where to; standard output when absent.")] = None,
) -> None:
    """The whole ledger as JSON lines: rows with their content, then the signed checkpoints."""
    dispatch(context, "ledger.export", None, None, file=file)


@ledger.command("checkpoint")
def ledger_checkpoint(context: typer.Context, as_user: As = None, output: Out = None) -> None:
    """Sign the ledger up to its last entry now; a worker does it by itself."""
    dispatch(context, "ledger.checkpoint", output, as_user)


@ledger.command("explain")
def ledger_explain(
    context: typer.Context, seq: Annotated[int, typer.Argument(help="The number of an entry.")], output: Out = None
) -> None:
    """One entry: who, what, when, on which facts, policy, planner and model, why, approved by whom, what came of it."""
    dispatch(context, "ledger.explain", output, None, seq=seq)


@ledger.command("redact")
def ledger_redact(
    context: typer.Context,
    seq: Annotated[int | None, typer.Argument(help="The entry; all redactions are listed when absent.")] = None,
    reason_code: Annotated[str, typer.Option(help="A code of the policy's reasons.")] = "",
    why: Annotated[str, typer.Option(help="Why; it stays, so leave out what is to be taken away.")] = "",
    confirm: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="Do what another person asked, which has this digest.")
    ] = None,
    whole_run: Annotated[
        bool, typer.Option("--whole-run", help="Also what tools and models told its run, and its snapshot.")
    ] = False,
    as_user: As = None,
    output: Out = None,
) -> None:
    """Take away for good what an entry says: one person asks, another confirms, and the ledger keeps both."""
    given = {"seq": seq, "reason_code": reason_code, "why": why, "confirm": confirm, "whole_run": whole_run}
    dispatch(context, "ledger.redact", output, as_user, **given)
