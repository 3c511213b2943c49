"""The tests: one folder per room, and house/ for the rules all rooms keep."""
