"""The answer of a run as blocks: its words, its table, what to ask next."""

from __future__ import annotations

from agent.casework.outcome import Report
from api.slack.words import Json, bullets, button, escaped, paragraph, prose, rich, table, word
from storage.records import RunState

ASK = "qm_ask_"
"""Action ids of suggestions begin so; the value of the button is what is said."""
MOST_SUGGESTIONS = 5
YES = "yes, do it"


def answer_blocks(report: Report) -> list[Json]:
    """The whole answer; at most about ten blocks, one of them a table."""
    blocks = prose(report.text)
    answer = report.answer
    if answer is not None and answer.columns and answer.rows:
        made, left = table(answer.columns, answer.rows)
        blocks.append(made)
        if left:
            blocks.append(rich(paragraph(word(f"{left} more rows are not shown here."))))
    if answer is not None and answer.offer is not None:
        blocks.append(rich(paragraph(word("I could propose: ", bold=True), word(answer.offer.text))))
    if answer is None and report.shortages:
        short = [f"{item.line} ({item.customer}): {item.short} short. {item.reason}" for item in report.shortages[:10]]
        blocks.append(rich(paragraph(word("Stays short", bold=True)), bullets(short)))
    buttons = _buttons(report)
    if buttons:
        blocks.append({"type": "actions", "elements": buttons})
    return blocks


def answer_text(report: Report) -> str:
    """The same in a line, for notifications and screen readers."""
    return escaped(report.text, 500)


def failed(report: Report) -> bool:
    """Whether the run came to nothing."""
    return report.run.state is RunState.FAILED


def _buttons(report: Report) -> list[Json]:
    answer = report.answer
    if answer is None:
        return []
    found = [button(f"{ASK}yes", "Yes, do it", YES, "primary")] if answer.offer is not None else []
    for number, words in enumerate(answer.suggestions[:MOST_SUGGESTIONS]):
        if words.strip():
            found.append(button(f"{ASK}{number}", words, words))
    return found
