"""What a command logs: warnings, on stderr.

Why it exists: stdout carries data only, also where something is wrong. It must not be used
by what runs a role, which logs as its configuration says.
"""

from worker.settings import Settings
from worker.telemetry import set_up_logging


def log_quietly(settings: Settings) -> None:
    """Send what a command warns of to stderr; masked by its shape."""
    keys = [key.get_secret_value() for key in settings.privacy.encryption_keys]
    set_up_logging(settings.log.format, "warning", secrets=keys)
