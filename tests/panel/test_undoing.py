"""Taking back an executed move on the panel, from its link to the new move that is asked about and carried out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from agent.runtime.application import Application
from storage.records import MoveState
from tests.agent.house import approve_fully
from tests.panel.house import HOSTILE, Seen, panel

pytestmark = [pytest.mark.xdist_group("panel"), pytest.mark.real]


def executed(application: Application) -> str:
    """A reallocation that people approved and that was carried out."""
    asked = [card.move for card in application.approvals() if not card.before]
    move = next(one for one in asked if application.browse.move(one).move.kind == "reallocate")
    approve_fully(application, move)
    assert application.browse.move(move).state is MoveState.EXECUTED
    return move


def test_an_executed_move_is_taken_back_as_a_new_move_that_is_asked_about_and_only_once(application: Application):
    move = executed(application)
    case, path = application.browse.move(move).case, f"/moves/{move}/undo"
    with panel(application, "paula") as client:
        page = client.get(f"/cases/{case}").text
        assert path in {one.get("href") for one in Seen(page).all("a")}
        form = Seen(client.get(path).text)
        codes = {one.get("value") for one in form.all("option")} - {""}
        assert codes == {one.code for one in application.standing.reasons("undo")}
        for sent, says in (({}, "no reason code"), ({"reason_code": HOSTILE[0]}, "Give one of")):
            refused = client.post(path, data=sent)
            assert refused.status_code == 422 and says.lower() in Seen(refused.text).text.lower(), refused.text
        sent = {"reason_code": "mistake", "reason": HOSTILE[1]}
        with ThreadPoolExecutor(3) as pool:
            tries = [pool.submit(client.post, path, data=sent, follow_redirects=False) for _ in range(3)]
        answers = [one.result() for one in tries]
        assert sorted(one.status_code for one in answers) == [303, 409, 409], "of several at once, one does it"
        opened = next(one.headers["location"] for one in answers if one.status_code == 303)
        assert "Being planned" in Seen(client.get(opened).text).text
        application.settle()
        (taken_back,) = application.browse.case(opened.rpartition("/")[2]).moves
        shown = Seen(client.get(opened).text)
        assert taken_back.move.title in shown.text and "Being planned" not in shown.text
        assert taken_back.state in (MoveState.WAITING, MoveState.EXECUTED)
        again = client.post(path, data=sent)
        assert again.status_code == 409 and "being undone in case" in Seen(again.text).text
        approve_fully(application, taken_back.id)
        assert application.browse.move(taken_back.id).state is MoveState.EXECUTED
        once_more = client.post(path, data=sent)
        assert once_more.status_code == 409 and f"was undone by {taken_back.id}" in Seen(once_more.text).text
        assert f"undo {taken_back.id} to have it back" in Seen(once_more.text).text
    with panel(application, "arthur") as auditor:
        assert auditor.post(path, data=sent).status_code == 403
