"""Chat without a browser: a question becomes a turn, its events become pieces of the page, an offer becomes a yes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from agent.runtime.application import Application
from api.http.panel.chat import Turn, turn_of
from api.http.panel.pages import render
from domain.cases import Scope
from domain.requests import Answer, Offer
from storage import run_events
from tests.http.house import Message, served, stream
from tests.panel.house import HX, Seen, answered, on_built_in, panel

pytestmark = pytest.mark.xdist_group("panel")


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    with on_built_in(tmp_path_factory.mktemp("talking") / "home") as opened:
        yield opened


@pytest.fixture(scope="module")
def question(application: Application) -> str:
    return f"who holds {application.browse.facts().skus[0].id}?"


def test_a_question_becomes_a_turn_that_is_watched_and_the_next_one_belongs_to_the_same_conversation(
    application: Application, question: str
):
    with panel(application, "paula") as client:
        answer = client.post("/chat", data={"text": question, "conversation": ""}, headers=HX)
        where = answer.headers["HX-Push-Url"]
        connected = [tag for _, tag in Seen(answer.text).tags if "hx-sse:connect" in tag]
        assert len(connected) == 1 and str(connected[0]["hx-sse:connect"]).endswith("/stream?after=0")
        conversation = next(one["value"] for one in Seen(answer.text).all("input") if one.get("id") == "conversation")
        assert where == f"/chat/{conversation}"
        again = client.post("/chat", data={"text": question, "conversation": str(conversation)}, headers=HX)
        assert again.headers["HX-Push-Url"] == where
        plain = client.post("/chat", data={"text": question, "conversation": ""}, follow_redirects=False)
        assert plain.status_code == 303 and plain.headers["location"].startswith("/chat/")
        assert client.post("/chat", data={"text": "  "}, headers=HX).status_code == 422
        assert client.post("/chat", data={"text": "x" * 5000}, headers=HX).status_code == 422
    with panel(application, "peter") as other:
        assert other.get(where).status_code == 403


def test_a_stream_gives_each_step_once_and_goes_on_after_the_last_that_was_seen(
    application: Application, question: str
):
    run, _ = answered(application, question, "paula")
    with served(application, work=False) as server, server.client("paula") as client:
        told = _heard(client, f"/runs/{run}/stream?after=0")
        assert [int(one.id) for one in told if one.event == "message" and one.id] == list(range(1, len(told) - 1))
        assert told[-1].event == "end"
        steps = [one.data for one in told if "<li" in one.data]
        assert len(steps) == len(set(steps)) >= 3
        assert "hx-partial" in told[-2].data and f"answer-{run}" in told[-2].data
        rest = _heard(client, f"/runs/{run}/stream?after=0", {"Last-Event-ID": told[1].id})
        assert [one.data for one in rest] == [one.data for one in told[2:]]
        assert client.get("/runs/R-999/stream", headers={"accept": "text/html"}).status_code == 404


def _heard(client: httpx.Client, path: str, headers: dict[str, str] | None = None) -> list[Message]:
    with stream(client, path, headers) as told:
        heard = []
        for message in told:
            heard.append(message)
            if message.event == "end":
                break
        return heard


def test_the_run_that_an_accepted_offer_started_goes_on_inside_its_turn(application: Application, question: str):
    run, conversation = answered(application, question, "paula")
    other, _ = answered(application, question, "paula")
    parts = application._parts
    with parts.database.write() as session:
        run_events.append(session, run, parts.clock.now(), "follow", {"run": other, "case": "C-1"})
    with panel(application, "paula") as client:
        seen = Seen(client.get(f"/chat/{conversation}").text)
        ids = [attributes.get("id") for _, attributes in seen.tags]
        assert ids.index(f"answer-{run}") < ids.index(f"answer-{other}") and ids.count(f"steps-{other}") == 1
        assert f"Started {other} to do what you accepted" in seen.text


def test_an_offer_is_a_form_that_says_yes_and_suggestions_are_questions_to_send(
    application: Application, question: str, tmp_path: Path
):
    run, conversation = answered(application, question, "paula")
    real = turn_of(application, run, conversation)
    offer = Offer(tool="reallocate", arguments="{}", text="Move 10 units <b>now</b>", scope=Scope())
    answer = Answer(intent="x", text="<i>words</i>", offer=offer, suggestions=("why <u>?",), evidence=("T-1",))
    report = real.report.model_copy(update={"answer": answer})
    shown = Seen(html := render("parts/answer.html", turn=Turn.model_construct(**{**dict(real), "report": report})))
    assert [one["value"] for one in shown.all("input") if one["name"] == "text"] == ["yes", "why <u>?"]
    assert {one["value"] for one in shown.all("input") if one["name"] == "conversation"} == {conversation}
    assert f'href="/runs/{run}#T-1"' in html
    assert "<b>" not in html and "<i>" not in html and "<u>" not in html
