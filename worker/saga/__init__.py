"""The order saga: what a command, an answer or a notice means for an order.

Why it exists: every decision about money is made here, by pure functions over frozen
data. ``decide(order, event, now, policy)`` looks the event up in one table
(:mod:`worker.saga.transitions`), applies the steps that the row names, and returns the
new order and the effects that the shell must perform. Read the table first, then the
steps it names.

It must not do I/O, read a clock, be async, or import anything but the standard library.
"""
