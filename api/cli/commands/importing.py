"""`import`: bring your own data into the embedded distributor of a data folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from api.cli import exits
from api.cli.session import Session
from api.cli.view import View, view

if TYPE_CHECKING:
    from connectors.csvfiles import Imported


def import_(session: Session, *, folder: Path, mapping: Path, preview: bool) -> int:
    """Read, say everything that was found, assumed and rejected, then load. Exit 4 when rows were rejected."""
    from agent.runtime.bring import bring

    found = bring(session.settings(), folder, mapping, now=session.now, preview=preview)
    title = f"{found.name}: " + ("nothing was loaded (preview)" if preview else "loaded into the embedded distributor")
    session.output.show("import", _views(found, title))
    return exits.FAILED if found.rejected else exits.OK


def _views(found: Imported, title: str) -> list[View]:
    counts = view(
        "counts",
        title,
        "noun | file | rows | accepted | left out | rejected",
        [(c.noun, c.file, c.rows, c.accepted, c.left_out, c.rejected) for c in found.counts],
    )
    assumed = view(
        "assumed",
        f"{len(found.assumed)} things the data does not say are assumed",
        "noun | field | value | why",
        [(a.noun, a.field, a.value, a.why) for a in found.assumed],
    )
    rejected = view(
        "rejected",
        f"{len(found.rejected)} rows were rejected",
        "file | line | noun | field | value | problem | fix",
        [(r.file, r.line, r.noun, r.field, r.value, r.problem, r.fix) for r in found.rejected],
    )
    return [counts, assumed, rejected]
