"""One answer of a model as it is recorded and replayed: its words and its calls, nothing of the transport."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

LENGTH, FILTERED = "length", "content_filter"
"""Finish reasons of an answer that is not whole."""


@dataclass(frozen=True)
class Call:
    """A tool the model calls. `arguments` is None when what it sent is not a JSON object."""

    id: str
    name: str
    arguments: dict[str, Any] | None


@dataclass(frozen=True)
class Output:
    """What the model said and called, and why it stopped ("" when the endpoint did not say)."""

    content: str
    calls: tuple[Call, ...] = ()
    finish: str = ""

    def as_json(self) -> str:
        """Text that `from_json` reads back to an equal value."""
        calls = [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in self.calls]
        body = {"content": self.content, "calls": calls, "finish": self.finish}
        return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Output:
        """A recorded output. ValueError or KeyError when the text is none."""
        body = json.loads(text)
        calls = tuple(Call(item["id"], item["name"], item["arguments"]) for item in body["calls"])
        return cls(body["content"], calls, body["finish"])

    @classmethod
    def of(cls, message: AIMessage, turn: int) -> Output:
        """What is worth keeping of the message of this turn. Calls without an id get one."""
        sent: list[tuple[str | None, str | None, dict[str, Any] | None]] = [
            (call["id"], call["name"], call["args"]) for call in message.tool_calls
        ]
        sent += [(call["id"], call["name"], None) for call in message.invalid_tool_calls]
        calls = tuple(
            Call(key or f"call-{turn}-{n}", name or "", arguments) for n, (key, name, arguments) in enumerate(sent, 1)
        )
        finish = str(message.response_metadata.get("finish_reason") or "")
        if message.additional_kwargs.get("refusal"):
            finish = FILTERED
        return cls(str(message.text), calls, finish)

    def as_message(self) -> AIMessage:
        """The message that stands for it in a conversation; unreadable arguments are left out of it."""
        from langchain_core.messages import AIMessage, ToolCall

        calls = [ToolCall(name=call.name or "unnamed", args=call.arguments or {}, id=call.id) for call in self.calls]
        return AIMessage(content=self.content, tool_calls=calls)
