"""The guard against SSRF: judged by the address that would be dialled."""

import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from tests.doubles import HeldClock
from worker.clients.channels import ChannelClient
from worker.clients.guard import is_public
from worker.translation.delivery import Answered, NoAnswer

PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104  (an address to refuse)
    "224.0.0.1",
    "239.1.2.3",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:4136:e378:8000:63bf:f5ff:fffe",  # Teredo to 10.0.0.1
    "100.100.100.200",  # clouds' metadata, by their several addresses
    "192.0.0.192",
    "168.63.129.16",
    "fd00:ec2::254",
    "::ffff:168.63.129.16",
    "64:ff9b::192.0.0.192",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::7f00:1",
    "::ffff:0:127.0.0.1",
    "2002:a9fe:a9fe::1",
    "0.1.2.3",
    "192.88.99.1",
    "203.0.113.4",
    "3fff::1",
    "100::1",
    "2001:10::1",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


class Rebinding(AbstractResolver):
    """Answers with a public address first and private ones afterwards, as an attacker's would."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = self.answers.pop(0)
        kind = socket.AF_INET6 if ":" in address else family or socket.AF_INET
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=0)
        ]

    async def close(self) -> None:
        """Nothing is open."""


async def deliver(url: str, resolver: AbstractResolver | None = None) -> object:
    client = ChannelClient(allow_private_addresses=False, clock=HeldClock(), resolver=resolver)
    try:
        return await client.deliver(url, {}, b"{}")
    finally:
        await client.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://user:password@127.0.0.1:1/",
        "http://channel.example@127.0.0.1:1/",
        "http://0x7f000001:1/",
        "http://localhost:1/",
        "http://[::1]:1/",
        "http://[::ffff:127.0.0.1]:1/",
        "http://[::ffff:7f00:1]:1/",
        "http://[fe80::1]:1/",
        "http://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
    ],
)
async def test_a_private_address_is_not_dialled(url: str) -> None:
    result = await deliver(url)
    assert isinstance(result, NoAnswer)
    assert result.reason == "address_not_allowed"


@pytest.mark.parametrize("host", ["2130706433", "0177.0.0.1", "127.1", "0x7f.1", "127.0.0.1."])
async def test_an_odd_spelling_of_a_private_address_is_not_dialled(host: str) -> None:
    """The library refuses most; what it hands to the system's look-up meets the guard."""
    result = await deliver(f"http://{host}:1/")
    assert isinstance(result, NoAnswer)
    assert result.reason in {"address_not_allowed", "invalid_url", "dns_failed"}


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "::ffff:192.168.0.1"])
async def test_a_name_that_leads_to_a_private_address_is_not_dialled(address: str) -> None:
    result = await deliver("http://channel.example/notify", Rebinding(address))
    assert isinstance(result, NoAnswer)
    assert result.reason == "address_not_allowed"


async def test_a_pooled_name_is_judged_again_when_it_leads_elsewhere(echo: str) -> None:
    """DNS rebinding: the second look-up of the same name gives a private address."""
    resolver = Rebinding("192.0.2.1", "127.0.0.1")
    first = await deliver("http://channel.example/", resolver)
    second = await deliver(echo.replace("127.0.0.1", "channel.example"), resolver)
    for result in (first, second):
        assert isinstance(result, NoAnswer)
        assert result.reason == "address_not_allowed"
    assert resolver.answers == []


async def test_every_address_of_a_name_is_judged() -> None:
    """A name with a public address, which nobody answers at, and a private one."""

    class Both(Rebinding):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            made = [await Rebinding(one).resolve(host, port, family) for one in self.answers]
            return [one for each in made for one in each]

    result = await deliver("http://channel.example:1/", Both("127.0.0.1", "10.0.0.1", "::1"))
    assert isinstance(result, NoAnswer)
    assert result.reason == "address_not_allowed"


async def test_no_proxy_of_the_environment_dials_for_us(
    echo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would dial whatever it is told to, unguarded."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, echo)
    result = await deliver("http://10.0.0.1/")
    assert isinstance(result, NoAnswer)
    assert result.reason == "address_not_allowed"
    client = ChannelClient(allow_private_addresses=True, clock=HeldClock())
    try:
        refused = await client.deliver("http://channel.invalid/", {}, b"{}")
    finally:
        await client.close()
    assert isinstance(refused, NoAnswer), "the proxy would have answered"


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://x.example/", "unix:///run/x", "//x", "", "http://", "::"]
)
async def test_only_http_urls_are_called(url: str) -> None:
    assert await deliver(url) == NoAnswer("invalid_url")


async def test_private_addresses_can_be_allowed(echo: str) -> None:
    client = ChannelClient(allow_private_addresses=True, clock=HeldClock())
    assert isinstance(await client.deliver(echo, {}, b"{}"), Answered)
    await client.close()
    guarded = ChannelClient(allow_private_addresses=False, clock=HeldClock())
    refused = await guarded.deliver(echo, {}, b"{}")
    assert isinstance(refused, NoAnswer)
    await guarded.close()
