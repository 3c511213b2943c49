"""The house rules hold on the tree, and each one is seen to fail on a line that breaks it."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys

import pytest

from tests.house.rules import RULES, findings, foreign_folders, hosts_named, world_ids_named
from tests.house.tree import ROOT, product_modules, tracked
from tests.house.world_ids import built_in_ids

DOC = '"""A room."""\n'

# (rule, path, source that breaks it)
BREAKS = [
    ("print", "agent/x.py", DOC + "print('hello')\n"),
    ("environ", "tools/x.py", DOC + "import os\nHOME = os.environ['HOME']\n"),
    ("environ", "tools/x.py", DOC + "from os import getenv as read\nHOME = read('HOME')\n"),
    ("clock", "guardrails/x.py", DOC + "from datetime import UTC, datetime\nNOW = datetime.now(UTC)\n"),
    ("clock", "guardrails/x.py", DOC + "import datetime as dt\nNOW = dt.datetime.utcnow()\n"),
    ("clock", "domain/x.py", DOC + "from datetime import date\nDAY = date.today()\n"),
    ("clock", "domain/x.py", DOC + "from datetime import datetime as D\nFACTORY = D.now\n"),
    ("clock", "agent/x.py", DOC + "import time\nNOW = time.time()\n"),
    ("clock", "agent/x.py", DOC + "from time import time as clock\nNOW = clock()\n"),
    ("door", "tools/x.py", DOC + "try:\n    pass\nexcept Exception:\n    pass\n"),
    ("door", "storage/x.py", DOC + "try:\n    pass\nexcept:\n    pass\n"),
    ("door", "domain/x.py", DOC + "try:\n    pass\nexcept (ValueError, BaseException) as e:\n    raise\n"),
    ("purpose", "agent/x.py", "X = 1\n"),
    ("purpose", "agent/y/__init__.py", ""),
    ("name", "agent/utils.py", DOC),
    ("name", "storage/deep/helpers.py", DOC),
    ("pure", "domain/x.py", DOC + "import sqlite3\n"),
    ("pure", "domain/x.py", DOC + "from pathlib import Path\n"),
    ("pure", "domain/x.py", DOC + "def f():\n    import tools.table\n"),
    ("pure", "domain/x.py", DOC + "TEXT = open('/etc/hosts').read()\n"),
    ("pure", "domain/x.py", DOC + "ORDER = hash('a')\n"),
    ("identity", "api/http/x.py", DOC + "def f(app, name):\n    return app.people.get(name)\n"),
    ("identity", "api/slack/x.py", DOC + "def f(people, email):\n    return people.with_email(email)\n"),
    ("identity", "api/http/x.py", DOC + "def f(app, token):\n    return app.visits.guest(token)\n"),
    ("identity", "api/cli/x.py", DOC + "def f(settings):\n    return settings.acting_user(None, 'root')\n"),
    ("identity", "api/x.py", DOC + "from guardrails.people import load\n"),
]

KEEPS = [
    ("api/cli/x.py", DOC + "print('data')\n"),
    ("agent/settings.py", DOC + "import os\nHOME = os.environ['HOME']\n"),
    ("agent/runtime/clock.py", DOC + "import time\nNOW = time.time()\n"),
    ("agent/runtime/pump.py", DOC + "try:\n    pass\nexcept Exception:\n    raise\n"),
    ("tools/x.py", DOC + "def f(clock, order):\n    order.date.today\n    return clock.now()\n"),
    ("tools/x.py", DOC + "import time\nSTART = time.monotonic()\n"),
    ("domain/x.py", DOC + "import json\nfrom decimal import Decimal\nfrom domain.orders import Order\n"),
    ("tools/_private.py", ""),
    ("api/identity.py", DOC + "def f(app, name):\n    return app.people.get(name)\n"),
    ("api/http/x.py", DOC + "def f(app, row):\n    return row.get(app.people.all())\n"),
]


def test_the_tree_keeps_every_rule():
    broken = [finding for path, source in product_modules() for finding in findings(path, source)]
    assert not broken, "\n" + "\n".join(map(str, broken))


@pytest.mark.parametrize(("rule", "path", "source"), BREAKS)
def test_a_breach_is_seen(rule: str, path: str, source: str):
    assert rule in {finding.rule for finding in findings(path, source)}


@pytest.mark.parametrize(("path", "source"), KEEPS)
def test_what_is_allowed_stays_allowed(path: str, source: str):
    assert findings(path, source) == []


def test_every_rule_is_seen_to_fail():
    assert {rule for rule, _, _ in BREAKS} == set(RULES)


def test_an_escape_is_a_reason_in_writing():
    line = "print('x')  # house: print: {}\n"
    assert not findings("agent/x.py", DOC + line.format("the child process answers on stdout"))
    assert findings("agent/x.py", DOC + line.format("")), "an escape without a reason is none"
    assert findings("agent/x.py", DOC + "print('x')  # house: clock: another rule\n")


# The built-in world is data: no other product code may know its names.


def test_no_code_names_the_built_in_world():
    ids = built_in_ids()
    assert len(ids) >= 10, "the built-in world should have SKUs, customers and sites"
    named = [finding for path, source in product_modules() for finding in world_ids_named(path, source, ids)]
    assert not named, "\n" + "\n".join(map(str, named))


def test_a_module_without_a_world_is_not_an_empty_list_of_names():
    with pytest.raises(LookupError):
        built_in_ids("domain.noun")


def test_a_named_sku_is_seen():
    ids = ["SKU-1042", "ACME"]
    assert world_ids_named("agent/x.py", "HOT = 'SKU-1042'\n", ids)
    assert world_ids_named("agent/x.py", "TEXT = f'{1} for ACME only'\n", ids)
    assert not world_ids_named("agent/x.py", "TEXT = 'SKU-10421 of ACMEX'\n", ids)
    assert not world_ids_named("agent/x.py", '"""Ask about SKU-1042."""\n', ids)
    assert not world_ids_named("connectors/embedded/world.py", "HOT = 'SKU-1042'\n", ids)


# Flat package names: ours must be nobody else's.


def test_no_installed_distribution_brings_a_folder_of_ours():
    files = {
        distribution.metadata["Name"]: [str(file) for file in distribution.files or []]
        for distribution in importlib.metadata.distributions()
    }
    assert len(files) > 50
    assert foreign_folders(files) == []


def test_a_foreign_folder_is_seen():
    assert foreign_folders({"stranger": ["tools/__init__.py"]}) == ["stranger brings tools"]
    assert foreign_folders({"stranger": ["api.py"]}) == ["stranger brings api"]
    assert foreign_folders({"quartermaster": ["tools/__init__.py"], "polite": ["polite/tools/x.py"]}) == []


# Locks and files are the same wherever they are used.


def registry_hosts() -> set[str]:
    """The hosts package clients on this machine speak to, told by the clients: none is written down here."""
    from pip._internal.models.index import PyPI

    settings = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    return {PyPI.netloc, PyPI.file_storage_domain, *re.findall(r"https?://([A-Za-z0-9.-]+\.[a-z]+)", settings)}


def test_locks_name_hashes_and_no_host():
    for name in ("requirements.lock", "requirements-real.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text and "--index-url" not in text and "--find-links" not in text and " @ " not in text
        pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert len(pins) > 100
        assert all("==" in pin and pin.endswith("\\") for pin in pins), "each pin is exact and followed by hashes"


def test_no_tracked_file_names_a_registry_host_or_this_checkout():
    texts = {path: (ROOT / path).read_bytes().decode("utf-8", "replace") for path in tracked()}
    assert hosts_named(texts, {*registry_hosts(), str(ROOT) + "/"}) == []


def test_a_named_host_is_seen():
    host = min(registry_hosts())
    assert hosts_named({"uv.lock": f"https://{host}/simple"}, registry_hosts())
