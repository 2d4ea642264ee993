"""Random orders, whole lives of them, and the nine invariants of the protocol at their end."""
