"""The web panel: HTML pages for planners and deciders, rendered on the server, alive by htmx and its event streams."""
