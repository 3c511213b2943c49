"""What decides whether a scenario was passed: end states, gold, what was said. Knows nouns only, and no planner."""
