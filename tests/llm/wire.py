"""A scripted model behind the real wire protocol: HTTP on loopback, strict about what it is sent.

A script is a list of steps; each request takes the next one. A step is a reply, or a function from the request's body
to a reply, so that a scripted model can use what tools answered, as a real one would.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What goes over the wire. `wait`: seconds before it; `drip`: seconds between blanks sent for ever before it."""

    status: int = 200
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    wait: float = 0.0
    drip: float = 0.0
    hang_up: bool = False


Step = Reply | Callable[[Body], Reply]


def completion(message: Body, finish: str = "stop", **reply: Any) -> Reply:
    """A whole chat completion with one choice."""
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted",
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }
    return Reply(body=json.dumps(body), **reply)


def says(text: str, finish: str = "stop", **reply: Any) -> Reply:
    """Plain words."""
    return completion({"content": text}, finish, **reply)


def calls(*wanted: tuple[str, Body | str]) -> Reply:
    """Tool calls: (name, arguments); arguments given as text go over the wire as they are."""
    return completion(
        {
            "content": None,
            "tool_calls": [
                {
                    "id": f"call_{name}_{n}",
                    "type": "function",
                    "function": {"name": name, "arguments": sent if isinstance(sent, str) else json.dumps(sent)},
                }
                for n, (name, sent) in enumerate(wanted)
            ],
        },
        "tool_calls",
    )


def step(tool: str, **arguments: Any) -> Reply:
    """What a server in schema mode says."""
    return says(json.dumps({"step": {"tool": tool, "arguments": arguments}}))


def fails(status: int, message: str, **extra: Any) -> Reply:
    """An error in the form of the protocol."""
    headers = tuple(extra.pop("headers", ()))
    return Reply(
        status=status, body=json.dumps({"error": {"message": message, "type": "error", **extra}}), headers=headers
    )


def results(body: Body) -> list[tuple[str, Any]]:
    """What the model was told after the task: (source, content) of every data block in tool and user messages."""
    found = []
    for message in body["messages"]:
        if message["role"] in ("tool", "user"):
            for source, text in re.findall(r'<data source="([^"]*)">\n(.*)\n</data>', message["content"]):
                found.append((source, json.loads(text)))
    return found


def last(body: Body, tool: str) -> Any:
    """The last result of a tool; of one that was cut, what is left."""
    content = [content for source, content in results(body) if source == f"tool {tool}"][-1]
    return content.get("result", content)


@dataclass
class Server:
    """A running server: its URL, what it was sent, and what is left of the script."""

    url: str
    script: list[Step]
    seen: list[Body] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@contextmanager
def serving(*script: Step, repeat: bool = False) -> Iterator[Server]:
    """A server for the length of a test. With `repeat` the last step answers every further request."""
    stopped = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.seen.append(body)
            server.keys.append(self.headers.get("Authorization", ""))
            server.faults.extend(faults := faults_of(self.path, body))
            if faults:
                self._send(fails(400, faults[0]))
            elif not server.script:
                self._send(fails(400, "the script is over"))
            else:
                step = server.script[0] if repeat and len(server.script) == 1 else server.script.pop(0)
                self._send(step if isinstance(step, Reply) else step(body))

        def _send(self, reply: Reply) -> None:
            if reply.wait:
                stopped.wait(reply.wait)
            if reply.hang_up:
                self.close_connection = True
                return
            body = reply.body.encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            for name, value in reply.headers:
                self.send_header(name, value)
            if reply.drip:
                self.send_header("Content-Length", "1000000")
                self.end_headers()
                self.close_connection = True
                try:
                    while not stopped.wait(reply.drip):
                        self.wfile.write(b" ")
                        self.wfile.flush()
                except OSError:
                    return
            else:
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Silence: tests read `seen`."""

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                return  # the client went away first, as it does after a time-out

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = Server(f"http://127.0.0.1:{http.server_port}/v1", list(script))
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        stopped.set()
        http.shutdown()
        http.server_close()
        thread.join(5)


def faults_of(path: str, body: Body) -> list[str]:
    """What a strict endpoint would not accept: a wrong path, a tool call without its answer, or the reverse."""
    faults = [] if path == "/v1/chat/completions" else [f"no such path {path}"]
    waiting: list[str] = []
    for message in body["messages"]:
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                faults.append(f"nobody called {message['tool_call_id']}")
            else:
                waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            faults.append(f"tool calls without an answer: {waiting}")
        waiting = [call["id"] for call in message.get("tool_calls") or []]
        for call in message.get("tool_calls") or []:
            json.loads(call["function"]["arguments"])
    return faults
