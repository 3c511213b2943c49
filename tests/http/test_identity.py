"""Who is there: sessions of personas, the header of a trusted proxy, and everybody who is neither."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.runtime.application import Application
from agent.runtime.clock import FixedClock
from agent.settings import Settings, load_settings
from api.http.identity import COOKIE
from api.http.options import Options, options_from
from domain.errors import BadInput, NotAllowed
from tests.http.house import door, opened, problem, token_of

PROXY = Options(header="x-forwarded-user", proxies=("10.0.0.0/8",))
FROM_PROXY: dict[str, Any] = {"client": ("10.0.0.5", 40000)}


def entries(application: Application) -> list[dict[str, Any]]:
    """What the ledger says of sign-ins, in order."""
    from guardrails.chain import EntryKind

    found = application.browse.ledger(kinds=[EntryKind.SIGN_IN])
    return [{"actor": one.entry.actor, **(one.says or {})} for one in found]


def test_signing_in_gives_a_cookie_that_scripts_and_other_sites_never_see(fresh: Path):
    with opened(fresh) as application, door(application) as client:
        answer = client.post("/api/session", json={"user": "paula"})
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
        assert client.get("/api/session").json() == {"id": "paula", "name": "Paula Planner", "roles": ["planner"]}
        assert entries(application) == [{"actor": "paula", "did": "signed in", "door": "web"}]


def test_tokens_are_long_differ_and_are_not_in_the_database(fresh: Path):
    with opened(fresh) as application, door(application) as client:
        tokens = {token_of(client, "paula")["Cookie"].partition("=")[2] for _ in range(20)}
        assert len(tokens) == 20 and min(map(len, tokens)) >= 43
    kept = b"".join(path.read_bytes() for path in fresh.glob("quartermaster.db*"))
    assert kept and not any(token.encode() in kept for token in tokens)


def test_a_session_outlives_a_restart_and_ends_when_its_time_is_over(fresh: Path):
    with opened(fresh) as application, door(application) as client:
        mine = token_of(client, "paula")
    with opened(fresh) as application, door(application) as client:
        assert client.get("/api/session", headers=mine).status_code == 200
        later = datetime.now(UTC) + timedelta(hours=13)
        clock = FixedClock(application.now)
        clock.wall = lambda: later  # type: ignore[method-assign]
        application.visits._clock = clock
        problem(client.get("/api/session", headers=mine), 401, "sign_in_needed")


def test_signing_out_ends_the_session_everywhere(fresh: Path):
    with opened(fresh) as application, door(application) as client:
        mine = token_of(client, "paula")
        assert client.delete("/api/session", headers=mine).status_code == 204
        problem(client.get("/api/session", headers=mine), 401, "sign_in_needed")


def test_signing_in_as_another_ends_the_session_before(fresh: Path):
    """Otherwise a token that was planted in a browser would go on working after its owner signs in."""
    with opened(fresh) as application, door(application) as client:
        planted = token_of(client, "paula")
        assert client.post("/api/session", json={"user": "lena"}, headers=planted).status_code == 201
        client.cookies.clear()
        problem(client.get("/api/session", headers=planted), 401, "sign_in_needed")


@pytest.mark.parametrize(
    "token", ["", "x", "a" * 43, "paula", "../../etc/passwd", "%00", "🦊".encode().decode("latin-1")]
)
def test_a_made_up_token_is_nobody(fresh: Path, token: str):
    with opened(fresh) as application, door(application) as client:
        headers = {b"Cookie": f"{COOKIE}={token}".encode("latin-1")}
        problem(client.get("/api/session", headers=headers), 401, "sign_in_needed")


def test_nobody_signs_in_as_somebody_unknown_and_it_is_recorded(fresh: Path):
    with opened(fresh) as application, door(application) as client:
        problem(client.post("/api/session", json={"user": "mallory"}), 403, "not_allowed")
        (said,) = entries(application)
        assert (said["actor"], said["did"], said["who"]) == ("unknown", "refused", "mallory")


def test_whoever_is_no_longer_active_is_out_at_once(tmp_path: Path):
    people = tmp_path / "people.yaml"
    row = "people:\n  - {{id: paula, name: Paula, email: paula@example.com, roles: [planner], active: {}}}\n"
    people.write_text(row.format("true"))
    with opened(tmp_path / "home", people=people) as application, door(application) as client:
        mine = token_of(client, "paula")
        assert client.get("/api/cases", headers=mine).status_code == 200
    people.write_text(row.format("false"))
    with opened(tmp_path / "home", people=people) as application, door(application) as client:
        problem(client.get("/api/cases", headers=mine), 401, "sign_in_needed")


@pytest.mark.parametrize("name", ["paula", "paula@example.com", "PAULA@Example.com", " paula "])
def test_a_trusted_proxy_names_the_user_by_id_or_address(fresh: Path, name: str):
    with opened(fresh) as application, door(application, PROXY, **FROM_PROXY) as client:
        for _ in range(3):
            assert client.get("/api/session", headers={"X-Forwarded-User": name}).json()["id"] == "paula"
        assert entries(application) == [{"actor": "paula", "did": "signed in", "door": "web"}]


@pytest.mark.parametrize("peer", ["127.0.0.1", "192.168.1.4", "::1", "11.0.0.1", "testclient", ""])
def test_the_header_from_anybody_else_is_refused_and_recorded(fresh: Path, peer: str):
    with opened(fresh) as application, door(application, PROXY, client=(peer, 1)) as client:
        for more in ({}, {"X-Forwarded-For": "10.0.0.5"}, {"Forwarded": "for=10.0.0.5"}, {"X-Real-IP": "10.0.0.5"}):
            headers = {"X-Forwarded-User": "lena", **more}
            problem(client.get("/api/session", headers=headers), 403, "not_allowed")
        (said,) = entries(application)
        assert said["did"] == "refused" and "no trusted proxy" in said["why"]


@pytest.mark.parametrize(
    "name", ["mallory", "paula@elsewhere.example", "", "  ", "paula,lena", "' or 1=1 --", "x" * 5000]
)
def test_whom_the_proxy_names_and_nobody_knows_is_not_let_in(fresh: Path, name: str):
    with opened(fresh) as application, door(application, PROXY, **FROM_PROXY) as client:
        said = problem(client.get("/api/session", headers={"X-Forwarded-User": name}), 403, "not_allowed")
        assert "paula" not in said["detail"] + said.get("fix", "")


def test_two_names_in_the_header_are_nobody(fresh: Path):
    with opened(fresh) as application, door(application, PROXY, **FROM_PROXY) as client:
        headers = [("X-Forwarded-User", "paula"), ("X-Forwarded-User", "lena")]
        problem(client.get("/api/session", headers=headers), 403, "not_allowed")


def test_behind_a_proxy_nobody_picks_a_persona_and_cookies_mean_nothing(fresh: Path):
    with opened(fresh) as application:
        with door(application) as client:
            mine = token_of(client, "paula")
        with door(application, PROXY, **FROM_PROXY) as client:
            assert client.get("/api/personas").json() == []
            problem(client.post("/api/session", json={"user": "paula"}), 403, "not_allowed")
            problem(client.get("/api/session", headers=mine), 401, "sign_in_needed")


def settings(tmp_path: Path, **environ: str) -> Settings:
    return load_settings(tmp_path, {f"QUARTERMASTER_{name.upper()}": value for name, value in environ.items()})


LIVE = {"mode": "live", "proxy_user_header": "X-User", "trusted_proxies": "10.0.0.5, 10.1.0.0/16"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "example.com", "127.0.0.1.example.com", "2130706433"])
def test_demo_personas_refuse_to_listen_where_others_can_reach_them(tmp_path: Path, host: str):
    with pytest.raises(NotAllowed, match="demo personas"):
        options_from(settings(tmp_path), host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_demo_personas_listen_on_this_machine(tmp_path: Path, host: str):
    assert options_from(settings(tmp_path), host).personas


def test_live_mode_without_a_proxy_refuses_to_start(tmp_path: Path):
    with pytest.raises(NotAllowed, match="nobody could sign in"):
        options_from(settings(tmp_path, mode="live"))


def test_a_header_that_nobody_is_trusted_to_send_refuses_to_start(tmp_path: Path):
    with pytest.raises(NotAllowed, match="no proxy is trusted"):
        options_from(settings(tmp_path, **{**LIVE, "trusted_proxies": ""}))


def test_live_mode_with_a_proxy_listens_anywhere(tmp_path: Path):
    options = options_from(settings(tmp_path, **LIVE), "0.0.0.0")
    assert (options.header, options.proxies, options.personas) == ("x-user", ("10.0.0.5/32", "10.1.0.0/16"), False)


@pytest.mark.parametrize(
    "given",
    [
        {**LIVE, "trusted_proxies": "everybody"},
        {**LIVE, "trusted_proxies": "10.0.0.0/99"},
        {**LIVE, "embed_ancestors": "*"},
        {**LIVE, "embed_ancestors": "https://a.example; script-src *"},
        {**LIVE, "embed_ancestors": "javascript:alert(1)"},
        {**LIVE, "proxy_user_header": "X User\r\nX-Other"},
    ],
)
def test_settings_that_mean_nothing_name_the_variable(tmp_path: Path, given: dict[str, str]):
    with pytest.raises(BadInput) as wrong:
        options_from(settings(tmp_path, **given))
    assert (wrong.value.field or "").startswith("QUARTERMASTER_") and wrong.value.fix
