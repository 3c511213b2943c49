"""Planners: one interface, a deterministic one by rules and one that asks a model."""
