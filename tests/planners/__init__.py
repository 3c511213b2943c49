"""The rules planner: whole responses, determinism, conservation, and questions."""
