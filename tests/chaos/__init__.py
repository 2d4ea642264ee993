"""Faults on the real parts: servers killed, disks full, links frozen, roles dead or asleep.

``python -m tests.chaos`` (``make chaos``) runs orders of tests/ledger through the real worker
processes on a RabbitMQ and a PostgreSQL of its own, does one thing after another to them,
measures how soon orders move again, and lets the judge of tests/ledger decide at the end.
"""
