"""``make demo``: orders and what becomes of them, watched live.

Why it exists: a newcomer sees the main job done in half a minute, on a bare machine. It
must not reach into the worker: it uses simulators, the HTTP interface, the command line
and what the store shows of an order.
"""
