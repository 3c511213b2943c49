"""Mutation testing of what stands between a plan and somebody else's stock: rooms, their tests, the score of each."""
