"""What the outside sees of the work: logs, metrics, alarms.

Why it exists: one set-up, one list of metrics, one redaction for all. It must not import
anything of ours, and no secret or personal data may pass it.
"""

from worker.telemetry.alarms import alarm, resolved
from worker.telemetry.logs import log_context, set_up_logging

__all__ = ["alarm", "log_context", "resolved", "set_up_logging"]
