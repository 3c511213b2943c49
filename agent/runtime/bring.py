"""A data folder gets its world: imported from CSV files, or the demo's; and remembers what day it is there."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

from agent.runtime.world import load_world
from agent.settings import Settings
from connectors.csvfiles import Imported, load_mapping, read
from domain.errors import BadInput, Conflict, StorageFailed
from domain.events import Event
from domain.facts import Facts
from domain.noun import Noun, Text
from storage import runs
from storage.database import Database

MARK = "demo.json"
"""Says that a data folder belongs to the demo and may be made anew, and what time it is in its world."""


class World(Noun):
    """A world in a file: what the systems say at the start, and what happens then."""

    name: Text
    facts: Facts
    events: tuple[Event, ...]


def bring(settings: Settings, folder: Path, mapping: Path, *, now: datetime | None, preview: bool) -> Imported:
    """Read a folder of CSV files and load it as the embedded distributor, unless `preview`.

    Raises BadInput for an unusable mapping or file; Conflict when this data folder has recorded decisions already.
    """
    found = read(folder, load_mapping(mapping), now)
    if not preview:
        _refuse_used(settings)
        try:
            settings.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(settings.home, error) from error
        load_world(settings.home, found.facts)
    return found


def _refuse_used(settings: Settings) -> None:
    if not (settings.home / "distributor.db").exists():
        return
    database = Database(settings.database)
    try:
        database.ensure_current()
        with database.read() as session:
            used = bool(runs.listed(session))
    except StorageFailed:
        return  # nothing was ever recorded here
    finally:
        database.close()
    if used:
        raise Conflict(
            f"the data folder {settings.home} has recorded decisions about another world",
            field="--home",
            fix="name another folder with --home or QUARTERMASTER_HOME",
        )


def built_in_world(seed: int | None) -> World:
    """The built-in distributor and its supplier delay; with a seed, a variation of its quantities."""
    from connectors.embedded.world import built_in, built_in_event

    facts = built_in() if seed is None else built_in(seed)
    return World(name="the built-in distributor", facts=facts, events=(built_in_event(),))


def world_file(path: Path) -> World:
    """A world from a JSON file {name, facts, events}; BadInput names the field that is wrong."""
    try:
        return World.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}", field="--world", fix="name a JSON file") from None
    except ValueError as error:
        first = str(error).splitlines()
        where = first[1].strip() if len(first) > 1 else "world"
        raise BadInput(f"{path} is no world ({where})", field="--world", fix="write {name, facts, events}") from None


def fresh_demo(home: Path, world: World) -> None:
    """Make the demo's data folder anew. Conflict when the folder holds anything that is not a demo's."""
    try:
        if home.exists() and any(home.iterdir()):
            if not (home / MARK).exists():
                raise Conflict(
                    f"the data folder {home} is in use and is not a demo's",
                    field="--home",
                    fix="name an empty folder with --home or QUARTERMASTER_HOME",
                )
            shutil.rmtree(home)
        home.mkdir(parents=True, exist_ok=True)
        remember_time(home, world.name, world.facts.taken_at)
    except OSError as error:
        raise _unusable(home, error) from error
    load_world(home, world.facts)


def remember_time(home: Path, name: str, now: datetime) -> None:
    """Note what time it is in the world of a demo folder."""
    (home / MARK).write_text(json.dumps({"world": name, "now": now.isoformat()}) + "\n", encoding="utf-8")


def remembered_time(home: Path) -> datetime | None:
    """What time it is in a demo folder; None in every other one."""
    try:
        return datetime.fromisoformat(json.loads((home / MARK).read_text(encoding="utf-8"))["now"])
    except (OSError, ValueError, KeyError):
        return None


def _unusable(home: Path, error: OSError) -> StorageFailed:
    return StorageFailed(
        f"the data folder {home} cannot be used ({error.strerror})",
        field="QUARTERMASTER_HOME",
        fix="name a folder that you may write to, with space left",
    )
