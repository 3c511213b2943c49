"""Tools by worked example."""
