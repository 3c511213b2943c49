"""Every page for every role, on the built-in and on a generated world; hostile text stays text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.runtime.application import Application
from api.http.access import ACCESS
from api.http.panel.words import href, linked
from tests.http.house import ROLES, one_of_each
from tests.panel.house import HOSTILE, Seen, answered, drawn_seed, on_built_in, on_generated, pages, panel

pytestmark = pytest.mark.xdist_group("panel")


@pytest.fixture(scope="module", params=["built_in", "generated"])
def application(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    home = tmp_path_factory.mktemp("pages")
    people = one_of_each(home)
    if request.param == "built_in":
        with on_built_in(home / "home", hostile=True, people=people) as opened:
            yield opened
    else:
        with on_generated(home / "home", drawn_seed(), hostile=True, people=people) as opened:
            yield opened


def test_every_page_opens_for_every_role_that_may_see_it_and_says_so_to_the_others(application: Application):
    sku = application.browse.facts().skus[0].id
    _, conversation = answered(application, f"who holds {sku}?", "planner")
    for role in ROLES:
        paths = pages(application, conversation if role == "planner" else "", each=1)
        if role != "planner":
            paths = tuple({_key(path): path for path in paths if not path.endswith("/replay")}.values())
        with panel(application, role) as client:
            for path in paths:
                answer = client.get(path)
                allowed = role in ACCESS[_key(path)]
                wanted = 200 if allowed else 403
                assert answer.status_code == wanted, (role, path, answer.status_code, answer.text[:600])
                seen = Seen(answer.text)
                assert len(seen.all("h1")) == 1 and len(seen.all("main")) == 1, path
                assert seen.all("html")[0]["lang"] == "en"


def test_hostile_text_is_shown_and_is_never_markup(application: Application):
    _, conversation = answered(application, f"what is {HOSTILE[0]} with {HOSTILE[1]}?", "planner")
    shown = ""
    with panel(application, "planner") as client:
        for path in pages(application, conversation, each=1):
            answer = client.get(path)
            shown += answer.text if answer.status_code == 200 else ""
            for tag, attributes in Seen(answer.text).tags:
                assert not any(name.startswith("on") for name in attributes), (path, tag, attributes)
                assert tag not in ("img", "iframe", "object", "embed", "style"), (path, tag)
                if tag == "script":
                    assert str(attributes["src"]).startswith("/static/"), path
                for name in ("href", "src", "action", "hx-get", "hx-post"):
                    assert str(attributes.get(name) or "/").startswith(("/", "#")), (path, attributes)
                assert attributes.get("hx-get") in (None, "/approvals/badge"), (path, attributes)
    assert "&lt;script&gt;window.owned=1&lt;/script&gt;" in shown and "{{ 7*7 }}" in shown


def test_ids_in_a_text_lead_to_their_pages_and_the_rest_is_escaped(application: Application):
    facts = application.browse.facts()
    order = facts.orders[0]
    text = f"<b>{order.lines[0].id}</b> of {order.id}, and {facts.skus[0].id}."
    html = str(linked(text, facts))
    assert f'<a href="{href("order", order.id)}">{order.id}</a>' in html
    assert "&lt;b&gt;" in html and "<b>" not in html


def _key(path: str) -> str:
    parts = path.partition("?")[0].split("/")[1:]
    if parts[0] == "moves":
        return "GET /moves/{move}/undo"
    if len(parts) == 1 or parts[0] == "embed":
        return "GET /" + "/".join(parts)
    names = {
        "approvals": "approval", "cases": "case", "runs": "run", "orders": "order", "skus": "sku", "sites": "site",
        "customers": "customer", "chat": "conversation", "policy": "change",
    }  # fmt: skip
    return "/".join(["GET ", parts[0], "{" + names[parts[0]] + "}", *parts[2:]])


def test_one_who_is_not_signed_in_is_sent_to_the_sign_in_and_back_again(tmp_path: Path):
    with on_built_in(tmp_path / "home") as application, panel(application, "lena") as client:
        del client.headers["cookie"]
        answer = client.get("/cases/C-1?x=1", follow_redirects=False)
        assert answer.status_code == 303 and answer.headers["location"] == "/sign-in?next=%2Fcases%2FC-1%3Fx%3D1"
        assert "Lena Lead" in client.get("/sign-in").text
        entered = client.post("/sign-in", data={"user": "lena", "next": "/cases/C-1"}, follow_redirects=False)
        assert entered.status_code == 303 and entered.headers["location"] == "/cases/C-1"
        assert "HttpOnly" in entered.headers["set-cookie"] and "samesite=" in entered.headers["set-cookie"].lower()
        for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:1"):
            sent = client.post("/sign-in", data={"user": "lena", "next": elsewhere}, follow_redirects=False)
            assert sent.headers["location"] == "/", elsewhere
        assert client.post("/sign-in", data={"user": "nobody-known"}).status_code == 403


def test_search_goes_to_an_id_and_lists_what_is_like_a_name(tmp_path: Path):
    with on_built_in(tmp_path / "home") as application, panel(application, "lena") as client:
        facts = application.browse.facts()
        line = facts.orders[0].lines[0]
        for wanted, path in (
            (facts.orders[0].id, href("order", facts.orders[0].id)),
            (facts.skus[0].id.lower(), href("sku", facts.skus[0].id)),
            (facts.sites[0].id, href("site", facts.sites[0].id)),
            (line.id, f"{href('order', line.order)}#line-{line.id}"),
            ("C-1", "/cases/C-1"),
            ("R-1", "/runs/R-1"),
            ("A-1", "/approvals/A-1"),
        ):
            answer = client.get("/search", params={"q": wanted}, follow_redirects=False)
            assert answer.status_code == 303 and answer.headers["location"] == path, wanted
        assert facts.customers[0].id in client.get("/search", params={"q": facts.customers[0].name[:5]}).text
        assert "Nothing" in client.get("/search", params={"q": "no such thing <b>"}).text
