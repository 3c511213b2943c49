"""Rules of the house, each with a test that sees it fail."""
