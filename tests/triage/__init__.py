"""Tests of exception triage."""
