"""Conversations: a question becomes the next turn, with what was said before; nobody speaks in somebody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import NotAllowed, UnknownReference
from storage.records import RunState
from tests.agent.house import opened


def test_a_question_that_is_said_is_a_row_first_and_answered_by_whoever_settles(tmp_path: Path) -> None:
    with opened(tmp_path) as application:
        said = application.say("what waits?", "paula")
        assert application.run(said.run).state is RunState.ADMITTED
    with opened(tmp_path) as application:
        application.settle()
        assert application.run(said.run).state is RunState.DONE
        assert application.report(said.run).answer is not None


def test_the_next_turn_carries_the_words_and_the_intent_of_the_ones_before(tmp_path: Path) -> None:
    with opened(tmp_path) as application:
        first = application.say("what waits?", "paula")
        application.settle()
        second = application.say("help", "paula", first.conversation)
        request = application.run(second.run).request
        assert [(turn.run, turn.question, turn.intent) for turn in request.history] == [
            (first.run, "what waits?", "waits")
        ]
        assert application.conversation(first.conversation)[1] == (first.run, second.run)
        assert [one.id for one in application.conversations("paula")] == [first.conversation]


def test_nobody_speaks_in_a_conversation_of_somebody_else(tmp_path: Path) -> None:
    with opened(tmp_path) as application:
        said = application.say("what waits?", "paula")
        with pytest.raises(NotAllowed):
            application.say("what waits?", "lena", said.conversation)
        with pytest.raises(UnknownReference):
            application.conversation("T-99")
