"""The translation package."""
