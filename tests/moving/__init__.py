"""Copies of the one file, and the way from it to servers."""
