"""Tests of the panel's pages, without a browser."""
