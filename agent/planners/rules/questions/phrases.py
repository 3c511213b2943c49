"""The phrases that the classifier learns from, and the words of asking: words that are nobody's name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

import yaml

from agent.planners.rules.questions.days import MONTHS, WEEKDAYS
from domain.errors import IntegrityBroken

MASKS: Mapping[str, str] = {
    "order": "①", "line": "①", "sku": "②", "customer": "③", "site": "④", "wave": "⑤", "inbound": "⑥",
    "transfer": "⑦", "n": "⑧", "day": "⑨", "unclear": "⓪",
}  # fmt: skip
"""What stands for an entity, a number or a day in a masked text; an order and a line are asked about alike."""
_SLOTS = {"ORDER": "order", "LINE": "line", "SKU": "sku", "CUSTOMER": "customer", "SITE": "site", "WAVE": "wave",
          "PO": "inbound", "TRANSFER": "transfer", "N": "n", "DAY": "day"}  # fmt: skip
_SLOT = re.compile(rf"\b({'|'.join(_SLOTS)})\b")
_COMMON = (
    "with from that this have been were they them their there then than what when where which while will would could "
    "should shall must about above after again against also always around back because before being below best better "
    "between both case cases check come day days done down each east else even ever every fact fine first for full get "
    "give going good hard have here high into item items just kind last late later least less like line lines list "
    "little long look made make many maybe might more most much name need never next none note nothing only open order "
    "orders other others over own part parts past people plan please point question quick rather real really request "
    "right same says second seem send ship short since site sites some someone something soon sorry south north west "
    "still stock such sure take tell thank thing things think third time today told too unit units until upon used "
    "very want week weeks well went whole whose within without word words work year yet your yours able account bad "
    "busy call called certain change clear close complete cost current customer date delivery different early easy "
    "email end enough fast found free friend great happy help hour idea important inside issue know large leave left "
    "letter level live local low main matter mean message minute money month move near new news number office often "
    "once original outside paid person phone place plain price problem product public quantity ready reason red report "
    "service shipping side simple small special start status step store stores story supply support system table team "
    "test today tool tools total total true try turn type urgent use value view wait warehouse waiting way whatever "
    "power field main machine general group company limited works supplies goods"
)


@cache
def phrases() -> tuple[tuple[str, str], ...]:
    """(masked phrase, intent) in the order of the file."""
    text = resources.files(__package__).joinpath("phrases.yaml").read_text(encoding="utf-8")
    read = yaml.safe_load(text)
    if not isinstance(read, dict):
        raise IntegrityBroken("the shipped phrases are not a table", field="phrases.yaml", fix="install again")
    return tuple((_masked(phrase), intent) for intent, said in read.items() for phrase in said)


@cache
def asking() -> frozenset[str]:
    """Words that may be part of a name but never stand for one alone."""
    spoken = {word for phrase, _ in phrases() for word in re.findall(r"[a-z]+", phrase)}
    return frozenset({*spoken, *_COMMON.split(), *WEEKDAYS, *MONTHS})


def _masked(phrase: str) -> str:
    return _SLOT.sub(lambda found: MASKS[_SLOTS[found[1]]], phrase).lower()
