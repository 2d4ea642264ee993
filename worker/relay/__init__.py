"""The relay package."""
