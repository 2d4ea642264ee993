"""A running bridge on the real RabbitMQ, and users beside it with the guide's rights."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.e2e.conftest import SAGA
from tests.e2e.world import Choice, Other, World, world
from tests.queue.rights import subscriber, upstream
from tests.servers.shared import Shared
from tests.servers.users import User
from worker.simulators.channel import Credentials


@dataclass(frozen=True)
class Scene:
    """The world and who stands around it. Channel k is erp's, channel z is not."""

    world: World
    amqp_url: str
    erp: User
    wms: User

    @property
    def erp_url(self) -> str:
        return self.erp.url(self.amqp_url)

    @property
    def wms_url(self) -> str:
        return self.wms.url(self.amqp_url)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_scene(
    servers: Shared, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Scene]:
    tail = uuid.uuid4().hex[:8]
    erp, wms = upstream(f"erp-{tail}"), subscriber(f"wms-{tail}")
    more = f'\n[[upstreams]]\nuser = "{erp.name}"\nchannels = ["k"]\n'
    choice = Choice(others=(Other(Credentials("z")),), more=more)
    folder = tmp_path_factory.mktemp("queue")
    with servers.vhost() as amqp_url:
        servers.let_in(amqp_url, [erp, wms])
        async with world(choice, folder, SAGA, {"broker_url": amqp_url}) as made:
            yield Scene(made, amqp_url, erp, wms)


@pytest.fixture
def scene(shared_scene: Scene) -> Scene:
    """Return the run's scene, with everybody behaving."""
    shared_scene.world.calm()
    return shared_scene
