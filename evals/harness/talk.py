"""Plays messages through the program's front door on one world: who says what in which conversation, and what is heard.

Everything is said in one installation; what should start a run is said in a copy of its own, so that no message meets
a world that another one changed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from agent.runtime.application import Application
from agent.runtime.compose import open_application
from agent.runtime.world import embedded, load_world
from agent.settings import Settings
from connectors.embedded.world import BUILT_IN_NOW
from domain.facts import Facts
from evals.understanding.cast import Cast, Missing
from evals.understanding.message import Message
from evals.understanding.score import Heard, Judged, judged
from evals.worlds.generate import generate

USER = "paula"


def play(messages: Sequence[Message], home: Path, seed: int | None) -> tuple[list[Judged], list[int]]:
    """Verdicts on the messages on the world of a seed (None: the built-in one), and the numbers of those left out."""
    first, now = home / "first", BUILT_IN_NOW
    first.mkdir()
    if seed is not None:
        world = generate(seed)
        load_world(first, world.facts)
        now = world.facts.taken_at
    with opened(first, now, seed) as app:
        cast = Cast(_facts(app), seed or 0)
    shutil.copytree(first, home / "kept")
    spoken, left_out = _filled(messages, cast)
    quiet = [item for item in spoken if not item[0].accepts]
    with opened(first, now, seed) as app:
        heard = _said(app, [words for _, words in quiet])
    results = [judged(item, cast, words[-1], reply) for (item, words), reply in zip(quiet, heard, strict=True)]
    for item, words in spoken:
        if item.accepts:
            copy = home / f"copy-{item.number}"
            shutil.copytree(home / "kept", copy)
            with opened(copy, now, seed) as app:
                results.append(judged(item, cast, words[-1], _said(app, [words])[0]))
    return sorted(results, key=lambda result: result.number), left_out


@contextmanager
def opened(home: Path, now: datetime, seed: int | None) -> Iterator[Application]:
    """The program on a folder."""
    connector = None if seed is None else embedded(home)
    app = open_application(Settings(home=home), now=now, connector=connector)
    try:
        yield app
    finally:
        app.close()


def _facts(app: Application) -> Facts:
    return app.facts_now()


def _filled(messages: Sequence[Message], cast: Cast) -> tuple[list[tuple[Message, tuple[str, ...]]], list[int]]:
    spoken, left_out = [], []
    for message in messages:
        try:
            for name in message.about or ():
                cast.part(name)
            spoken.append((message, tuple(cast.fill(text) for text in (*message.before, message.say))))
        except Missing:
            left_out.append(message.number)
    return spoken, left_out


def _said(app: Application, talks: Sequence[tuple[str, ...]]) -> list[Heard]:
    """Every talk in a conversation of its own, turn by turn; what is heard to the last turn of each."""
    conversation = [""] * len(talks)
    last = [""] * len(talks)
    for turn in range(max((len(talk) for talk in talks), default=0)):
        for place, talk in enumerate(talks):
            if turn < len(talk):
                said = app.say(talk[turn], USER, conversation[place])
                conversation[place], last[place] = said.conversation, said.run
        app.settle()
    return [_heard(app, run) for run in last]


def _heard(app: Application, run: str) -> Heard:
    report = app.report(run)
    assert report.answer is not None, report.text
    followed = () if report.follow is None else (app.run(report.follow).kind,)
    return Heard(answer=report.answer, followed=followed)
