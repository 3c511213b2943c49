"""The JSON API, one room per kind of thing. Each offers `router()`."""
