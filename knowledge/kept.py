"""Folders that are made once, whole or not at all, and never changed: each carries the hashes of its files."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HASHES = "hashes.json"
OLD = 2
"""Folders of earlier content that stay: going back to yesterday's documents is then free."""


def is_whole(place: Path) -> bool:
    """Whether the folder is there with exactly what was put into it."""
    try:
        told = json.loads((place / HASHES).read_text(encoding="utf-8"))
        return bool(told == _hashes(place))
    except (OSError, ValueError):
        return False


@contextmanager
def building(home: Path, place: Path) -> Iterator[Path]:
    """A folder to fill, which then becomes `place`. When another process was faster, its folder stays and ours goes;
    what stood there broken is taken away."""
    home.mkdir(parents=True, exist_ok=True)
    workshop = Path(tempfile.mkdtemp(prefix=".building-", dir=home))
    try:
        folder = workshop / "new"
        folder.mkdir()
        yield folder
        (folder / HASHES).write_text(json.dumps(_hashes(folder), sort_keys=True), encoding="utf-8")
        if place.exists() and not is_whole(place):
            place.rename(workshop / "broken")
        try:
            folder.rename(place)
        except OSError:
            if not is_whole(place):
                raise
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    _tidy(home, place)


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != HASHES
    }


def _tidy(home: Path, place: Path) -> None:
    """Delete all but the newest few of the others; each is moved aside first, so that none is found half deleted."""
    others = [path for path in home.iterdir() if path != place and not path.name.startswith(".")]
    others.sort(key=lambda path: (path.stat().st_mtime_ns, path.name))
    for old in others[:-OLD]:
        aside = Path(tempfile.mkdtemp(prefix=".old-", dir=home))
        old.rename(aside / "old")
        shutil.rmtree(aside, ignore_errors=True)
