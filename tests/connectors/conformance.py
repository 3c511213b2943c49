"""The conformance suite: what every adapter behind the connector ports must do.

A test module of an adapter defines a fixture `adapter` (an `Adapter` with `small_world()` loaded) and a class that
inherits `Conformance`.
"""

from __future__ import annotations

from tests.connectors.conform_floor import FloorConforms
from tests.connectors.conform_keys import KeysConform
from tests.connectors.conform_reads import ReadsConform
from tests.connectors.conform_sequences import SequencesConform
from tests.connectors.conform_stock import StockConforms
from tests.connectors.conform_undo import UndoConforms


class Conformance(ReadsConform, KeysConform, StockConforms, FloorConforms, UndoConforms, SequencesConform):
    """All sentences."""
