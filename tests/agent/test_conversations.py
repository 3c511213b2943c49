"""Conversations: a question becomes the next turn, with what was said before; nobody speaks in somebody else's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import pytest

from agent.runtime.leases import Leases, process_name
from connectors.embedded.world import built_in_event
from domain.errors import NotAllowed, UnknownReference
from storage.database import Database
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


def test_a_question_is_answered_while_other_work_waits(tmp_path: Path) -> None:
    with opened(tmp_path) as application:
        taken = application.take_event(built_in_event(), settle=False)
        said = application.say("what waits?", "paula")
        stop = threading.Event()
        talker = threading.Thread(target=application.run_talker, args=(stop,))
        talker.start()
        try:
            assert until(lambda: application.run(said.run).state is RunState.DONE)
        finally:
            stop.set()
            talker.join()
        assert taken.run is not None
        assert application.run(taken.run).state is RunState.ADMITTED


def test_two_threads_of_one_process_never_drive_a_run_at_once(tmp_path: Path) -> None:
    leases = Leases(Database(f"sqlite:///{tmp_path / 'a.db'}"), process_name(), 20)
    leases._database.upgrade()
    with leases.hold("run/R-1") as first, leases.hold("run/R-1") as second, leases.hold("run/R-2") as other:
        assert (first, second, other) == (True, False, True)
    with leases.hold("run/R-1") as again:
        assert again
    leases.close()


def until(true: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether it becomes true in time."""
    end = monotonic() + seconds
    while not true():
        if monotonic() > end:
            return False
        sleep(0.02)
    return True
