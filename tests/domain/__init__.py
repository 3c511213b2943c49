"""Tests of the nouns and arithmetic."""
