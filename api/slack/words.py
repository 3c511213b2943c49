"""Words for Slack: everything we print is data. Nothing in a name or a note may mention, link, format or shout."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence

Json = dict[str, object]
"""A block, an element, a chunk, a view: what Slack calls an object."""

MESSAGE_TEXT = 3_000
"""Characters of one text that Slack shows in a block."""
TABLE_ROWS, TABLE_COLUMNS, TABLE_CHARACTERS = 100, 20, 9_500
"""What one table block holds; Slack takes 10,000 characters in all cells."""
EMPTY = "–"
_TURNED = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_APART = "\u2060"
"""A character without width that joins nothing."""
_SPECIAL = re.compile(r"<([^<>]*)>")


def clean(text: str, limit: int = MESSAGE_TEXT, *, lines: bool = False) -> str:
    """Text without control characters and without marks that turn the reading direction, cut to `limit` characters;
    on one line unless `lines`. Never empty: Slack refuses empty texts."""
    kept = "".join(
        char if unicodedata.category(char) != "Cc" or (lines and char == "\n") else " "
        for char in text
        if char not in _TURNED
    )
    kept = kept.strip() if lines else " ".join(kept.split())
    return kept if 0 < len(kept) <= limit else (kept[: limit - 1] + "…" if kept else EMPTY)


def escaped(text: str, limit: int = MESSAGE_TEXT, *, lines: bool = False) -> str:
    """Text for where Slack reads mrkdwn: `&`, `<` and `>` as entities, so that no mention, link or broadcast is left;
    `@` and `://` are kept from what follows, so that plain ones are none either. Within `limit` after escaping."""
    said = html.escape(clean(text, limit, lines=lines), quote=False)
    said = said.replace("@", f"@{_APART}").replace("://", f":{_APART}//")
    if len(said) <= limit:
        return said
    return re.sub(r"&[a-z]*$", "", said[: limit - 1]) + "…"


def plain(text: str, limit: int = 150) -> Json:
    """A plain text object; Slack formats nothing in it."""
    return {"type": "plain_text", "text": clean(text, limit), "emoji": False}


def word(text: str, *, bold: bool = False, lines: bool = False) -> Json:
    """A run of text in a rich text block; Slack parses nothing in it."""
    style: Json = {"style": {"bold": True}} if bold else {}
    kept = clean(text, lines=lines)
    pad = " " if text[-1:] == " " else ""
    return {"type": "text", "text": kept + pad, **style}


def paragraph(*words: Json) -> Json:
    """One paragraph of a rich text block."""
    return {"type": "rich_text_section", "elements": list(words)}


def bullets(items: Iterable[str]) -> Json:
    """A bulleted list of a rich text block."""
    return {"type": "rich_text_list", "style": "bullet", "elements": [paragraph(word(item)) for item in items]}


def rich(*parts: Json) -> Json:
    """A rich text block."""
    return {"type": "rich_text", "elements": list(parts)}


def labelled(pairs: Iterable[tuple[str, str]]) -> Json:
    """`Label: text` lines, the label bold."""
    return rich(*(paragraph(word(f"{label}: ", bold=True), word(text)) for label, text in pairs))


def prose(text: str) -> list[Json]:
    """Longer text as rich text blocks, lines kept."""
    pieces = [text[at : at + MESSAGE_TEXT] for at in range(0, len(text), MESSAGE_TEXT)] or [""]
    return [rich(paragraph(word(piece, lines=True))) for piece in pieces]


def button(action: str, text: str, value: str, style: str = "") -> Json:
    """A button."""
    found: Json = {"type": "button", "action_id": action, "text": plain(text, 75), "value": value[:2000]}
    return {**found, "style": style} if style else found


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[Json, int]:
    """A table block with a heading row, and how many rows did not fit into it."""
    wide = columns[:TABLE_COLUMNS]
    made = [_cells(wide, len(wide))]
    used = sum(len(column) for column in wide)
    for row in rows[: TABLE_ROWS - 1]:
        used += sum(len(cell) for cell in row)
        if used > TABLE_CHARACTERS:
            break
        made.append(_cells(row, len(wide)))
    return {"type": "table", "rows": made}, len(rows) - (len(made) - 1)


def _cells(row: Sequence[str], width: int) -> list[Json]:
    padded = [*row, *([""] * width)][:width]
    return [{"type": "raw_text", "text": clean(cell, 500)} for cell in padded]


def heard(text: str, our_user: str) -> str:
    """What a person wrote, as plain words: our own name left out, entities and Slack's own forms undone."""

    def spoken(form: re.Match[str]) -> str:
        what, _, label = form.group(1).partition("|")
        if what == f"@{our_user}":
            return " "
        if what.startswith("!"):
            return label or what[1:]
        return label or what

    return storable(html.unescape(_SPECIAL.sub(spoken, text)).replace(_APART, "")).strip()


def storable(text: str) -> str:
    """Text as a database takes it: without NUL and without halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
