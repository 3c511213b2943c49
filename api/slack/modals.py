"""The modals of a card: change quantities, say why not, not now, give it away, comment. Each carries the approval and
the digest it was opened from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent.runtime.later import Later
from api.slack.card import binding
from api.slack.words import Json, paragraph, plain, rich, storable, word
from domain.noun import MOST_UNITS
from guardrails.cards import Card
from guardrails.people import User
from guardrails.policy.reasons import Of

EDITED, REJECTED = "qm_edited", "qm_rejected"
PUT_ASIDE, GIVEN, SAID = "qm_put_aside", "qm_given", "qm_said"
MODALS = (EDITED, REJECTED, PUT_ASIDE, GIVEN, SAID)
REASON, CODE, UNTIL, TO = "reason", "reason_code", "until", "to"
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
    blocks: list[Json] = [_about(card)]
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
    blocks += _why(card, "edit", optional=True)
    return _view(EDITED, "Edit quantities", "Save", card, blocks)


def reject_view(card: Card) -> Json:
    """A reason; it is recorded, and the planner takes it into account."""
    return _view(REJECTED, "Reject", "Reject", card, [_about(card), *_why(card, "reject", optional=False)])


def later_view(card: Card, times: Sequence[Later]) -> Json:
    """When it should come back; it is neither approved nor rejected."""
    options = [(one.key, f"{one.title} ({one.until:%Y-%m-%d %H:%M} UTC)") for one in times]
    told = rich(paragraph(word("It leaves your own list only, and expires all the same.")))
    blocks = [_about(card), told, _select(UNTIL, "Show it again", options), _reason(optional=True)]
    return _view(PUT_ASIDE, "Not now", "Put aside", card, blocks)


def reassign_view(card: Card, people: Sequence[User]) -> Json:
    """Who should decide it instead, of those who may; and why."""
    options = [(one.id, f"{one.name} ({', '.join(one.roles).replace('_', ' ')})") for one in people]
    blocks = [_about(card), _select(TO, "Give it to", options), *_why(card, "reassign", optional=True)]
    return _view(GIVEN, "Reassign", "Give it", card, blocks)


def comment_view(card: Card) -> Json:
    """Something said about it, for everybody who sees its card."""
    return _view(SAID, "Comment", "Say it", card, [_about(card), _reason(optional=False, label="Comment")])


def reason_of(values: Mapping[str, str]) -> str:
    """The reason that was typed, "" for none."""
    return values.get(REASON, "").strip()


def code_of(values: Mapping[str, str]) -> str:
    """The reason that was picked, "" for none."""
    return values.get(CODE, "")


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
                picked = element.get("selected_option") if isinstance(element, Mapping) else None
                given = picked if isinstance(picked, Mapping) else element
                if isinstance(given, Mapping) and isinstance(given.get("value"), str):
                    found[str(block)] = storable(str(given["value"]))
    return found


def first_input(card: Card, callback: str) -> str:
    """The block an error about the whole is shown at."""
    if callback == EDITED and card.quantities:
        return _input(card.quantities[0].action)
    return {PUT_ASIDE: UNTIL, GIVEN: TO}.get(callback, REASON)


def _input(action: str) -> str:
    return f"units_{action}"[:255]


def _about(card: Card) -> Json:
    return rich(paragraph(word(f"{card.approval}: {card.title}", bold=True)))


def _why(card: Card, of: Of, *, optional: bool) -> list[Json]:
    """A reason to pick, where policy lists some for this, and words beside it; one of them is enough then."""
    codes = [(one.code, one.title) for one in card.reasons if of in one.of][:100]
    words = _reason(optional=optional or bool(codes))
    return [_select(CODE, "Why", codes, optional=True), words] if codes else [words]


def _select(name: str, label: str, options: Sequence[tuple[str, str]], *, optional: bool = False) -> Json:
    made = [{"text": plain(text, 75), "value": value[:150]} for value, text in options[:100]]
    block: Json = {"type": "input", "block_id": name, "label": plain(label), "optional": optional}
    return {**block, "element": {"type": "static_select", "action_id": name, "options": made}}


def _reason(*, optional: bool, label: str = "Reason") -> Json:
    element: Json = {"type": "plain_text_input", "action_id": REASON, "multiline": True, "max_length": LONGEST_REASON}
    block: Json = {"type": "input", "block_id": REASON, "label": plain(label), "optional": optional}
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
