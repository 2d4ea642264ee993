"""The broker package."""
