"""Asks whether what is pinned has known holes, and is honest where nobody answers."""
