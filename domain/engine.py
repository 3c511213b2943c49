"""Which arithmetic made a plan. A replay under another engine version shows a difference instead of claiming a match."""

ENGINE = "qm-1"
"""Raised whenever `allocate`, ATP, scoring, composing or the rules planner may answer differently for equal input."""
