"""What is written down, and how it is found again: documents with a version, searched by section."""
