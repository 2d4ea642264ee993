"""The deadletters package."""
