"""Nothing needs a network, nothing looks for one, and looking at the help imports nothing heavy."""

from __future__ import annotations

import errno

import pytest

from tests.acceptance.conftest import ALONE, Elsewhere
from tests.acceptance.door import SCRIPT, python


@pytest.mark.real
def test_every_connect_of_demo_ask_and_triage_stays_on_this_machine(elsewhere: Elsewhere):
    """An audit hook hears whatever any library tries, also what fails; a probe at the end shows that it listens."""
    assert elsewhere.found["heard"] == ["socket.connect", "('127.0.0.1', 9)"]
    here = ("127.0.0.1", "::1", "localhost")
    local = [
        one
        for one in elsewhere.found["asked"]
        if any(name in one[1] for name in here) or one[1].startswith(("'/", "/"))
    ]
    assert [one for one in elsewhere.found["asked"] if one not in local] == []


@pytest.mark.real
def test_everything_works_where_there_is_only_loopback(elsewhere: Elsewhere):
    """Where nobody may make a network namespace here (unshare -rn), it works, and only the listener above counts."""
    assert elsewhere.found["out"] == (errno.ENETUNREACH if ALONE else None), "the namespace has no way out"
    assert elsewhere.found["codes"] == [0, 0, 0, 0, 0]


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


@pytest.mark.parametrize("words", [["--help"], ["approvals", "--help"]], ids=" ".join)
def test_the_help_imports_nothing_heavy(words: list[str]):
    said = python(HELP.format(words=words))
    assert said.code == 0, said.err
    assert "Usage" in said.out + said.err
    assert said.out.splitlines()[-1] == "imported:", said.out.splitlines()[-1]


def test_the_console_script_is_the_command_table():
    text = SCRIPT.read_text(encoding="utf-8")
    assert "api.cli.main" in text and "main" in text
