"""Looks at the broker: whether it lets us in, and can be worked with.

Why it exists: a login without rights, a queue that somebody made otherwise and a RabbitMQ
that is short of memory look alike from afar: nothing moves. It must not change anything that
stays.
"""

from collections.abc import AsyncIterator
from datetime import datetime

from worker.commands.checkup.finding import Finding
from worker.commands.checkup.storage import can_be_made
from worker.errors import BrokerUnavailableError
from worker.settings import Settings


async def look(settings: Settings, _now: datetime) -> AsyncIterator[Finding]:
    """Yield what is found at the broker."""
    path = settings.embedded_path
    if path is not None:
        if can_be_made(path):
            yield Finding("broker", "ok", f"embedded, in {path}")
        else:
            do = "let this user write to the file and its folder"
            yield Finding("broker", "broken", f"{path} cannot be written", do)
        return
    from worker.broker.look import look_at_rabbitmq  # noqa: PLC0415  (its driver)

    keys = [channel.app_key for channel in settings.channels]
    try:
        own_logins = bool(settings.broker_logins)
        looked = await look_at_rabbitmq(settings.broker_url, keys, own_logins=own_logins)
    except BrokerUnavailableError as error:
        do = "see that it runs, and that broker_url names its login and virtual host"
        yield Finding("broker", "broken", f"RabbitMQ: {error}", do)
        return
    if looked.too_old:
        told = f"RabbitMQ {looked.version}, older than 3.10"
        yield Finding("broker", "broken", told, "upgrade it: quorum queues lose dead letters there")
    else:
        yield Finding("broker", "ok", f"RabbitMQ {looked.version} lets us in")
    for problem in looked.problems:
        yield Finding(problem.check, problem.state, problem.detail, problem.do)
