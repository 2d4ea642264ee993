"""The benchmark: what an order costs, beside a floor that does the same I/O and no more."""
