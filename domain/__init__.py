"""Nouns and arithmetic: the canonical model, ATP, scoring and allocation. No I/O, no clock, no randomness."""
