"""Metrics through the API: each number leads to the ledger entries behind it, and they are there."""

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
