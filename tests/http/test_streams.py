"""Run-event streams on a real port: exact replay, live steps, an explicit end, and nothing that a reader can stop."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.runtime.application import Application
from api.http.options import Options
from tests.agent.house import in_another_process
from tests.http.house import Served, opened, problem, served, stream

QUICK = Options(poll=0.02, heartbeat=0.05)


@pytest.fixture(scope="module")
def application(delayed_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    home = Path(shutil.copytree(delayed_once, tmp_path_factory.mktemp("streams") / "home"))
    with opened(home) as application:
        yield application


@pytest.fixture(scope="module")
def here(application: Application) -> Iterator[Served]:
    with served(application, QUICK) as here:
        yield here


@pytest.fixture(scope="module")
def client(here: Served) -> Iterator[httpx.Client]:
    with here.client("lena") as client:
        yield client


@pytest.fixture(scope="module")
def answered(client: httpx.Client) -> tuple[str, list[dict[str, Any]]]:
    """A question that was asked and followed to its end: where its events are, and what they were."""
    asked = client.post("/api/runs", json={"question": "who holds SKU-1042?"})
    assert asked.status_code == 202
    with stream(client, asked.json()["events"]) as heard:
        seen = list(heard)
    assert seen[-1].event == "end" and seen[-1].json["state"] == "done"
    return asked.json()["events"], [message.json for message in seen[:-1]]


def test_a_question_is_followed_step_by_step_to_its_end(answered: tuple[str, list[dict[str, Any]]]):
    _, seen = answered
    assert [event["seq"] for event in seen] == list(range(1, len(seen) + 1))
    kinds = [event["kind"] for event in seen]
    assert kinds[0] == "context" and kinds[-1] == "report" and "tool" in kinds and "plan" in kinds


def test_a_broken_stream_goes_on_exactly_where_it_left_off(
    client: httpx.Client, answered: tuple[str, list[dict[str, Any]]]
):
    path, seen = answered
    for place in range(len(seen) + 1):
        with stream(client, path, {"Last-Event-ID": str(place)}) as heard:
            again = list(heard)
        assert [message.json for message in again[:-1]] == seen[place:] and again[-1].event == "end"
        assert [message.id for message in again] == [*(str(e["seq"]) for e in seen[place:]), f"{len(seen)}.end"]
    with stream(client, f"{path}?after=2") as heard:
        assert [message.json for message in heard][:-1] == seen[2:]


def test_who_saw_the_end_is_told_not_to_come_back(client: httpx.Client, answered: tuple[str, list[dict[str, Any]]]):
    path, seen = answered
    headers = {"Accept": "text/event-stream", "Last-Event-ID": f"{len(seen)}.end"}
    assert client.get(path, headers=headers).status_code == 204


def test_the_same_as_json_page_by_page(client: httpx.Client, answered: tuple[str, list[dict[str, Any]]]):
    path, seen = answered
    read: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next": 0, "over": False}
    while not page["over"]:
        page = client.get(path, params={"after": page["next"], "limit": 2}).json()
        read += page["events"]
    assert [(e["seq"], e["kind"], e["body"]) for e in read] == [(e["seq"], e["kind"], e["body"]) for e in seen]


@pytest.mark.parametrize("place", ["x", "-1", "1.5", "9" * 40, "1.end.end", "١"])
def test_a_place_we_never_gave_is_refused(client: httpx.Client, answered: tuple[str, list[dict[str, Any]]], place: str):
    headers = {b"Accept": b"text/event-stream", b"Last-Event-ID": place.encode()}
    problem(client.get(answered[0], headers=headers), 422, "bad_input")


def test_there_is_no_stream_of_no_run(client: httpx.Client):
    problem(client.get("/api/runs/R-999/events", headers={"Accept": "text/event-stream"}), 404, "unknown_reference")


def test_a_run_that_waits_for_people_is_silent_but_alive_and_a_reader_who_leaves_stops_nothing(
    client: httpx.Client, here: Served, application: Application
):
    run = "R-1"
    headers = {"Accept": "text/event-stream"}
    with client.stream("GET", f"/api/runs/{run}/events", headers=headers) as answer:
        lines = answer.iter_lines()
        assert next(line for line in lines if line == ": alive")
    cards = [card for card in application.approvals() if "lead" in card.role.split("/") and not card.before]
    with stream(client, f"/api/runs/{run}/events", {"Last-Event-ID": str(len(application.events(run)))}) as heard:
        decided = client.post(f"/api/approvals/{cards[0].approval}/approve", json={"digest": cards[0].digest})
        assert decided.status_code == 200
        assert next(heard).json["run"] == run
    wait_until(lambda: here.app.state.broadcaster.readers == 0)


def test_who_signs_out_hears_no_more(here: Served):
    with here.client("paula") as client, here.client("lena") as other:
        mine = {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}
        with stream(other, "/api/runs/R-1/events?after=100000", mine) as heard:
            assert client.delete("/api/session").status_code == 204
            assert list(heard) == []


def wait_until(true: Any) -> None:
    for _ in range(1000):
        if true():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come true")


@pytest.mark.real
def test_a_run_that_another_process_drives_is_followed_all_the_same(fresh: Path):
    with opened(fresh) as application, served(application, QUICK, work=False) as here, here.client("lena") as client:
        asked = client.post("/api/runs", json={"question": "who holds SKU-1042?"}).json()
        heard: list[Any] = []

        def follow() -> None:
            with stream(client, asked["events"]) as messages:
                heard.extend(messages)

        reader = threading.Thread(target=follow)
        reader.start()
        said = in_another_process(
            "from tests.agent.house import opened\nwith opened(home) as app: app.settle()\n", fresh
        )
        assert said.returncode == 0, said.stderr
        reader.join(30)
        assert [m.event for m in heard][-1] == "end" and len(heard) == heard[-1].json["last"] + 1


def test_many_readers_of_one_run_cost_no_more_looks_than_one(fresh: Path):
    with opened(fresh) as application, served(application, QUICK, work=False) as here, here.client("lena") as client:
        asked = client.post("/api/runs", json={"question": "who holds SKU-1042?"}).json()
        heard: list[list[Any]] = []

        def follow() -> None:
            with here.client("paula") as other, stream(other, asked["events"]) as messages:
                heard.append([message.id for message in messages])

        readers = [threading.Thread(target=follow) for _ in range(20)]
        for reader in readers:
            reader.start()
        wait_until(lambda: here.app.state.broadcaster.readers == 20)
        before = here.app.state.broadcaster.looks
        application.settle()
        for reader in readers:
            reader.join(30)
        assert len(heard) == 20 and len({tuple(ids) for ids in heard}) == 1
        ticks = here.app.state.broadcaster.looks - before
        assert ticks < 20 * len(heard[0]), "one look serves everybody"


def test_a_door_that_closes_lets_its_readers_go_and_they_come_back_to_the_next(delayed: Path):
    with opened(delayed) as application:
        run = "R-1"
        seen: list[str] = []
        with served(application, QUICK, work=False) as here, here.client("lena") as client:
            with stream(client, f"/api/runs/{run}/events") as heard:
                seen += [next(heard).id for _ in range(3)]
                here.app.state.broadcaster.close()
                rest = list(heard)
            assert all(message.event != "end" for message in rest)
            seen += [message.id for message in rest]
        with (
            served(application, QUICK, work=False) as here,
            here.client("lena") as client,
            stream(client, f"/api/runs/{run}/events", {"Last-Event-ID": seen[-1]}) as heard,
        ):
            left = len(application.events(run)) - len(seen)
            seen += [next(heard).id for _ in range(left)]
        assert seen == [str(number) for number in range(1, len(seen) + 1)] and len(seen) == len(application.events(run))
