"""An approval card as blocks: who gains, who loses, units, money, promises, the rule that asked, what may be clicked.

Pure: the same card, currency and change give the same blocks, so their digest says whether Slack shows them already.
"""

from __future__ import annotations

from datetime import date

from api.slack.words import Json, bullets, button, clean, escaped, labelled, paragraph, plain, rich, table, word
from domain.canonical import digest
from domain.plans import Effect
from domain.verdicts import Reason
from guardrails.cards import Card
from storage.records import ApprovalState, MoveState

APPROVE, EDIT, REJECT = "qm_approve", "qm_edit", "qm_reject"
LATER, REASSIGN, COMMENT = "qm_later", "qm_reassign", "qm_comment"
BUTTONS = (APPROVE, EDIT, REJECT, LATER, REASSIGN, COMMENT)
MOST_EFFECTS = 40
MOST_LISTED = 12
COLUMNS = ("", "Order line", "Customer", "Units", "Promise before", "Promise after")
_DOING = {
    MoveState.APPROVED: "waits to be carried out",
    MoveState.READY: "is about to be carried out",
    MoveState.EXECUTING: "is being carried out",
    MoveState.EXECUTED: "carried out",
    MoveState.PARKED: "parked until a system answers",
    MoveState.COMPENSATED: "undone",
    MoveState.FAILED: "failed; a person must look",
    MoveState.CANCELLED: "cancelled",
    MoveState.SUPERSEDED: "replaced",
    MoveState.EXPIRED: "expired",
    MoveState.REJECTED: "not carried out",
    MoveState.WAITING: "waits for others",
}
ENDED = frozenset(
    {
        MoveState.DENIED, MoveState.EXECUTED, MoveState.REJECTED, MoveState.EXPIRED, MoveState.CANCELLED,
        MoveState.SUPERSEDED, MoveState.COMPENSATED, MoveState.FAILED,
    }
)  # fmt: skip


def binding(card: Card) -> str:
    """What a button carries: the approval and the digest of exactly what is shown, nothing else."""
    return f"{card.approval}|{card.digest}"


def bound(value: str) -> tuple[str, str]:
    """Approval and digest of a button's value; ("", "") when it is none of ours."""
    approval, bar, shown = value.partition("|")
    return (approval, shown) if bar and approval and shown else ("", "")


def card_blocks(card: Card, currency: str, changed: tuple[str, ...] = (), newer: str = "") -> list[Json]:
    """The blocks of a card. `changed`: how it differs from what was shown before; `newer`: the card in its place."""
    title = f"{card.approval} · {card.title}"
    blocks: list[Json] = [{"type": "header", "text": plain(title)}, rich(paragraph(word(state_line(card, newer))))]
    if changed:
        blocks.append(rich(paragraph(word("Changed since it was shown", bold=True)), bullets(changed[:MOST_LISTED])))
    blocks += _effects(card)
    blocks.append(labelled(_facts(card, currency)))
    if card.rules:
        asked = [_rule(reason) for reason in card.rules[:MOST_LISTED]]
        blocks.append(rich(paragraph(word("Why you are asked", bold=True)), bullets(asked)))
    if card.quantities and not card.gains and not card.loses:
        done = [quantity.text for quantity in card.quantities[:MOST_LISTED]]
        blocks.append(rich(paragraph(word("What would be done", bold=True)), bullets(done)))
    if may_click(card):
        blocks.append({"type": "actions", "elements": _buttons(card)})
    return blocks


def card_text(card: Card) -> str:
    """The card in a line, for notifications and screen readers."""
    return escaped(f"{card.approval}: {card.title}. {state_line(card)}", 500)


def face_of(blocks: list[Json]) -> str:
    """The digest of what a card shows."""
    return digest("slack-card/1", blocks)


def is_over(card: Card) -> bool:
    """Whether nothing about this card can change any more."""
    return card.state is not ApprovalState.PENDING and card.move_state in ENDED


