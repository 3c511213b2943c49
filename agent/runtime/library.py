"""Opens what is written down: the starter library, the customer's own documents, and their index in the data folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.settings import Settings, prepare_process

if TYPE_CHECKING:
    from knowledge.search import Search


def open_library(settings: Settings) -> Search:
    """The library of an installation. Documents are read when first asked, the index is made when first searched."""
    from knowledge.search import Search
    from knowledge.shelf import read

    prepare_process()
    return Search(lambda: read(settings.knowledge), settings.home / "knowledge")
