"""The manifest in docs/slack.md asks for what the door needs, no less and little more."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from api.slack.door import PATH
from tests.slack.methods import METHODS

ROOT = Path(__file__).parents[2]
BESIDE = {
    "app_mentions:read",  # to be told of mentions
    "groups:history",  # the same in private channels
    "im:history",  # to be written to directly
    "metadata.message:read",  # to find a card again
    "users:read.email",  # to know who is who
}


def test_the_manifest_asks_for_what_is_called_and_heard():
    text = (ROOT / "docs" / "slack.md").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert found is not None
    manifest = yaml.safe_load(found.group(1))
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "api" / "slack").glob("*.py"))
    called = {method.scope for name, method in METHODS.items() if f'"{name}"' in source and method.scope}
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == called | BESIDE
    assert all(
        manifest["settings"][part]["request_url"].endswith(PATH) for part in ("event_subscriptions", "interactivity")
    )
    heard = {"app_mention", "message.channels", "message.groups", "message.im"}
    assert set(manifest["settings"]["event_subscriptions"]["bot_events"]) == heard
