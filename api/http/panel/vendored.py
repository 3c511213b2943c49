"""The browser libraries in static/vendor: which, which version, from where, and that they are what we reviewed.

`static/vendor/vendor.json` is the one list. `make vendor` fetches the packages again with npm and refuses other bytes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from domain.errors import DependencyDown, IntegrityBroken
from domain.noun import Noun, Text

FOLDER = Path(__file__).parent / "static" / "vendor"


class Vendored(Noun):
    """One file: `member` is its place in the npm package `name` of this `version`, `path` its place in our folder."""

    name: Text
    version: Text
    licence: Text
    member: Text
    path: Text
    sha256: Text


def listed(folder: Path = FOLDER) -> tuple[Vendored, ...]:
    """Everything that is vendored, as the list has it."""
    found = json.loads((folder / "vendor.json").read_text(encoding="utf-8"))
    return tuple(Vendored.model_validate(item) for item in found)


def check(folder: Path = FOLDER) -> None:
    """IntegrityBroken unless the folder holds the listed files, these bytes, and nothing else."""
    items = listed(folder)
    for item in items:
        _same(item, (folder / item.path).read_bytes())
    known = {item.path for item in items} | {"vendor.json"}
    strange = sorted(path.name for path in folder.iterdir() if path.name not in known)
    if strange:
        raise IntegrityBroken(f"{strange[0]} is not in the list", field="vendor", fix="add it to vendor.json")


def fetch(folder: Path = FOLDER) -> int:
    """Fetch every listed file again with npm; the number of files. Nothing is written when a byte differs."""
    npm = shutil.which("npm")
    if npm is None:
        raise DependencyDown("npm is not on the PATH", field="npm", fix="install Node.js; it is needed for this only")
    fresh: dict[str, bytes] = {}
    items = listed(folder)
    with tempfile.TemporaryDirectory() as temporary:
        for package in sorted({f"{item.name}@{item.version}" for item in items}):
            packed = _pack(npm, package, Path(temporary))
            for item in items:
                if f"{item.name}@{item.version}" == package:
                    fresh[item.path] = _same(item, packed[item.member])
    for path, content in fresh.items():
        (folder / path).write_bytes(content)
    return len(fresh)


def _pack(npm: str, package: str, folder: Path) -> dict[str, bytes]:
    done = subprocess.run(
        [npm, "pack", "--silent", "--ignore-scripts", package], cwd=folder, capture_output=True, text=True, timeout=300
    )
    if done.returncode != 0:
        raise DependencyDown(f"npm could not fetch {package}: {done.stderr.strip()[-300:]}", field="npm")
    with tarfile.open(folder / done.stdout.strip().splitlines()[-1]) as archive:
        return {
            member.name.removeprefix("package/"): reader.read()
            for member in archive
            if member.isfile() and (reader := archive.extractfile(member)) is not None
        }


def _same(item: Vendored, content: bytes) -> bytes:
    found = hashlib.sha256(content).hexdigest()
    if found != item.sha256:
        raise IntegrityBroken(
            f"{item.path} of {item.name} {item.version} has the digest {found}",
            field="sha256",
            fix="look at what changed before you change vendor.json",
        )
    return content


if __name__ == "__main__":
    fetch()
