"""Where a narrower document of a policy counts: the dimensions of a scope, and the places that a move touches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, model_validator

from domain.noun import Id, Noun
from guardrails.policy.fields import known, listed
from guardrails.vocabulary import CHANNELS

DIMENSIONS = {
    "entities": "entity",
    "regions": "region",
    "channels": "channel",
    "segments": "segment",
    "customers": "customer",
    "sku_classes": "sku_class",
}
"""Field of a scope -> field of a place, the broadest first: company, then legal entity, and so on down to SKU class."""
MAIN = "main"
"""The legal entity of an installation that names none."""

_Ids = Annotated[tuple[Id, ...], BeforeValidator(listed)]


@dataclass(frozen=True, order=True)
class Place:
    """One of the places that a move touches: an order line of a customer, or a SKU at a site. "" is none.

    `region` and `channel` are those of the order; without one, the region of the customer or of the site.
    """

    region: str = ""
    channel: str = ""
    segment: str = ""
    customer: str = ""
    sku_class: str = ""


class Scope(Noun):
    """Where a document counts: in every dimension it names, one of these ids. A company document has no scope."""

    entities: _Ids = ()
    regions: _Ids = ()
    channels: Annotated[tuple[Id, ...], BeforeValidator(listed), known("channel", CHANNELS)] = ()
    segments: _Ids = ()
    customers: _Ids = ()
    sku_classes: _Ids = ()

    @model_validator(mode="after")
    def _somewhere(self) -> Scope:
        if not any(self.named.values()):
            raise ValueError(f"a scope names where the document counts; name one of {', '.join(DIMENSIONS)}")
        return self

    @property
    def named(self) -> dict[str, tuple[str, ...]]:
        """Field of a place -> the ids that fit; () is every one."""
        return {place: getattr(self, field) for field, place in DIMENSIONS.items()}

    @property
    def rank(self) -> tuple[bool, ...]:
        """How narrow it is: of two scopes the larger rank is narrower. The narrowest dimension counts first."""
        return tuple(bool(ids) for ids in reversed(self.named.values()))

    def fits(self, place: Place, entity: str = MAIN) -> bool:
        """Whether a document of this scope counts at a place of a legal entity."""
        return all(
            not ids or (entity if name == "entity" else getattr(place, name)) in ids for name, ids in self.named.items()
        )


COMPANY: tuple[bool, ...] = (False,) * len(DIMENSIONS)
"""The rank of the company document."""
