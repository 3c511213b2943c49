"""Synthetic worlds: seeded distributors that run short on purpose, and the check that a world is consistent."""
