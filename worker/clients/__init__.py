"""The clients package."""
