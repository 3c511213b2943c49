"""The tracked tree as the house tests read it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.house.rules import PACKAGES

ROOT = Path(__file__).resolve().parents[2]


@cache
def tracked() -> tuple[str, ...]:
    """Paths under version control plus new ones not ignored, as far as they are on disk now."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    return tuple(sorted({path for path in listed if path and (ROOT / path).is_file()}))


def product_modules() -> Iterator[tuple[str, str]]:
    """(path, source) of each module of the ten packages."""
    for path in tracked():
        if path.endswith(".py") and path.split("/")[0] in PACKAGES:
            yield path, (ROOT / path).read_text(encoding="utf-8")


def copy_packages(target: Path) -> Path:
    """The Python files of the ten packages and the contracts, nothing else: a tree to plant violations in."""
    for path, _ in product_modules():
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, place)
    shutil.copyfile(ROOT / "pyproject.toml", target / "pyproject.toml")
    return target
