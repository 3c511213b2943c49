"""From an allocation to moves: what has to change in the ERP and the WMS, grouped into what must be true together."""

from domain.response.compose import compose

__all__ = ["compose"]
