"""From settings to what the alarms take; configured.py does so for the other parts.

Why it exists: as configured.py, which would be too long with it. It must not build an adapter.
"""

from typing import Final

from contracts import queues
from worker.alarms.robots import Robot
from worker.alarms.rules import Thresholds
from worker.alarms.watcher import WatchPlan
from worker.clients.http import Limits
from worker.runtime.alarm_records import Severity
from worker.settings import Settings

DAY: Final = 86_400.0
LIMITS: Final = Limits(connect=5.0, read=10.0, total=10.0)
"""What a post to a robot may cost."""


def robots(settings: Settings) -> list[Robot]:
    """Return who is told of alarms."""
    return [
        Robot(
            name=robot.name,
            format=robot.format,
            url=robot.webhook_url.get_secret_value(),
            secret=robot.webhook_secret.get_secret_value(),
            severity=Severity(robot.severity),
            kinds=frozenset(robot.kinds),
        )
        for robot in settings.alarms.robots
    ]


def watch_plan(settings: Settings) -> WatchPlan:
    """Return what the watcher goes by."""
    told, rules = settings.alarms, settings.alarms.rules
    return WatchPlan(
        thresholds=Thresholds(
            dead_letter_age=rules.dead_letter_age_seconds,
            dead_letters_in_five_minutes=rules.dead_letters_in_five_minutes,
            channel_silent=rules.channel_silent_seconds,
            no_consumer=rules.no_consumer_seconds,
            backlog_age=rules.backlog_age_seconds,
            deadline_share=rules.deadline_share,
        ),
        every=told.check_seconds,
        quiet=told.quiet_seconds,
        keep=told.keep_days * DAY,
        pay_deadline=settings.saga.pay_deadline_seconds,
        ticket_deadline=settings.saga.ticket_deadline_seconds,
        human=rules.human,
        queues=(*queues.WORK, queues.DEAD),
    )


def secrets(settings: Settings) -> list[str]:
    """Return what must never be logged of the robots: their addresses and keys."""
    found = []
    for robot in robots(settings):
        token = robot.url.rpartition("=")[2] if "=" in robot.url else robot.url.rpartition("/")[2]
        found += [robot.url, robot.secret, token]
    return [one for one in found if one]
