"""Nothing needs a network, nothing looks for one, and looking at the help imports nothing heavy."""

from __future__ import annotations

import errno
import json
from typing import Any

import pytest

from tests.acceptance.door import SCRIPT, may, python

LOOPBACK_ONLY = ("unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$0" "$@"')

STORY = """
import json, socket, sys
from pathlib import Path
home = Path({home!r})
asked = []
def listen(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        asked.append([event, str(arguments[1])])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "urllib.Request", "http.client.connect"):
        asked.append([event, str(arguments[0])])
sys.addaudithook(listen)
from tests.acceptance.door import quartermaster
words = ("demo", "ask who holds SKU-1042?", "triage --once", "ledger verify")
codes = [quartermaster(home, *line.split(" ", 1 if line.startswith("ask") else -1)).code for line in words]
told = list(asked)
probe = socket.socket()
probe.settimeout(2)
out = probe.connect_ex(("192.0.2.1", 80)) if {alone} else None
probe.connect_ex(("127.0.0.1", 9))
print(json.dumps({{"codes": codes, "asked": told, "heard": asked[-1], "out": out}}))
"""

ALONE = may(*LOOPBACK_ONLY, "true")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Demo, question, triage and proof in one process, with a listener and, where permitted, without a network."""
    home = tmp_path_factory.mktemp("offline") / "home"
    said = python(STORY.format(home=str(home), alone=ALONE), *(LOOPBACK_ONLY if ALONE else ()))
    assert said.code == 0, said.err
    found: dict[str, Any] = json.loads(said.out.splitlines()[-1])
    return found


def test_every_connect_of_demo_ask_and_triage_stays_on_this_machine(story: dict[str, Any]):
    """An audit hook hears whatever any library tries, also what fails; a probe at the end shows that it listens."""
    assert story["heard"] == ["socket.connect", "('127.0.0.1', 9)"]
    here = ("127.0.0.1", "::1", "localhost")
    local = [one for one in story["asked"] if any(name in one[1] for name in here) or one[1].startswith(("'/", "/"))]
    assert [one for one in story["asked"] if one not in local] == []


@pytest.mark.skipif(not ALONE, reason="this machine lets nobody make a network namespace (unshare -rn)")
def test_everything_works_where_there_is_only_loopback(story: dict[str, Any]):
    assert story["out"] == errno.ENETUNREACH, "the namespace has no way out"
    assert story["codes"] == [0, 0, 0, 0]


HELP = """
import sys
sys.argv = ["quartermaster", *{words!r}]
from api.cli.main import main
try:
    main()
except SystemExit as end:
    assert end.code in (0, 2), end.code
heavy = "langgraph langchain_core dbos sqlalchemy alembic rich chromadb sklearn numpy openai httpx yaml asyncio".split()
print("\\nimported:", *sorted(set(heavy) & set(sys.modules)))
"""


@pytest.mark.parametrize("words", [["--help"], [], ["approvals", "--help"], ["demo", "--help"]], ids=" ".join)
def test_the_help_imports_nothing_heavy(words: list[str]):
    said = python(HELP.format(words=words))
    assert said.code == 0, said.err
    assert "Usage" in said.out + said.err
    assert said.out.splitlines()[-1] == "imported:", said.out.splitlines()[-1]


def test_the_console_script_is_the_command_table():
    text = SCRIPT.read_text(encoding="utf-8")
    assert "api.cli.main" in text and "main" in text
