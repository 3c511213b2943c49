"""Verbs the agent may call: reads that run freely and writes that only propose."""
