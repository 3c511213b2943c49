"""Which engine made a plan: a plan replayed under the same engine must match byte for byte; another may differ."""

ENGINE = "qm-2"
"""Raised whenever `allocate`, ATP, scoring, composing or the rules planner may answer differently for equal input."""
