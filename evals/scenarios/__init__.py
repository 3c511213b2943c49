"""Small worlds with what happens to them and what is right, one folder each; README.md says how they are written."""
