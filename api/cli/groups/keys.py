"""`keys`: what signs the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.shared import As, Out, dispatch

keys = typer.Typer(help="The keys that sign the ledger.", no_args_is_help=True, rich_markup_mode=None)

Public = Annotated[
    Path | None, typer.Option(help="The public half (PEM) of a key that QUARTERMASTER_SIGN_COMMAND signs with.")
]


@keys.command("init")
def keys_init(context: typer.Context, public: Public = None, as_user: As = None, output: Out = None) -> None:
    """Make the first key; from here on the ledger is signed."""
    dispatch(context, "keys.init", output, as_user, public=public)


@keys.command("rotate")
def keys_rotate(context: typer.Context, public: Public = None, as_user: As = None, output: Out = None) -> None:
    """Let a new key take over, signed by the old one and the new; the old one stays known and signs nothing more."""
    dispatch(context, "keys.rotate", output, as_user, public=public)


@keys.command("list")
def keys_list(context: typer.Context, output: Out = None) -> None:
    """Every key of the ledger, and which entries it may sign."""
    dispatch(context, "keys.list_", output, None)


@keys.command("show")
def keys_show(
    context: typer.Context, key: Annotated[str | None, typer.Argument(help="The key in force when absent.")] = None
) -> None:
    """A public key as PEM: what `ledger verify --key` wants."""
    dispatch(context, "keys.show", None, None, key=key)
