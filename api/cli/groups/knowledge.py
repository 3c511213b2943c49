"""`knowledge`: what is written down."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.shared import Out, dispatch

knowledge = typer.Typer(
    help="What is written down: procedures, playbooks, contract, policy.", no_args_is_help=True, rich_markup_mode=None
)


@knowledge.command("search")
def knowledge_search(
    context: typer.Context,
    question: Annotated[list[str], typer.Argument(help="What you want to know, in words.")],
    document: Annotated[str | None, typer.Option(help="Look only into this document.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10, help="Passages at most.")] = 3,
    output: Out = None,
) -> None:
    """Passages that answer a question, with document, section and version; or that it is not in the documents."""
    dispatch(context, "knowledge.search", output, None, question=" ".join(question), document=document, limit=limit)


@knowledge.command("list")
def knowledge_list(context: typer.Context, output: Out = None) -> None:
    """Every document with kind, version and owner, and the files of your folder that cannot be used."""
    dispatch(context, "knowledge.list_", output, None)
