"""What a Slack workspace remembers: people, conversations, messages, streams, modals; and the rules of each method."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TEAM = "T0000000001"
BOT_USER = "U0000000BOT"
BOT_ID = "B0000000BOT"
APP = "A0000000001"


class Refused(Exception):
    """`ok: false` with one of Slack's error words."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass
class Person:
    """One member; `email` is what users.info tells."""

    id: str
    name: str
    email: str | None
    is_bot: bool = False
    team: str = TEAM


@dataclass
class Message:
    """One message as it stands; `versions` counts posts and updates, `streaming` while it is a stream."""

    channel: str
    ts: str
    user: str
    thread_ts: str | None = None
    text: str = ""
    blocks: list[dict[str, Any]] = field(default_factory=list)
    chunks: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    streaming: bool = False
    versions: int = 1

    @property
    def tasks(self) -> dict[str, str]:
        """Task of the stream -> its last status."""
        return {chunk["id"]: chunk["status"] for chunk in self.chunks if chunk["type"] == "task_update"}


@dataclass
class View:
    """A modal somebody has open."""

    id: str
    hash: str
    user: str
    view: dict[str, Any]


class Workspace:
    """One workspace with one installed app."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {BOT_USER: Person(BOT_USER, "quartermaster", None, is_bot=True)}
        self.channels: dict[str, set[str]] = {}
        self.messages: list[Message] = []
        self.ephemerals: list[dict[str, Any]] = []
        self.views: list[View] = []
        self.triggers: dict[str, str] = {}
        self._numbers = itertools.count(1)

    def number(self) -> int:
        """The next number of anything."""
        return next(self._numbers)

    def timestamp(self) -> str:
        """A `ts` later than every other."""
        return f"1769990000.{self.number():06d}"

    def person(self, name: str, email: str | None, *, is_bot: bool = False, team: str = TEAM) -> Person:
        """A new member, in every channel; one of another `team` is there by a shared channel."""
        one = Person(f"U{self.number():010d}", name, email, is_bot, team)
        self.people[one.id] = one
        for members in self.channels.values():
            members.add(one.id)
        return one

    def channel(self, kind: str = "C") -> str:
        """A new channel (`D` for a direct one) with everybody in it."""
        name = f"{kind}{self.number():010d}"
        self.channels[name] = set(self.people)
        return name

    def said(self, channel: str, user: str, text: str, thread_ts: str | None = None) -> Message:
        """A person wrote something."""
        message = Message(channel, self.timestamp(), user, thread_ts, text)
        self.messages.append(message)
        return message

    def thread(self, channel: str, ts: str) -> list[Message]:
        """The messages of a thread, the first included."""
        return [m for m in self.messages if m.channel == channel and ts in (m.ts, m.thread_ts)]

    def call(self, method: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out a call whose arguments have been checked; Refused when the workspace does not allow it."""
        found: dict[str, Any] = getattr(self, "_" + method.replace(".", "_"))(given)
        return found

    def _auth_test(self, given: Mapping[str, Any]) -> dict[str, Any]:
        return {"team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT_ID, "team": "local", "user": "quartermaster"}

    def _users_info(self, given: Mapping[str, Any]) -> dict[str, Any]:
        one = self.people.get(given["user"])
        if one is None:
            raise Refused("user_not_found")
        profile = {"real_name": one.name, **({"email": one.email} if one.email else {})}
        return {"user": {"id": one.id, "team_id": one.team, "name": one.name, "is_bot": one.is_bot, "profile": profile}}

    def _conversations_open(self, given: Mapping[str, Any]) -> dict[str, Any]:
        users = {*str(given.get("users", "")).split(","), BOT_USER} - {""}
        if not users <= set(self.people):
            raise Refused("user_not_found")
        for name, members in self.channels.items():
            if name.startswith("D") and members == users:
                return {"channel": {"id": name}}
        name = self.channel("D")
        self.channels[name] = users
        return {"channel": {"id": name}}

    def _chat_postMessage(self, given: Mapping[str, Any]) -> dict[str, Any]:
        self._member(given["channel"])
        if given.get("thread_ts"):
            self._parent(given["channel"], given["thread_ts"])
        message = self.said(given["channel"], BOT_USER, given.get("text", ""), given.get("thread_ts"))
        message.blocks = given.get("blocks") or []
        message.metadata = given.get("metadata")
        return {"channel": message.channel, "ts": message.ts, "message": {"text": message.text, "ts": message.ts}}

    def _chat_update(self, given: Mapping[str, Any]) -> dict[str, Any]:
        message = self._own(given)
        if message.streaming:
            raise Refused("streaming_state_conflict")
        message.text = given.get("text", message.text)
        message.blocks = given.get("blocks", message.blocks) or []
        message.metadata = given.get("metadata", message.metadata)
        message.versions += 1
        return {"channel": message.channel, "ts": message.ts, "text": message.text}

    def _chat_postEphemeral(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if given["user"] not in self._member(given["channel"]):
            raise Refused("user_not_in_channel")
        if given.get("thread_ts"):
            self._parent(given["channel"], given["thread_ts"])
        self.ephemerals.append(dict(given))
        return {"message_ts": self.timestamp()}

    def _chat_startStream(self, given: Mapping[str, Any]) -> dict[str, Any]:
        self._member(given["channel"])
        self._parent(given["channel"], given["thread_ts"])
        if not given["channel"].startswith("D"):
            for name in ("recipient_team_id", "recipient_user_id"):
                if not given.get(name):
                    raise Refused(f"missing_{name}")
            if given["recipient_user_id"] not in self.people:
                raise Refused("user_not_found")
        if given.get("task_display_mode", "timeline") not in ("timeline", "plan"):
            raise Refused("invalid_task_display_mode")
        message = self.said(given["channel"], BOT_USER, "", given["thread_ts"])
        message.streaming = True
        return self._streamed(message, given)

    def _chat_appendStream(self, given: Mapping[str, Any]) -> dict[str, Any]:
        message = self._own(given)
        if not message.streaming:
            raise Refused("message_not_in_streaming_state")
        if not given.get("chunks") and not given.get("markdown_text"):
            raise Refused("no_text")
        return self._streamed(message, given)

    def _chat_stopStream(self, given: Mapping[str, Any]) -> dict[str, Any]:
        message = self._own(given)
        if not message.streaming:
            raise Refused("message_not_in_streaming_state")
        message.streaming = False
        message.blocks = given.get("blocks") or []
        message.metadata = given.get("metadata")
        return self._streamed(message, given)

    def _views_open(self, given: Mapping[str, Any]) -> dict[str, Any]:
        user = self.triggers.pop(given["trigger_id"], None)
        if user is None:
            raise Refused("expired_trigger_id")
        number = self.number()
        self.views.append(View(f"V{number:010d}", f"{number}.hash", user, dict(given["view"])))
        return {"view": {"id": self.views[-1].id, "hash": self.views[-1].hash, **given["view"]}}

    def _views_update(self, given: Mapping[str, Any]) -> dict[str, Any]:
        found = next((view for view in self.views if view.id == given.get("view_id")), None)
        if found is None:
            raise Refused("not_found")
        if given.get("hash") not in (None, found.hash):
            raise Refused("hash_conflict")
        found.view, found.hash = dict(given["view"]), f"{self.number()}.hash"
        return {"view": {"id": found.id, "hash": found.hash, **given["view"]}}

    def _conversations_replies(self, given: Mapping[str, Any]) -> dict[str, Any]:
        self._member(given["channel"])
        found = self.thread(given["channel"], given["ts"])
        if not found:
            raise Refused("thread_not_found")
        return self._listed(found, given)

    def _conversations_history(self, given: Mapping[str, Any]) -> dict[str, Any]:
        self._member(given["channel"])
        found = [m for m in self.messages if m.channel == given["channel"] and m.thread_ts in (None, m.ts)]
        return self._listed(found[::-1], given)

    def _listed(self, found: list[Message], given: Mapping[str, Any]) -> dict[str, Any]:
        whole = str(given.get("include_all_metadata", "")).lower() in ("1", "true")
        told = [
            {"ts": m.ts, "user": m.user, "text": m.text, **({"metadata": m.metadata} if whole and m.metadata else {})}
            for m in found
            if m.ts > str(given.get("oldest", ""))
        ]
        return {"messages": told[: int(given.get("limit", 100))], "has_more": False}

    def _streamed(self, message: Message, given: Mapping[str, Any]) -> dict[str, Any]:
        message.chunks += given.get("chunks") or []
        if given.get("markdown_text"):
            message.chunks.append({"type": "markdown_text", "text": given["markdown_text"]})
        return {"channel": message.channel, "ts": message.ts}

    def _member(self, channel: str) -> set[str]:
        members = self.channels.get(channel)
        if members is None:
            raise Refused("channel_not_found")
        if BOT_USER not in members:
            raise Refused("not_in_channel")
        return members

    def _parent(self, channel: str, ts: str) -> None:
        found = next((m for m in self.messages if m.channel == channel and m.ts == ts), None)
        if found is None:
            raise Refused("thread_not_found")
        if found.thread_ts not in (None, found.ts):
            raise Refused("cannot_reply_to_message")

    def _own(self, given: Mapping[str, Any]) -> Message:
        self._member(given["channel"])
        found = next((m for m in self.messages if m.channel == given["channel"] and m.ts == given["ts"]), None)
        if found is None:
            raise Refused("message_not_found")
        if found.user != BOT_USER:
            raise Refused("cant_update_message")
        return found
