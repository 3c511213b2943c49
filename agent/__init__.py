"""Plans and drives a run: the graph, the planners, the runtime and the one composition root."""
