"""The saga package."""
