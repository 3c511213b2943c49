"""Forms that nobody meant to send: missing, empty, huge and senseless fields of everything governing people do."""

from __future__ import annotations

import pytest

from agent.runtime.application import Application
from guardrails.policy import default_text
from storage.records import ApprovalState
from tests.panel.house import Seen, panel

pytestmark = [pytest.mark.xdist_group("panel"), pytest.mark.nightly]
SENSELESS = (
    *(
        "",
        " ",
        "*",
        "-1",
        "1e999",
        "null",
        "[]",
        "../../etc/passwd",
        "%s%n",
        "\ufffd",
        "\U0001f98a" * 500,
        "x" * 100_000,
    ),
    *("0001-01-01", "9999-12-31", "2026-02-30", "\u0662\u0660\u0662\u0666-03-09", "next year"),
)
REFUSED = (403, 404, 409, 422)


def forms(application: Application) -> dict[str, dict[str, str]]:
    """Every form of those who govern, by its address, as somebody would send it who means it."""
    card = next(c for c in application.approvals("paula") if c.role == "planner")
    change = application.policies.propose(default_text().replace("horizon_days: 28", "horizon_days: 21"), "lena", "why")
    day, stale = application.now.date().isoformat(), f"{card.approval}|{'0' * 64}"
    return {
        f"/approvals/{card.approval}/snooze": {"until": "hour", "reason": "x"},
        f"/approvals/{card.approval}/reassign": {"to": "peter", "reason_code": "wrong-person", "reason": "x"},
        f"/approvals/{card.approval}/comment": {"text": "hello"},
        f"/approvals/{card.approval}/reject": {"digest": "0" * 64, "reason": "x", "reason_code": "other"},
        "/approvals/batch": {"verb": "approve", "named": stale},
        "/approvals/batch/decide": {"verb": "reject", "named": stale, "reason": "x", "reason_code": "other"},
        "/delegations": {"to": "peter", "role": "planner", "since": day, "until": day, "why": "x"},
        "/away": {"since": day, "until": day, "why": "x"},
        "/stops": {"system": "erp", "reason_code": "incident", "reason": "x", "back": "/stops"},
        "/stops/lift": {"system": "erp", "reason": "x"},
        "/autonomy/demotions/DM-1/lift": {"why": "x"},
        f"/moves/{card.move}/undo": {"reason_code": "mistake", "reason": "x"},
        "/policy": {"text": "roles: [", "why": "x"},
        f"/policy/{change.id}/approve": {"reason": "x"},
        f"/policy/{change.id}/reject": {"reason": "x"},
        f"/policy/{change.id}/withdraw": {"reason": "x"},
    }


def test_a_senseless_form_is_refused_in_words_or_taken_as_text_and_breaks_nothing(application: Application):
    sent = forms(application)
    pending = {one.approval for one in application.approvals()}
    with panel(application, "paula") as client:
        for path, meant in sent.items():
            kind = {"content-type": "application/x-www-form-urlencoded"}
            tries = [
                client.post(path),
                client.post(path, json=meant),
                client.post(path, content=b"%ff=%fe", headers=kind),
            ]
            tries.append(client.post(path, content=b"&".join(b"named=%d" % at for at in range(900)), headers=kind))
            for name in meant:
                tries += [client.post(path, data={**meant, name: bad}, follow_redirects=False) for bad in SENSELESS]
                others = {key: value for key, value in meant.items() if key != name}
                tries.append(client.post(path, data=others, files={name: ("a.txt", b"abc")}, follow_redirects=False))
            for answer in tries:
                assert answer.status_code in (200, 303, *REFUSED), (path, answer.status_code, answer.text[:800])
                page = Seen(answer.text)
                if answer.status_code in REFUSED:
                    told = any("notice" in (one.get("class") or "") for _, one in page.tags)
                    assert told or "What helps" in page.text or "of 1 decided" in page.text, (path, page.text)
    left = {one.approval for one in application.approvals(everything=True) if one.state is ApprovalState.PENDING}
    assert left == pending
