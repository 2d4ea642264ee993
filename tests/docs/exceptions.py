"""The few commands of the documents that the tests do not run as they stand, each with its reason.

A reason that names a test is one that does the same another way; the test must exist.
"""

import re

NOT_RUN = {
    r"make (install|test|test-fast|acceptance|lint|fmt)$": "what runs this test, or a part of it",
    r"make (demo|chaos|docs|simulate|walk)\b": "`make acceptance` does it, or "
    "tests/demo/test_demo.py tests/chaos/test_chaos.py tests/apidocs/test_pages.py "
    "tests/simulation/test_simulation.py",
    r"make (audit|release)\b": "asks PyPI, or writes a release: tests/upgrades/test_release.py",
    r"make (bench|screenshots)\b": "minutes of an idle machine",
    r"make figures$": "tests/docs/test_benchmarks.py",
    r"make dist$": "tests/house/test_packaging.py",
    r"make secrets$": "tests/house/test_deployment.py",
    r"\.venv/bin/python -m tests\.simulation ": "hours; tests/simulation/test_simulation.py",
    r"rabbitmqctl (add_user|set_permissions|set_topic_permissions) ": "of somebody's own RabbitMQ; "
    "tests/queue/test_rights.py gives a real one these rights",
    r"(rabbitmqctl set_policy|rabbitmq-queues) ": "wants a cluster of RabbitMQ 3.13 or newer",
    r"AMQP_URL=\S+ (python ask\.py|node listen\.js) ": "tests/queue/test_upstream.py",
    r"(docker|systemctl|sudo|journalctl|git clone) ?": "changes the machine that it is typed on",
    r"(python -m worker|ticketbridge) (backup|restore) ": "tests/moving/test_copies.py",
    r"(python -m worker|ticketbridge) transfer ": "tests/moving/test_transfer.py",
    r"ticketbridge console hash-password": "asks a person: tests/commands/test_console.py",
}


def reason(text: str) -> str:
    """Return why a command is not run as it stands; empty: it is run."""
    return next((why for pattern, why in NOT_RUN.items() if re.match(pattern, text)), "")
