"""Is this Block Kit? Judged by Slack's published shapes, slack_sdk's lengths, and rules from Slack's pages."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block, BlockElement
from slack_sdk.models.views import View

SCHEMA = json.loads((Path(__file__).parent / "data" / "slack_types.schema.json").read_text(encoding="utf-8"))
BLOCKS_OF_MESSAGE = 50
BLOCKS_OF_VIEW = 100
TABLE_ROWS = 100
TABLE_CELLS = 20
TABLE_CHARACTERS = 10_000
TASK_CHARACTERS = 256
RICH_TEXT_CHARACTERS = 3_000
NOT_IN_MESSAGES = {"input"}
NOT_IN_MODALS = {"table", "task_card", "plan", "markdown", "file"}
PARSED = re.compile(r"<(?P<what>[^>]*)>")
OUR_FORMS = re.compile(r"@[UW][A-Z0-9]+|#C[A-Z0-9]+|!date\^[^>]+")
"""What we may write between angle brackets: a person, a channel, a moment. Never `!here`, `!channel`, a link."""


def message_findings(blocks: Sequence[Any]) -> list[str]:
    """What Slack would not take of the blocks of a message."""
    found = [] if len(blocks) <= BLOCKS_OF_MESSAGE else [f"{len(blocks)} blocks in a message"]
    tables = [block for block in blocks if isinstance(block, dict) and block.get("type") == "table"]
    if len(tables) > 1:
        found.append("only_one_table_allowed")
    found += [f"a {block['type']} block in a message" for block in blocks if block.get("type") in NOT_IN_MESSAGES]
    return found + _blocks(blocks)


def view_findings(view: Mapping[str, Any]) -> list[str]:
    """What Slack would not take of a modal."""
    found = [_said("modal", error) for error in _validator("ModalView").iter_errors(view)]
    blocks = view.get("blocks", [])
    if len(blocks) > BLOCKS_OF_VIEW:
        found.append(f"{len(blocks)} blocks in a view")
    if any(block.get("type") == "input" for block in blocks) and "submit" not in view:
        found.append("inputs without a submit button")
    found += [f"a {block['type']} block in a modal" for block in blocks if block.get("type") in NOT_IN_MODALS]
    try:
        View(**view).validate_json()
    except SlackObjectFormationError as wrong:
        found.append(f"modal: {wrong}")
    return found + _blocks(blocks)


def chunk_findings(chunks: Sequence[Mapping[str, Any]]) -> list[str]:
    """What Slack would not take of the chunks of a stream."""
    found = []
    for chunk in chunks:
        found += [_said("chunk", error) for error in _by_type(chunk, "AnyChunk").iter_errors(chunk)]
        if chunk.get("type") == "blocks":
            found += message_findings(chunk.get("blocks", []))
        if chunk.get("type") == "task_update":
            long = [name for name in ("title", "details", "output") if len(chunk.get(name) or "") > TASK_CHARACTERS]
            found += [f"task {name} is longer than {TASK_CHARACTERS}" for name in long]
    return found


def metadata_findings(metadata: Mapping[str, Any]) -> list[str]:
    """What Slack would not take as metadata."""
    return [_said("metadata", error) for error in _validator("MessageMetadata").iter_errors(metadata)]


def shouting(value: object) -> list[str]:
    """Everything Slack would turn into a mention, a broadcast or a link that is not one of our own forms."""
    found = []
    for text in _mrkdwn(value):
        found += [m["what"] for m in PARSED.finditer(text["text"]) if not OUR_FORMS.fullmatch(m["what"].split("|")[0])]
        if not text.get("verbatim"):
            found += re.findall(r"@(?:here|channel|everyone)\b|https?://\S+", text["text"])
    return found


def shown(value: object) -> str:
    """The words a reader of blocks sees; each text on a line of its own. Only mrkdwn knows entities."""
    return "\n".join(
        text["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        if text.get("type") == "mrkdwn"
        else text["text"]
        for text in _texts(value)
    )


def elements(value: object) -> list[dict[str, Any]]:
    """Everything with an action id, at any depth."""
    return [found for found in _objects(value) if "action_id" in found]


def _blocks(blocks: Sequence[Any]) -> list[str]:
    found: list[str] = []
    for number, block in enumerate(blocks):
        where = f"block {number} ({block.get('type')})"
        found += [_said(where, error) for error in _by_type(block, "KnownBlock").iter_errors(block)]
        try:
            parsed = Block.parse(block)
            if parsed is None:
                found.append(f"{where}: slack_sdk does not know it")
            else:
                parsed.validate_json()
        except (SlackObjectFormationError, TypeError) as wrong:
            found.append(f"{where}: {wrong}")
        found += [f"{where}: {words}" for words in _own_rules(block)]
    ids = Counter(found["action_id"] for found in elements(blocks))
    found += [f"action_id {name} stands {count} times" for name, count in ids.items() if count > 1]
    named = Counter(block["block_id"] for block in blocks if "block_id" in block)
    return found + [f"block_id {name} stands {count} times" for name, count in named.items() if count > 1]


def _own_rules(block: Mapping[str, Any]) -> Iterator[str]:
    if block.get("type") == "section" and "text" not in block and not block.get("fields"):
        yield "a section with neither text nor fields"
    for text in _texts(block):
        if text.get("type") in ("mrkdwn", "plain_text", "text", "raw_text") and not text["text"]:
            yield "an empty text"
        if len(text["text"]) > RICH_TEXT_CHARACTERS:
            yield f"a text of {len(text['text'])} characters"
    for field in block.get("fields", []):
        if len(field["text"]) > 2000:
            yield "a field longer than 2000"
    for button in elements(block):
        try:
            parsed = BlockElement.parse(button)
            if parsed is None:
                yield "an element slack_sdk does not know"
            else:
                parsed.validate_json()
        except (SlackObjectFormationError, TypeError) as wrong:
            yield f"{button['action_id']}: {wrong}"
        if not button["action_id"] or len(button["action_id"]) > 255:
            yield "an action_id of no or too many characters"
        if button.get("type") == "number_input":
            yield from _number_rules(button)
    if block.get("type") == "table":
        yield from _table_rules(block["rows"])


def _number_rules(element: Mapping[str, Any]) -> Iterator[str]:
    values = [element.get(name) for name in ("min_value", "initial_value", "max_value")]
    numbers = [float(value) for value in values if value is not None]
    if numbers != sorted(numbers):
        yield "a number input whose first value is not between its bounds"


def _table_rules(rows: Sequence[Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    if len(rows) > TABLE_ROWS:
        yield f"a table of {len(rows)} rows"
    if any(not row or len(row) > TABLE_CELLS for row in rows):
        yield "a table row of no or too many cells"
    if len({len(row) for row in rows}) > 1:
        yield "a ragged table"
    if sum(len(text["text"]) for text in _texts(list(rows))) > TABLE_CHARACTERS:
        yield "a table of more than 10,000 characters"


def _objects(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for held in value.values():
            yield from _objects(held)
    elif isinstance(value, list | tuple):
        for held in value:
            yield from _objects(held)


def _texts(value: object) -> Iterator[dict[str, Any]]:
    """Every object that carries words of its own: `{"type": ..., "text": "..."}`."""
    return (found for found in _objects(value) if isinstance(found.get("text"), str))


def _mrkdwn(value: object) -> Iterator[dict[str, Any]]:
    return (text for text in _texts(value) if text.get("type") in ("mrkdwn", "markdown", "markdown_text"))


@cache
def _names_by_type() -> dict[str, str]:
    found = {}
    for name, shape in SCHEMA["definitions"].items():
        kind = shape.get("properties", {}).get("type", {}).get("const")
        if kind and name.endswith(("Block", "Chunk")):
            found[kind] = name
    return found


def _by_type(value: Mapping[str, Any], otherwise: str) -> Draft7Validator:
    """The shape of its own type, so that a finding names the wrong field; else the union."""
    return _validator(_names_by_type().get(str(value.get("type")), otherwise))


@cache
def _validator(name: str) -> Draft7Validator:
    return Draft7Validator({**SCHEMA, "$ref": f"#/definitions/{name}"})


def _said(where: str, error: Any) -> str:
    return f"{where}: {'/'.join(str(part) for part in error.absolute_path)}: {error.message[:300]}"
