"""Two data folders, each made once and copied for every test that changes it: the demo told, and a case that waits."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.door import EVENTS, Said, may, python, quartermaster


@dataclass(frozen=True)
class Told:
    """A demo: its folder, what it showed, and the ledger that it left."""

    home: Path
    shown: Said
    ledger: Said


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The demo of seed 7, told once. Only looked at."""
    home = tmp_path_factory.mktemp("told") / "here"
    shown = quartermaster(home, "demo", "--seed", 7, "--output", "json")
    return Told(home, shown, quartermaster(home, "ledger", "export"))


@pytest.fixture
def demo(told: Told, tmp_path: Path) -> Path:
    """A copy of the demo's folder, to do things to."""
    return Path(shutil.copytree(told.home, tmp_path / "demo"))


@pytest.fixture(scope="session")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the supplier delay came in: its case is C-1, its run R-1. Only to copy."""
    home = tmp_path_factory.mktemp("waiting") / "home"
    taken = quartermaster(home, *AT, "event", EVENTS / "supplier_delay.json")
    assert taken.code == 0, taken.err
    return home


@pytest.fixture
def waiting(case: Path, tmp_path: Path) -> Path:
    """A copy of it, to do things to."""
    return Path(shutil.copytree(case, tmp_path / "waiting"))


AT = ("--now", "2026-03-02T09:00Z")

LOOPBACK_ONLY = ("unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$0" "$@"')
ALONE = may(*LOOPBACK_ONLY, "true")
"""Whether this machine lets us make a network of nothing but loopback."""

STORY = """
import json, socket, sys
from pathlib import Path
from typing import Any
home = Path({home!r})
asked = []
def listen(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        asked.append([event, str(arguments[1])])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "urllib.Request", "http.client.connect"):
        asked.append([event, str(arguments[0])])
sys.addaudithook(listen)
from tests.acceptance.door import quartermaster
demo = quartermaster(home, "demo", "--seed", 7, "--output", "json")
ledger = quartermaster(home, "ledger", "export")
words = (("ask", "who holds SKU-1042?"), ("triage", "--once"), ("ledger", "verify"))
codes = [demo.code, ledger.code, *(quartermaster(home, *line).code for line in words)]
told = list(asked)
probe = socket.socket()
probe.settimeout(2)
out = probe.connect_ex(("192.0.2.1", 80)) if {alone} else None
probe.connect_ex(("127.0.0.1", 9))
found = dict(codes=codes, asked=told, heard=asked[-1], out=out, demo=demo.out, ledger=ledger.out)
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Elsewhere:
    """The demo of seed 7, told by a process of its own; `found`: what it printed, and what its listener heard."""

    home: Path
    found: dict[str, Any]


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    """Demo, export, question, triage and proof in another process, folder, time zone, locale and hash seed.

    A listener notes every connect; where permitted there is no network but loopback.
    """
    home = tmp_path_factory.mktemp("elsewhere") / "a much longer path" / "with spaces"
    home.parent.mkdir()
    world = {"TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "4242"}
    said = python(STORY.format(home=str(home), alone=ALONE), *(LOOPBACK_ONLY if ALONE else ()), **world)
    assert said.code == 0, said.err
    return Elsewhere(home, json.loads(said.out.splitlines()[-1]))
