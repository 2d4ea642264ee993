"""How the console's role is put together.

Why it exists: a part of the composition root in a file of its own; which part the pages get
is said here. It must not hold logic of a page.
"""

import structlog

from worker import configured, configured_alarms, configured_console, configured_saga
from worker.adapters import Adapters
from worker.errors import SettingsError
from worker.roles import Role
from worker.runtime.auditing import Audit
from worker.runtime.catalogue import Catalogue
from worker.runtime.catalogue_sync import CatalogueSync
from worker.runtime.channel_desk import ChannelDesk
from worker.runtime.queue_ages import QueueAges
from worker.runtime.sampler import Sampler
from worker.runtime.searching import SearchKeys
from worker.settings import Settings
from worker.surroundings import Served, Surroundings
from worker.tasks import TaskGroup

_log = structlog.get_logger(__name__)


def wanted(settings: Settings, roles: frozenset[Role]) -> bool:
    """Tell whether these roles serve the console: it can be turned off as one of several."""
    return Role.CONSOLE in roles and (settings.console.enabled or len(roles) == 1)


async def serve_console(  # noqa: PLR0913  (what the pages work with)
    settings: Settings,
    parts: Adapters,
    roles: frozenset[Role],
    on: Surroundings,
    tasks: TaskGroup,
    *,
    catalogue: tuple[Catalogue, CatalogueSync],
) -> Served | None:
    """Serve the pages.

    Where the port is taken and nobody asked for it (not set, and the console is one role of
    several), the rest runs without them. Raises SettingsError where somebody did.
    """
    from worker.console import server  # noqa: PLC0415  (nobody else needs templates, argon2)
    from worker.console.parts import Parts  # noqa: PLC0415
    from worker.console.sessions import Sessions  # noqa: PLC0415

    config = configured_console.console(settings)
    application = server.build(
        Parts(
            config=config,
            store=parts.store,
            broker=parts.broker,
            clock=parts.clock,
            robots=[robot.name for robot in configured_alarms.robots(settings)],
            sessions=Sessions(parts.store, config, parts.clock),
            audit=Audit(parts.store, parts.clock),
            channel_desk=ChannelDesk(parts.store, parts.clock),
            catalogue=catalogue[0],
            catalogue_sync=catalogue[1],
            channels=configured_console.channels_shown(configured.targets(settings), settings),
            search=SearchKeys(settings.privacy.keys),
            policy=configured_saga.policy(settings),
        )
    )
    section = settings.console
    try:
        served = await on.serve(application, section.host, section.port)
    except OSError as error:
        said = f"console: cannot listen on {section.host}:{section.port}: {error}"
        if section.wants_its_port or len(roles) == 1:
            raise SettingsError(said) from error
        _log.warning("console_left_out", reason=said, advice="set console.port; 0: a free one")
        return None
    tasks.keep(_sampler(settings, parts).run, "samples", parts.clock)
    _log.info("console_started", url=served.url, users=len(config.users))
    return served


def _sampler(settings: Settings, parts: Adapters) -> Sampler:
    return Sampler(
        parts.store,
        QueueAges(parts.broker, parts.store, parts.clock),
        parts.clock,
        queues=configured_console.queues_shown(settings),
        keep_days=settings.console.sample_days,
    )
