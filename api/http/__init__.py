"""The web door: one FastAPI application for the JSON API, the event streams, the panel and Slack."""
