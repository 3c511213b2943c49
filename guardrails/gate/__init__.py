"""THE GATE: the only holder of writes. Nothing reaches another system but through `admit` and `execute`."""

from guardrails.gate.admission import Admission
from guardrails.gate.shaft import Gate

__all__ = ["Admission", "Gate"]
