"""What each command of the command line does.

Why it exists: cli.py names and documents the commands, these do them. They must not parse
arguments, and print data on stdout only.
"""

from worker.commands.letters import list_deadletters, replay_deadletters, show_deadletter
from worker.commands.orders import list_orders, show_order
from worker.commands.run import migrate, run
from worker.commands.simulators import simulate_channel, simulate_sms, simulate_zzy

__all__ = [
    "list_deadletters",
    "list_orders",
    "migrate",
    "replay_deadletters",
    "run",
    "show_deadletter",
    "show_order",
    "simulate_channel",
    "simulate_sms",
    "simulate_zzy",
]
