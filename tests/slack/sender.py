"""Slack's side of the wire: events and interactions posted to our app, signed as Slack signs them, with its retries."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.slack.workspace import APP, BOT_USER, TEAM, Message, View, Workspace

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
"""A signing secret; the example of Slack's own page."""


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`v0=` and the HMAC-SHA256 of `v0:timestamp:body`."""
    return "v0=" + hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()


@dataclass
class Sender:
    """Posts to one app on behalf of one workspace. `age` makes the signature that many seconds old."""

    url: str
    workspace: Workspace
    secret: str = SECRET
    age: int = 0

    def mention(self, user: str, channel: str, words: str, thread_ts: str | None = None) -> Message:
        """A person mentions the app; what was posted."""
        message = self.workspace.said(channel, user, f"<@{BOT_USER}> {words}", thread_ts)
        assert self.event(self.mentioned(message)).status_code == 200
        return message

    def direct(self, user: str, channel: str, words: str, thread_ts: str | None = None) -> Message:
        """A person writes to the app directly."""
        message = self.workspace.said(channel, user, words, thread_ts)
        assert self.event(self.written(message, channel_type="im")).status_code == 200
        return message

    def mentioned(self, message: Message) -> dict[str, Any]:
        """The app_mention event of a message."""
        return _event(message, type="app_mention")

    def written(self, message: Message, **more: Any) -> dict[str, Any]:
        """The message event of a message."""
        return _event(message, type="message", **{"channel_type": "channel", **more})

    def event(self, event: Mapping[str, Any], event_id: str | None = None, retry: int = 0) -> httpx.Response:
        """Deliver an event; with `retry`, as the delivery that follows so many failed ones."""
        envelope = {
            "token": "unused",
            "team_id": TEAM,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": event_id or f"Ev{self.workspace.number():010d}",
            "event_time": int(time.time()),
            "authorizations": [{"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True}],
            "is_ext_shared_channel": False,
        }
        more = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"} if retry else {}
        return self.post(json.dumps(envelope).encode(), "application/json", more)

    def click(self, user: str, message: Message, action_id: str, value: str | None = None) -> httpx.Response:
        """A person clicks a button of a message; `value` is the one the button carries unless a liar gives another."""
        found = [
            (block, element)
            for block in message.blocks
            for element in [*block.get("elements", []), block.get("accessory") or {}]
            if element.get("action_id") == action_id
        ]
        block, element = found[0] if found else ({}, {})
        payload: dict[str, Any] = {
            "type": "block_actions",
            "user": {"id": user, "team_id": TEAM},
            "team": {"id": TEAM, "domain": "local"},
            "enterprise": None,
            "api_app_id": APP,
            "trigger_id": self._trigger(user),
            "channel": {"id": message.channel, "name": "general"},
            "container": {"type": "message", "message_ts": message.ts, "channel_id": message.channel},
            "message": {"ts": message.ts, "thread_ts": message.thread_ts, "text": message.text, "user": BOT_USER},
            "response_url": "http://127.0.0.1:9/unused",
            "actions": [
                {
                    "action_id": action_id,
                    "block_id": block.get("block_id", "b"),
                    "type": "button",
                    "text": element.get("text"),
                    "value": element.get("value") if value is None else value,
                    "action_ts": self.workspace.timestamp(),
                }
            ],
        }
        return self.interaction(payload)

    def submit(self, view: View, values: Mapping[str, str | None], user: str | None = None) -> httpx.Response:
        """A person submits a modal with these inputs (action id -> what was typed, as text)."""
        typed: dict[str, Any] = {}
        for block in view.view["blocks"]:
            if block["type"] == "input":
                element = block["element"]
                given = values.get(element["action_id"], element.get("initial_value"))
                held: dict[str, Any] = {"type": element["type"], "value": given}
                if element["type"] == "static_select":
                    chosen = next((one for one in element["options"] if one["value"] == given), None)
                    held = {"type": element["type"], "selected_option": chosen}
                typed[block["block_id"]] = {element["action_id"]: held}
        payload: dict[str, Any] = {
            "type": "view_submission",
            "user": {"id": user or view.user, "team_id": TEAM},
            "team": {"id": TEAM, "domain": "local"},
            "enterprise": None,
            "api_app_id": APP,
            "trigger_id": self._trigger(user or view.user),
            "view": {**view.view, "id": view.id, "hash": view.hash, "team_id": TEAM, "state": {"values": typed}},
            "response_urls": [],
        }
        return self.interaction(payload)

    def interaction(self, payload: Mapping[str, Any]) -> httpx.Response:
        """Deliver an interaction."""
        body = urlencode({"payload": json.dumps(payload)}).encode()
        return self.post(body, "application/x-www-form-urlencoded")

    def post(self, body: bytes, kind: str, more: Mapping[str, str | bytes] | None = None) -> httpx.Response:
        """Deliver a body, signed."""
        timestamp = str(int(time.time()) - self.age)
        headers: dict[str, Any] = {
            "Content-Type": kind,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self.secret, timestamp, body),
            **(more or {}),
        }
        return httpx.post(self.url, content=body, headers=headers, timeout=10, trust_env=False)

    def _trigger(self, user: str) -> str:
        trigger = f"{self.workspace.number()}.1.trigger"
        self.workspace.triggers[trigger] = user
        return trigger


def _event(message: Message, **more: Any) -> dict[str, Any]:
    threaded = {"thread_ts": message.thread_ts} if message.thread_ts else {}
    about = {"user": message.user, "text": message.text, "ts": message.ts, "channel": message.channel}
    return {**about, **threaded, "event_ts": message.ts, "team": TEAM, **more}
