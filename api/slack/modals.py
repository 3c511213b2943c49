"""The two modals: change quantities, and say why not. Each carries the approval and the digest it was opened from."""

from __future__ import annotations

from collections.abc import Mapping

from api.slack.card import binding
from api.slack.words import Json, paragraph, plain, rich, storable, word
from domain.noun import MOST_UNITS
from guardrails.cards import Card

EDITED, REJECTED = "qm_edited", "qm_rejected"
REASON = "reason"
MOST_INPUTS = 80
"""A view takes 100 blocks; more quantities than this are edited in the web panel."""
LONGEST_REASON = 1_000


def marked_for(entity: str, trigger: str) -> Json:
    """What says, when a modal is submitted, at which legal entity it was opened: no channel says it then."""
    return {"external_id": f"{entity}.{trigger}"[:255]}


def entity_of(said: Mapping[str, object]) -> str:
    """The entity that a submitted modal was opened at; "" for everything else."""
    view = said.get("view")
    marked = view.get("external_id") if isinstance(view, Mapping) else None
    return marked.partition(".")[0] if isinstance(marked, str) else ""


def edit_view(card: Card) -> Json:
    """A number input for every quantity of the move; numbers stay numbers."""
    blocks: list[Json] = [rich(paragraph(word(f"{card.approval}: {card.title}", bold=True)))]
    for quantity in card.quantities[:MOST_INPUTS]:
        number: Json = {
            "type": "number_input",
            "action_id": "units",
            "is_decimal_allowed": False,
            "min_value": "0",
            "max_value": str(MOST_UNITS),
            "initial_value": str(quantity.units),
        }
        block = {"type": "input", "block_id": _input(quantity.action), "label": plain(quantity.text, 2000)}
        blocks.append({**block, "element": {**number, "action_id": _input(quantity.action)}})
    blocks.append(_reason())
    return _view(EDITED, "Edit quantities", "Save", card, blocks)


def reject_view(card: Card) -> Json:
    """A reason; it is recorded, and the planner takes it into account."""
    about = rich(paragraph(word(f"{card.approval}: {card.title}", bold=True)))
    return _view(REJECTED, "Reject", "Reject", card, [about, _reason()])


def reason_of(values: Mapping[str, str]) -> str:
    """The reason that was typed, "" for none."""
    return values.get(REASON, "").strip()


def changes_of(card: Card, values: Mapping[str, str]) -> tuple[dict[str, int], dict[str, str]]:
    """What was changed (action -> units), and what is wrong (block -> why); what was left as it is does not count."""
    changed: dict[str, int] = {}
    wrong: dict[str, str] = {}
    for quantity in card.quantities[:MOST_INPUTS]:
        block = _input(quantity.action)
        typed = values.get(block, "").strip()
        if not (typed.isascii() and typed.isdecimal()) or int(typed) > MOST_UNITS:
            wrong[block] = f"Give a whole number of units from 0 to {MOST_UNITS}."
        elif int(typed) != quantity.units:
            changed[quantity.action] = int(typed)
    return changed, wrong


def typed_in(view: Mapping[str, object]) -> dict[str, str]:
    """What stands in the inputs of a submitted view, by block id."""
    state = view.get("state")
    values = state.get("values") if isinstance(state, Mapping) else None
    found: dict[str, str] = {}
    if isinstance(values, Mapping):
        for block, held in values.items():
            for element in held.values() if isinstance(held, Mapping) else ():
                if isinstance(element, Mapping) and isinstance(element.get("value"), str):
                    found[str(block)] = storable(str(element["value"]))
    return found


def first_input(card: Card, callback: str) -> str:
    """The block an error about the whole is shown at."""
    return _input(card.quantities[0].action) if callback == EDITED and card.quantities else REASON


def _input(action: str) -> str:
    return f"units_{action}"[:255]


def _reason() -> Json:
    element: Json = {"type": "plain_text_input", "action_id": REASON, "multiline": True, "max_length": LONGEST_REASON}
    block: Json = {"type": "input", "block_id": REASON, "label": plain("Reason"), "optional": False}
    return {**block, "element": element}


def _view(callback: str, title: str, submit: str, card: Card, blocks: list[Json]) -> Json:
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title, 24),
        "submit": plain(submit, 24),
        "close": plain("Cancel", 24),
        "private_metadata": binding(card),
        "blocks": blocks,
    }
