"""`quartermaster policy ...`: a version from a file to force, as a person types it and as a program reads it."""

from __future__ import annotations

from pathlib import Path

from agent.runtime.compose import open_application
from agent.settings import Settings
from connectors.embedded.world import BUILT_IN_NOW, built_in_event
from guardrails.policy import default_text, parse
from tests.acceptance.door import Said, quartermaster

STRICTER = default_text().replace("  default: act", "  default: approve")
FREER = default_text().replace("version: 1\n", "version: 2\n")


def test_a_version_goes_from_a_file_to_force(tmp_path: Path):
    home, file, begun = tmp_path / "home", tmp_path / "freer.yaml", tmp_path / "stricter.yaml"
    begun.write_text(STRICTER, encoding="utf-8")
    file.write_text(FREER, encoding="utf-8")
    app = open_application(Settings(home=home, policy=begun), now=BUILT_IN_NOW)
    try:
        app.take_event(built_in_event())
    finally:
        app.close()
    first, new = parse(STRICTER).id, parse(FREER).id

    def policy(*words: object, by: str = "paula", **environment: str) -> Said:
        return quartermaster(home, "--now", BUILT_IN_NOW.isoformat(), "--as", by, "policy", *words, **environment)

    differs = policy("diff", "in-force", file, "-o", "json").rows("differences")
    assert [one["part"] for one in differs] == ["version", "autonomy"]
    assert (differs[1]["field"], differs[1]["before"], differs[1]["after"]) == ("default", "approve", "act")
    assert "autonomy: default: approve becomes act" in policy("diff", first, file).out
    tried = policy("dry-run", file, "--since", "2020-01-01", "-o", "json").rows("groups")[0]
    assert {one["change"] for one in tried["moves"]} == {"asked_less", "same"} and not tried["unclear"]
    people = policy("dry-run", file, "--since", "2020-01-01").out
    assert "allowed, was asked of people" in people and "freer.yaml" in people
    made = policy("propose", file, "--why", "slowly", "-o", "json").rows("change")[0]["change"]
    assert (made["id"], made["needed"], made["state"]) == ("PC-1", ["operations", "finance"], "proposed")
    policy("approve", "PC-1").refused(4, "is for operations, finance", "Omar")
    assert "waits for finance" in policy("approve", "PC-1", by="omar").out
    assert "in force from" in policy("approve", "PC-1", by="fiona").out
    versions = policy("list", "-o", "json").rows("versions")
    assert [(one["policy"], one["in force"]) for one in versions] == [(new, "yes"), (first, "")]
    assert policy("show", "-o", "json").rows("policy")[0] == {"id": new, "in_force": True, "text": FREER}
    policy("reject", "PC-1", by="omar").refused(4, "in force")
    policy("diff", first, tmp_path / "nowhere.yaml").refused(2, "cannot be read")


def test_a_file_that_is_not_what_is_in_force_is_told_on_stderr_and_changes_nothing(tmp_path: Path):
    home, file = tmp_path / "home", tmp_path / "mine.yaml"
    file.write_text(STRICTER, encoding="utf-8")
    mine = str(file)
    open_application(Settings(home=home, policy=file), now=BUILT_IN_NOW).close()
    assert not quartermaster(home, "policy", "list", QUARTERMASTER_POLICY=mine).err
    file.write_text(default_text(), encoding="utf-8")
    for words in (("config",), ("policy", "list")):
        told = quartermaster(home, *words, QUARTERMASTER_POLICY=mine)
        assert told.code == 0 and "policy propose" in told.err and parse(STRICTER).id in told.err, words
    assert parse(STRICTER).id in quartermaster(home, "config").out
    assert not quartermaster(home, "runs", "-o", "json").err
    file.write_text("roles: [", encoding="utf-8")
    quartermaster(home, "policy", "list", QUARTERMASTER_POLICY=mine).refused(2, "line 1")
    assert "not known yet" in quartermaster(tmp_path / "nothing", "config").out
