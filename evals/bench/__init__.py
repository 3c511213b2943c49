"""Ratios measured in one run, with the baselines beside ours. Absolute times are printed and never asserted."""
