"""Metrics and documents through the API: each number leads to its ledger entries, each passage to its document."""

from __future__ import annotations

from pathlib import Path

from tests.http.house import door, opened, problem, token_of


def test_each_number_leads_to_the_entries_behind_it(delayed: Path):
    with opened(delayed) as application, door(application) as client:
        arthur = token_of(client, "arthur")
        found = client.get("/api/metrics", headers=arthur).json()
        named = [number for number in found["numbers"] if number["entries"]]
        assert named
        for number in named:
            wanted = number["entries"][:50]
            path = f"/api/ledger?entries={','.join(map(str, wanted))}"
            page = client.get(path, headers=arthur).json()
            assert [one["entry"]["seq"] for one in page["entries"]] == sorted(wanted), number["key"]
        flow = client.get("/api/flow", headers=arthur).json()
        assert flow["steps"] and flow["formula"]
        problem(client.get("/api/metrics?since=2026-03-02", headers=arthur), 422, "bad_input")
        backwards = "/api/metrics?since=2026-03-03T00:00:00Z&until=2026-03-02T00:00:00Z"
        problem(client.get(backwards, headers=arthur), 422, "bad_input")


def test_what_is_written_down_is_quoted_with_its_document_and_what_is_not_is_said(fresh: Path):
    with opened(fresh) as application, door(application) as client:
        paula = token_of(client, "paula")
        shelf = client.get("/api/documents", headers=paula).json()
        titles = {entry["document"] for entry in shelf["documents"]}
        path = "/api/documents/search"
        found = client.get(path, params={"q": "what do we do when the ERP does not answer?"}, headers=paula).json()
        assert found["found"] and found["passages"][0]["document"] in titles and found["passages"][0]["version"]
        nothing = client.get(path, params={"q": "who won the chess match in Reykjavik?"}, headers=paula).json()
        assert nothing["found"] is False
        problem(client.get(path, params={"q": "x", "document": "no-such"}, headers=paula), 404, "unknown_reference")
        problem(client.get(path, headers=paula), 422, "bad_input")
