"""Judges of the metrics: a notebook kept at the door while a story is told, and a recount of the exported ledger."""