def may_click(card: Card) -> bool:
    """Whether the card waits and it is its turn."""
    return card.state is ApprovalState.PENDING and card.move_state is MoveState.WAITING and not card.before


def state_line(card: Card, newer: str = "") -> str:
    """Where the card stands, in a sentence or two."""
    if card.state is ApprovalState.PENDING:
        first = f" after {', '.join(card.before)}" if card.before else ""
        eyes = " Four eyes: whoever asked or edited may not decide." if card.four_eyes else ""
        edited = f" Edited by {', '.join(card.edited_by)}." if card.edited_by else ""
        given = f" Given to {card.assigned_to}." if card.assigned_to else ""
        above = f" The {_role(card.escalated_from)} let it wait." if card.escalated_from else ""
        until = f"{card.expires_at:%Y-%m-%d %H:%M} UTC"
        return (
            f"Waits for {_role(card.role)}{first}, until {until}. Asked by {card.asked_by}.{given}{above}{edited}{eyes}"
        )
    titles = {reason.code: reason.title for reason in card.reasons}
    said = ": ".join(
        part for part in (titles.get(card.decision_code, card.decision_code), card.decision_reason) if part
    )
    why = f": {said}" if said else ""
    behalf = f" for {card.decided_for}" if card.decided_for else ""
    by = f" by {card.decided_by}{behalf}" if card.decided_by else ""
    instead = f" See {newer}." if newer else ""
    if card.state in (ApprovalState.APPROVED, ApprovalState.REJECTED):
        return f"{card.state.value.capitalize()}{by}{why}. The move {_DOING.get(card.move_state, '')}.{instead}"
    return f"{card.state.value.capitalize()}{by}{why}. Nothing here can be decided any more.{instead}"


def _rule(reason: Reason) -> str:
    compared = "; ".join(f"{name.replace('_', ' ')} {value}" for name, value in reason.facts)
    place = f" [{reason.place}]" if reason.place else ""
    return f"{reason.rule}: {reason.text}" + (f" ({compared})" if compared else "") + place


def _role(role: str) -> str:
    return role.replace("_", " ").replace("/", " or ")


def _effects(card: Card) -> list[Json]:
    listed = [("gains", effect) for effect in card.gains] + [("loses", effect) for effect in card.loses]
    listed += [("is told", effect) for effect in card.told]
    if not listed:
        return []
    rows = [_row(what, effect) for what, effect in listed[:MOST_EFFECTS]]
    made, left = table(COLUMNS, rows)
    more = left + max(0, len(listed) - MOST_EFFECTS)
    return [made, rich(paragraph(word(f"{more} more lines are touched.")))] if more else [made]


def _row(what: str, effect: Effect) -> tuple[str, ...]:
    units = f"{effect.units:+d}" if effect.units else (f"{effect.sooner:+d} sooner" if effect.sooner else "0")
    return (what, effect.line, effect.customer, units, _day(effect.promise_before), _day(effect.promise_after))


def _day(day: date | None) -> str:
    return day.isoformat() if day else "none"


def _facts(card: Card, currency: str) -> list[tuple[str, str]]:
    money = f"value {card.value}, at stake {card.value_at_stake}, cost {card.cost} {currency}".rstrip()
    found = [("Units", f"{card.units} gained"), ("Money", money)]
    if card.reason.strip():
        found.append(("Reason", clean(card.reason, 1500)))
    return found


def _buttons(card: Card) -> list[Json]:
    value = binding(card)
    found = [button(APPROVE, "Approve", value, "primary")]
    if card.quantities:
        found.append(button(EDIT, "Edit", value))
    found.append(button(REJECT, "Reject", value, "danger"))
    others = ((LATER, "Not now"), (REASSIGN, "Reassign"), (COMMENT, "Comment"))
    return [*found, *(button(action, text, value) for action, text in others)]
