"""Settings come from one place, are explained, and never show a secret."""

import subprocess
import sys
from pathlib import Path

import pytest

from agent.settings import Settings, load_settings
from domain.errors import BadInput, NotAllowed


def test_every_setting_has_a_variable_and_says_where_it_came_from(tmp_path):
    environ = {"QUARTERMASTER_HOME": str(tmp_path), "QUARTERMASTER_PLANNER": "llm", "QUARTERMASTER_LEASE_SECONDS": "30"}
    settings = load_settings(environ=environ)
    assert (settings.home, settings.planner, settings.lease_seconds) == (tmp_path, "llm", 30)
    shown = {name: (value, source) for name, value, source in settings.view()}
    assert shown["planner"] == ("llm", "QUARTERMASTER_PLANNER")
    assert shown["tenant"] == ("local", "default")


def test_a_secret_is_never_shown(tmp_path):
    environ = {
        "OPENAI_API_KEY": "sk-very-secret",
        "QUARTERMASTER_DATABASE_URL": "postgresql://me:hunter2@db/quartermaster",
    }
    settings = load_settings(home=tmp_path, environ=environ)
    everything = f"{settings!r} {settings} {settings.view()} {settings.model_dump()} {settings.model_dump_json()}"
    assert "very-secret" not in everything and "hunter2" not in everything
    assert settings.database == "postgresql://me:hunter2@db/quartermaster"


def test_an_option_beats_the_environment(tmp_path):
    settings = load_settings(home=tmp_path / "mine", environ={"QUARTERMASTER_HOME": "/elsewhere"})
    assert settings.home == tmp_path / "mine"
    assert ("home", "--home") in settings.sources


def test_without_anything_the_data_folder_is_the_users_own():
    settings = load_settings(environ={})
    assert settings.home == Path("~/.local/share/quartermaster").expanduser()
    assert settings.database.startswith("sqlite:///")


@pytest.mark.parametrize(
    ("variable", "value"),
    [("QUARTERMASTER_PLANNER", "magic"), ("QUARTERMASTER_LEASE_SECONDS", "0"), ("QUARTERMASTER_USERS", "me=")],
)
def test_an_unusable_value_names_its_variable(variable, value, tmp_path):
    with pytest.raises(BadInput) as refused:
        load_settings(home=tmp_path, environ={variable: value})
    assert refused.value.field == variable and refused.value.fix


def test_outside_demo_mode_the_system_user_must_be_one_of_ours(tmp_path):
    live = Settings(home=tmp_path, mode="live", users={"root": "lena"})
    assert live.acting_user(None, "root") == "lena"
    with pytest.raises(NotAllowed):
        live.acting_user("wanda", "root")
    with pytest.raises(NotAllowed) as refused:
        live.acting_user(None, "mallory")
    assert "mallory" in str(refused.value)
    assert Settings(home=tmp_path).acting_user("wanda", "root") == "wanda"


def test_reading_settings_imports_nothing_heavy():
    heavy = "{'langgraph', 'langchain_core', 'dbos', 'sqlalchemy', 'openai'}"
    code = f"import sys, agent.settings; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.stdout.strip() == "[]", done.stderr
