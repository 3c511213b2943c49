"""The panel in a real browser: Debian's Chromium through Playwright. Run by make test-real."""
