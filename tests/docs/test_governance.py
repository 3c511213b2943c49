"""The page on governance: its rule is a rule, and the way it shows from a file to force can be walked."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from agent.runtime.compose import open_application
from agent.settings import Settings
from connectors.embedded.world import BUILT_IN_NOW
from guardrails.policy import default_text, parse
from tests.acceptance.door import quartermaster

PAGE = (Path(__file__).parents[2] / "docs" / "governance.md").read_text(encoding="utf-8")


def block(name: str) -> str:
    found = re.search(rf"```{name}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None, name
    return found.group(1)


def test_the_rule_of_the_page_goes_from_a_file_to_force_as_the_page_says(tmp_path: Path):
    rule = "".join(f"  {line}\n" for line in block("yaml a-rule.yaml").splitlines())
    mine = tmp_path / "mine.yaml"
    mine.write_text(f"{default_text().rstrip()}\n\n{rule}", encoding="utf-8")
    new = parse(mine.read_text(encoding="utf-8"))
    home = tmp_path / "home"
    open_application(Settings(home=home), now=BUILT_IN_NOW).close()
    said = []
    for line in block("governing").splitlines():
        words = [str(mine) if word == "mine.yaml" else word for word in shlex.split(line)]
        assert words[0] == "quartermaster"
        done = quartermaster(home, "--now", BUILT_IN_NOW.isoformat(), *words[1:])
        assert done.code == 0, (line, done.out, done.err)
        said.append(done.out)
    assert "nothing is wrong" in said[0] and "ten-units-confirmed" in said[1]
    assert new.id in said[-1] and "in force" in said[-1]
