"""A strict local Slack for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.slack.local_slack import LocalSlack


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    """A local Slack; the test fails when our app asked for anything Slack would not have taken."""
    with LocalSlack() as slack:
        yield slack
    assert slack.problems == []
