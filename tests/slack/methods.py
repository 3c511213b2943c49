"""The Web API methods our local Slack knows: what each must and may be given, and how often it may be called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.slack.block_kit import chunk_findings, message_findings, metadata_findings, view_findings

TIER = {2: 20, 3: 50, 4: 100}
"""Calls a minute that each tier allows."""
TEXT_CHARACTERS = 40_000
MARKDOWN_CHARACTERS = 12_000
_MESSAGE = ("blocks", "text", "metadata", "mrkdwn", "parse", "link_names")
_POST = (*_MESSAGE, "thread_ts", "reply_broadcast", "unfurl_links", "unfurl_media", "client_msg_id", "markdown_text")


@dataclass(frozen=True)
class Method:
    """One method: the HTTP verb it must come with, its arguments, its tier (0: special), and the scope of the token."""

    verb: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    tier: int = 3
    scope: str = "chat:write"


METHODS: Mapping[str, Method] = {
    "auth.test": Method("POST", (), (), 0, ""),
    "chat.postMessage": Method("POST", ("channel",), _POST, 0),
    "chat.update": Method("POST", ("channel", "ts"), _MESSAGE, 3),
    "chat.postEphemeral": Method("POST", ("channel", "user"), (*_MESSAGE, "thread_ts"), 4),
    "chat.startStream": Method(
        "POST",
        ("channel", "thread_ts"),
        ("markdown_text", "chunks", "recipient_team_id", "recipient_user_id", "task_display_mode"),
        2,
    ),
    "chat.appendStream": Method("POST", ("channel", "ts"), ("markdown_text", "chunks"), 4),
    "chat.stopStream": Method(
        "POST", ("channel", "ts"), ("markdown_text", "chunks", "blocks", "metadata", "session_status"), 2
    ),
    "views.open": Method("POST", ("trigger_id", "view"), (), 4, ""),
    "views.update": Method("POST", ("view",), ("view_id", "external_id", "hash"), 4, ""),
    "users.info": Method("GET", ("user",), ("include_locale",), 4, "users:read"),
    "conversations.open": Method("POST", (), ("users", "channel", "return_im"), 3, "im:write"),
    "conversations.replies": Method(
        "GET",
        ("channel", "ts"),
        ("cursor", "inclusive", "latest", "limit", "oldest", "include_all_metadata"),
        3,
        "channels:history",
    ),
    "conversations.history": Method(
        "GET",
        ("channel",),
        ("cursor", "inclusive", "latest", "limit", "oldest", "include_all_metadata"),
        3,
        "channels:history",
    ),
}
SCOPES = frozenset(method.scope for method in METHODS.values() if method.scope) | {"users:read.email"}


def argument_error(name: str, given: Mapping[str, Any]) -> tuple[str, list[str]] | None:
    """(Slack's error word, what is wrong) when arguments of a call cannot be taken."""
    method = METHODS[name]
    known = {*method.required, *method.optional}
    missing = [argument for argument in method.required if given.get(argument) in (None, "")]
    if missing:
        return "invalid_arguments", [f"{name}: {argument} is missing" for argument in missing]
    strange = sorted(set(given) - known)
    if strange:
        return "invalid_arguments", [f"{name}: {argument} is no argument" for argument in strange]
    nothing = not any(given.get(part) for part in ("text", "blocks", "markdown_text"))
    if name in ("chat.postMessage", "chat.update", "chat.postEphemeral") and nothing:
        return "no_text", [f"{name}: nothing is said"]
    if len(given.get("text") or "") > TEXT_CHARACTERS:
        return "msg_too_long", [f"{name}: a text of {len(given['text'])} characters"]
    if len(given.get("markdown_text") or "") > MARKDOWN_CHARACTERS:
        return "msg_too_long", [f"{name}: markdown_text of {len(given['markdown_text'])} characters"]
    return _content_error(name, given)


def _content_error(name: str, given: Mapping[str, Any]) -> tuple[str, list[str]] | None:
    blocks, chunks = given.get("blocks"), given.get("chunks")
    if blocks is not None:
        if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
            return "invalid_blocks_format", [f"{name}: blocks are no list of objects"]
        if found := message_findings(blocks):
            return "invalid_blocks", [f"{name}: {words}" for words in found]
        if "text" not in given and name != "chat.stopStream":
            return "no_text", [f"{name}: blocks without the text that notifications and screen readers use"]
    streamed = sum(len(str(text)) for chunk in chunks or () for name, text in chunk.items() if name != "blocks")
    if streamed > MARKDOWN_CHARACTERS:
        return "msg_too_long", [f"{name}: chunks of {streamed} characters"]
    if chunks is not None and (found := chunk_findings(chunks)):
        return "invalid_chunks", [f"{name}: {words}" for words in found]
    if given.get("metadata") is not None and (found := metadata_findings(given["metadata"])):
        return "invalid_metadata_format", [f"{name}: {words}" for words in found]
    if name.startswith("views.") and (found := view_findings(given["view"])):
        return "invalid_arguments", [f"{name}: {words}" for words in found]
    return None
